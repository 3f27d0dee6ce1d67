"""Documents of a case: what is taken, who may read, what is in the ledger first."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from PIL import Image

from archive import cases
from archive.audit import audit
from archive.errors import LedgerFailedError
from tests.api.approval.town import ask, decide, listed
from tests.api.world import CASE, ORIGIN, Client, World, make_world

ROUTE = f"/api/v1/cases/{CASE}/documents"


def pdf(pages: int = 3) -> bytes:
    document = pdfium.PdfDocument.new()
    for number in range(pages):
        document.new_page(200 + number, 300)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "PNG")
    return out.getvalue()


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def add(
    client: Client, data: bytes, name: str = "笔录.pdf", route: str = ROUTE
) -> dict[str, object]:
    answer = client.post(route, params={"name": name}, content=data)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("casefile") / "root")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("data", "media_type", "pages"),
    [
        (pdf(4), "application/pdf", 4),
        (b"\n\n" + pdf(1), "application/pdf", 1),
        (picture(), "image/png", 1),
        (
            zipped("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            None,
        ),
        (zipped("OFD.xml"), "application/ofd", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "application/x-ole-storage", None),
    ],
)
def test_a_document_is_known_by_its_bytes_and_kept_as_it_is(
    world: World, data: bytes, media_type: str, pages: int | None
) -> None:
    chief = world.client("chief")
    facts = add(chief, data, "whatever.exe")
    assert (facts["media_type"], facts["pages"], facts["size"]) == (media_type, pages, len(data))
    file = chief.get(f"/api/v1/documents/{facts['document']}/file")
    assert file.content == data
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["etag"] == f'"{facts["sha256"]}"'


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ" + bytes(100),
        zipped("hello.txt"),
        b"PK\x03\x04" + bytes(64),
        b"just text",
    ],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(world: World, data: bytes) -> None:
    before = len(world.entries("document.added"))
    answer = world.client("chief").post(ROUTE, params={"name": "a.pdf"}, content=data)
    assert (answer.status_code, answer.json()["code"]) == (415, "P095")
    assert len(world.entries("document.added")) == before
    assert not list(world.archive.store.incoming.glob("*/*"))


def test_nothing_and_no_name_are_no_document(world: World) -> None:
    chief = world.client("chief")
    assert chief.post(ROUTE, params={"name": "a.pdf"}, content=b"").status_code in {400, 422}
    for name in ("..", "a/", "bad\x07.pdf", " "):
        assert chief.post(ROUTE, params={"name": name}, content=pdf()).status_code in {400, 422}


def test_a_name_is_its_last_part_and_markup_in_it_is_text(world: World) -> None:
    data = pdf(7)
    facts = add(world.client("chief"), data, "..\\..\\etc/<b>询问&笔录</b>.pdf")
    assert facts["name"] == "b>.pdf"
    facts = add(world.client("chief"), pdf(8), "<b>x.pdf")
    page = world.browser("chief").get(f"/documents/{facts['document']}").text
    assert "&lt;b&gt;x.pdf" in page
    assert "<b>x.pdf" not in page


def test_the_same_bytes_are_there_once(world: World) -> None:
    chief, data = world.client("chief"), pdf(5)
    first = add(chief, data)
    again = chief.post(ROUTE, params={"name": "other.pdf"}, content=data)
    assert (again.status_code, again.json()["document"]) == (200, first["document"])


def test_texts_are_in_a_row_and_not_in_the_entry(world: World) -> None:
    add(world.client("chief"), pdf(6), "王五询问笔录.pdf")
    entry = world.entries("document.added")[-1]
    assert "王五" not in entry.raw.decode()
    assert entry.document["subject"].startswith("case-")


def test_a_view_is_in_the_ledger_before_bytes_leave_once_a_session(world: World) -> None:
    facts = add(world.client("chief"), pdf(9))
    reader, before = world.client("chief"), len(world.entries("document.viewed"))
    base = f"/api/v1/documents/{facts['document']}"
    assert reader.head(f"{base}/file").status_code == 200
    assert len(world.entries("document.viewed")) == before
    page = reader.get(f"{base}/pages/9")
    assert page.content.startswith(b"\xff\xd8\xff")
    assert reader.get(f"{base}/file").status_code == 200
    assert len(world.entries("document.viewed")) == before + 1
    assert world.entries("document.viewed")[-1].document["data"]["document"] == facts["document"]


@pytest.mark.parametrize("page", ["0", "4", "-1", "x", "1e3", "99999999999"])
def test_a_page_that_there_is_not_is_not_found(world: World, page: str) -> None:
    facts = add(world.client("chief"), pdf(3) + f"\n%{page}".encode())
    answer = world.client("chief").get(f"/api/v1/documents/{facts['document']}/pages/{page}")
    assert answer.status_code == 404


def test_who_only_knows_of_a_clip_of_the_case_reads_none_of_its_documents(world: World) -> None:
    facts = add(world.client("chief"), pdf(11))
    south = world.client("southchief")
    assert south.get(f"/api/v1/cases/{CASE}").status_code == 200
    assert south.get(ROUTE).status_code == 404
    assert south.post(ROUTE, params={"name": "a.pdf"}, content=pdf()).status_code == 404
    for path in ("", "/file", "/pages/1", "/links"):
        assert south.get(f"/api/v1/documents/{facts['document']}{path}").status_code == 404
    assert facts["name"] == "笔录.pdf"
    for path in ("", "/evidence"):
        assert "笔录" not in south.get(f"/api/v1/cases/{CASE}{path}").text
        assert "document." not in south.get(f"/api/v1/cases/{CASE}{path}").text
    assert "笔录" not in world.browser("southchief").get(f"/cases/{CASE}").text
    assert world.client("chief").get("/api/v1/clips", params={"text": "笔录"}).json()["total"] > 0
    assert south.get("/api/v1/clips", params={"text": "笔录"}).json()["total"] == 0


def test_an_archivist_reads_and_adds_nothing_and_an_administrator_does_neither(
    world: World,
) -> None:
    facts = add(world.client("chief"), pdf(12))
    path = f"/api/v1/documents/{facts['document']}"
    assert world.client("archivist").get(path).status_code == 200
    answer = world.client("archivist").post(ROUTE, params={"name": "a.pdf"}, content=pdf())
    assert answer.status_code == 403
    assert world.client("root").get(path).status_code == 403


def test_a_page_is_tied_to_a_moment_and_untied_again(world: World) -> None:
    chief = world.client("chief")
    facts = add(chief, pdf(13))
    path = f"/api/v1/documents/{facts['document']}/links"
    link = {"clip": world.ids["first"], "from_us": 12_500_000, "page": 2, "note": "此处出示证件"}
    made = chief.post(path, json=link)
    assert made.status_code == 201
    assert [found["link"] for found in chief.get(path).json()["links"]] == [made.json()["link"]]
    watch = world.browser("chief").get(f"/clips/{world.ids['first']}").text
    assert f"/documents/{facts['document']}?page=2" in watch
    assert chief.delete(f"{path}/{made.json()['link']}").status_code == 204
    assert chief.get(path).json()["links"] == []
    assert chief.delete(f"{path}/{made.json()['link']}").status_code == 404
    types = [e.type for e in world.archive.reader.entries() if e.type.startswith("document.")]
    assert types[-2:] == ["document.linked", "document.unlinked"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": 14},
        {"from_us": 10**12},
        {"to_us": 1},
        {"clip": "clip-00000000000000000000000000"},
        {"clip": "../x"},
        {"surprise": 1},
        {"from_us": True},
    ],
)
def test_a_place_that_there_is_not_cannot_be_tied(world: World, wrong: dict[str, object]) -> None:
    chief, before = world.client("chief"), len(world.entries("document.linked"))
    facts = add(chief, pdf(13) + repr(wrong).encode())
    link = {"clip": world.ids["first"], "from_us": 1_000_000} | wrong
    answer = chief.post(f"/api/v1/documents/{facts['document']}/links", json=link)
    assert answer.status_code in {400, 404, 422}
    assert len(world.entries("document.linked")) == before


def test_a_clip_of_another_case_cannot_be_tied(fresh: World) -> None:
    chief = fresh.client("chief")
    facts = add(chief, pdf())
    cases.unlink_clip(
        fresh.archive, actor="local-0", number=CASE, clip=fresh.ids["first"], reason="错"
    )
    link = {"clip": fresh.ids["first"], "from_us": 0}
    answer = chief.post(f"/api/v1/documents/{facts['document']}/links", json=link)
    assert (answer.status_code, answer.json()["code"]) == (422, "A079")


def test_taken_off_it_is_gone_from_the_case_and_stays_in_the_store(fresh: World) -> None:
    chief, data = fresh.client("chief"), pdf(2)
    facts = add(chief, data)
    path = f"/api/v1/documents/{facts['document']}"
    assert chief.request("DELETE", path, json={"reason": ""}).status_code == 422
    assert chief.request("DELETE", path, json={"reason": "误传"}).status_code == 204
    assert chief.get(path).status_code == 404
    assert chief.get(ROUTE).json()["documents"] == []
    assert fresh.archive.store.read(str(facts["sha256"])) == data


def test_the_documents_of_a_closed_case_stay_as_they_are(fresh: World) -> None:
    chief = fresh.client("chief")
    facts = add(chief, pdf())
    cases.close_case(fresh.archive, actor="local-0", number=CASE)
    answer = chief.post(ROUTE, params={"name": "late.pdf"}, content=pdf(2))
    assert answer.json()["code"] == "A071"
    path = f"/api/v1/documents/{facts['document']}"
    assert chief.request("DELETE", path, json={"reason": "x"}).json()["code"] == "A071"
    assert chief.get(f"{path}/file").status_code == 200


def test_a_person_adds_ties_and_takes_off_by_forms(fresh: World) -> None:
    browser = fresh.browser("chief", lang="zh")
    files = {"file": ("现场笔录.pdf", pdf(2), "application/pdf")}
    sent = browser.post(
        f"/cases/{CASE}/documents", files=files, data={"title": "现场检查笔录"}, headers=ORIGIN
    )
    assert sent.status_code == 303
    here = sent.headers["location"]
    page = browser.get(here).text
    assert "现场检查笔录" in page
    form = {
        "do": "tie",
        "clip": fresh.ids["first"],
        "page": "2",
        "at": "0:12.5",
        "note": "出示证件",
    }
    assert browser.post(f"{here}/links", data=form, headers=ORIGIN).status_code == 303
    assert "出示证件" in browser.get(here).text
    gone = browser.post(f"{here}/removal", data={"reason": "误传"}, headers=ORIGIN)
    assert gone.status_code == 303
    assert "现场检查笔录" not in browser.get(f"/cases/{CASE}#documents").text.split("<h2>")[2]
    assert browser.post(f"/cases/{CASE}/documents", files=files).status_code == 403


def test_a_spoilt_document_is_named_by_the_audit(tmp_path: Path) -> None:
    world = make_world(tmp_path / "root")
    facts = add(world.client("chief"), pdf())
    path = world.archive.store.file(str(facts["sha256"]))
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(pdf(9))
    report = audit(world.archive.root)
    assert any(str(facts["sha256"]) in str(found) for found in report.findings)
    world.close()


def test_rebuilt_the_documents_are_the_same(fresh: World) -> None:
    chief = fresh.client("chief")
    facts = add(chief, pdf())
    link = {"clip": fresh.ids["first"], "from_us": 0, "page": 1, "note": "开始"}
    chief.post(f"/api/v1/documents/{facts['document']}/links", json=link)
    before = (
        chief.get(ROUTE).content,
        chief.get(f"/api/v1/documents/{facts['document']}/links").content,
    )
    fresh.archive.catalogue.rebuild()
    after = (
        chief.get(ROUTE).content,
        chief.get(f"/api/v1/documents/{facts['document']}/links").content,
    )
    assert before == after


def test_a_grant_by_the_cases_own_head_opens_its_documents_to_read_and_nothing_else(
    fresh: World,
) -> None:
    facts = add(fresh.client("chief"), pdf())
    path = f"/api/v1/documents/{facts['document']}"
    assert fresh.client("southchief").get(path).status_code == 404
    ask(fresh, "southchief", case=CASE)
    (waiting,) = listed(fresh, "chief", "work")
    assert decide(fresh, "chief", waiting["request"])[0] == 200
    assert fresh.client("southchief").get(f"{path}/file").status_code == 200
    assert fresh.entries("document.viewed")[-1].data["request"] == waiting["request"]
    gone = fresh.client("southchief").request("DELETE", path, json={"reason": "x"})
    assert gone.status_code == 403
    sent = fresh.client("southchief").post(ROUTE, params={"name": "a.pdf"}, content=pdf(9))
    assert sent.status_code == 403


def test_an_emergency_which_nobody_decided_opens_no_document(fresh: World) -> None:
    facts = add(fresh.client("chief"), pdf())
    path = f"/api/v1/documents/{facts['document']}"
    ask(fresh, "southchief", case=CASE, purpose="danger", emergency=True)
    assert fresh.client("southchief").get(fresh.clip("first")).status_code == 200
    assert fresh.client("southchief").get(path).status_code == 404
    found = fresh.client("southchief").get("/api/v1/clips", params={"text": "笔录"}).json()
    assert found["total"] == 0


def test_a_grant_is_to_see_and_links_nothing(fresh: World) -> None:
    ask(fresh, "southchief", case=CASE)
    (waiting,) = listed(fresh, "chief", "work")
    assert decide(fresh, "chief", waiting["request"])[0] == 200
    south, path = fresh.client("southchief"), f"/api/v1/cases/{CASE}/clips/{fresh.ids['first']}"
    assert south.get(fresh.clip("first")).status_code == 200
    assert south.request("DELETE", path, json={"reason": "weg"}).status_code == 403
    own = f"/api/v1/cases/{CASE}/clips/{fresh.ids['south']}"
    assert south.request("DELETE", own, json={"reason": "own"}).status_code == 204
    # Nothing of the case is theirs by role any more.
    assert south.request("PUT", own, json={"reason": "own"}).status_code == 403


def test_what_no_entry_names_keeps_its_interim_name_and_is_no_finding(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerFailedError("the disk failed")

    with monkeypatch.context() as broken:
        broken.setattr(fresh.archive.ledger, "append", fail)
        answer = fresh.client("chief").post(ROUTE, params={"name": "a.pdf"}, content=pdf())
    assert answer.status_code >= 500
    assert list(fresh.archive.store.incoming.glob("*/*"))
    report = audit(fresh.archive.root)
    assert report.findings == ()
