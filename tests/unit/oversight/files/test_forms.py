"""Standard forms: filled from the case file, kept as documents, and what the paper says of its times."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest

from archive.casefiles import listing, subjects, volume
from archive.casefiles.errors import DocumentTimeError, FormError
from archive.casefiles.filing import Filing
from archive.casefiles.forms import filling
from archive.casefiles.forms.model import form_of, forms_of, read_form
from archive.casefiles.order import STAGES
from archive.casefiles.subjects import NewSubject
from archive.package.report import fonts
from oversight.files import acting
from tests.unit.oversight.files.office import ACTOR, NOW, Office, ago

pytestmark = pytest.mark.skipif(
    fonts.find() is None, reason="needs a font with Chinese: fonts-noto-cjk"
)
INQUIRY = {
    "place": "本局询问室",
    "from": ago(hours=3).isoformat(),
    "to": ago(hours=2).isoformat(),
    "words": "问:姓名?\n答:张三丰。",
}


def filed(office: Office) -> str:
    officer = office.officer(until=(NOW + timedelta(days=90)).date())
    about, _ = subjects.register(
        office.archive, NewSubject(kind="person", name="张三丰"), actor=ACTOR
    )
    number = office.case()
    filing = Filing(act="penalty", subjects=[about], officers=[officer])
    acting.file_as(office.archive, number, filing, actor=ACTOR)
    office.row(number)
    return number


def text_of(office: Office, document: str) -> str:
    office.archive.catalogue.catch_up()
    row = office.archive.catalogue.document(document)
    assert row is not None
    return text_in(office.archive.store.read(row.sha256))


def text_in(data: bytes) -> str:
    pdf = pdfium.PdfDocument(io.BytesIO(data))
    pages = [page.get_textpage().get_text_bounded() for page in pdf]
    return "".join("".join(pages).split())


def test_there_are_forms_for_the_way_of_a_penalty(office: Office) -> None:
    forms = forms_of(office.archive.root)
    assert [form.id for form in forms.values()] == [
        *("initiation", "inquiry", "inspection", "decision", "service", "conclusion")
    ]
    assert {form.stage for form in forms.values()} <= set(STAGES)


def test_a_form_is_filled_from_the_file_and_kept_as_a_document(office: Office) -> None:
    number = filed(office)
    made = filling.make(
        office.archive, number, form_of(office.archive.root, "inquiry"), INQUIRY, actor=ACTOR
    )
    text = text_of(office, made.document)
    for said in ("询问笔录", number, "张三丰", "本局询问室", "问:姓名?", "34-", "逐页签名"):
        assert said in text, said
    [time] = office.archive.catalogue.document_times(office.row(number).id)
    assert (time.document, time.part, time.place) == (made.document, "inquiry", "本局询问室")
    assert time.to_us is not None
    assert time.to_us - time.from_us == 3600 * 1_000_000


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"words": ""}, FormError),
        ({"colour": "red"}, FormError),
        ({"from": "yesterday"}, FormError),
        ({"place": "a\x07"}, FormError),
        ({"place": "a" * 201}, FormError),
        ({"to": ago(hours=4).isoformat()}, DocumentTimeError),
    ],
)
def test_what_does_not_fit_a_form_is_refused_and_nothing_is_kept(
    office: Office, change: dict[str, str], wrong: type[Exception]
) -> None:
    number = filed(office)
    form = form_of(office.archive.root, "inquiry")
    with pytest.raises(wrong):
        filling.make(office.archive, number, form, INQUIRY | change, actor=ACTOR)
    assert office.archive.catalogue.documents(office.row(number).id) == []


def test_a_long_record_goes_over_pages_and_loses_nothing(office: Office) -> None:
    number = filed(office)
    words = "\n".join(f"问:第{n}个问题是什么?答:这是第{n}个回答。" for n in range(200))
    form = form_of(office.archive.root, "inquiry")
    made = filling.make(office.archive, number, form, INQUIRY | {"words": words}, actor=ACTOR)
    assert made.pages > 4
    text = text_of(office, made.document)
    assert all(f"第{n}个回答" in text for n in range(200))


def test_an_agency_has_forms_of_its_own(office: Office) -> None:
    own = office.archive.root / "forms"
    own.mkdir()
    shipped = form_of(office.archive.root, "service")
    (own / "own.toml").write_text(
        'format = 1\n[form]\nid = "service"\ntitle = { zh = "本局送达回证", en = "Own" }\n'
        'stage = "service"\nbasis = { zh = "本局规定", en = "Own" }\n'
        '[[field]]\nid = "number"\nlabel = { zh = "案号", en = "Case" }\nfill = "case.number"\n'
    )
    try:
        assert form_of(office.archive.root, "service").title.zh == "本局送达回证"
    finally:
        (own / "own.toml").unlink()
    assert form_of(office.archive.root, "service") == shipped
    with pytest.raises(FormError):
        form_of(office.archive.root, "nothing")


@pytest.mark.parametrize(
    "text",
    [
        "format = 2",
        "no toml",
        'format = 1\n[form]\nid = "x"\ntitle = { zh = "x", en = "x" }\nstage = "later"\n'
        'basis = { zh = "x", en = "x" }\n[[field]]\nid = "a"\nlabel = { zh = "x", en = "x" }',
        'format = 1\n[form]\nid = "x"\ntitle = { zh = "x", en = "x" }\nstage = "review"\n'
        'basis = { zh = "x", en = "x" }\n[[field]]\nid = "a"\nlabel = { zh = "x", en = "x" }\nfil = "act"',
    ],
)
def test_a_form_with_a_mistake_is_none(text: str) -> None:
    with pytest.raises(FormError, match=r"own\.toml:"):
        read_form(text.encode(), "own.toml")


def test_the_volume_catalogue_is_a_paper_too(office: Office) -> None:
    number = filed(office)
    form = form_of(office.archive.root, "inquiry")
    filling.make(office.archive, number, form, INQUIRY, actor=ACTOR)
    office.archive.catalogue.catch_up()
    data = volume.build(office.archive, office.row(number))
    pdf = listing.render(data, zone=office.archive.settings.zone, made_at=NOW, signer="ab" * 32)
    text = text_in(pdf)
    for said in ("卷内目录", number, "询问笔录", "张三丰", "ab" * 10):
        assert said in text, said
    assert pdf == listing.render(
        data, zone=office.archive.settings.zone, made_at=NOW, signer="ab" * 32
    )
