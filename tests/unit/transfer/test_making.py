"""Transfer: what is handed over, what stops it, and that whoever receives it finds what was changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from archive import cases, holds
from archive.audit import audit
from archive.casefiles import filing
from archive.casefiles.closing import ROOTS
from archive.catalogue.search import FindQuery
from archive.errors import NoSpaceError
from archive.events import Event
from archive.opening import Archive
from oversight.transfer import folder as folders
from oversight.transfer import making
from oversight.transfer.checking import check_folder
from oversight.transfer.errors import (
    NotClosedError,
    TransferFolderError,
    TransferPlaceError,
    TransferTextError,
)
from oversight.transfer.making import Made, Sending, make
from oversight.transfer.metadata import read
from oversight.transfer.model import TESTS
from oversight.transfer.numbering import code_given
from tests.unit.oversight.files.certificates import certificate
from tests.unit.oversight.files.office import ACTOR
from tests.unit.transfer.conftest import PDF, add_document

TO = "市综合档案馆"


def send(archive: Archive, number: str, out: Path) -> Made:
    return make(archive, Sending(number=number, to=TO, fonds="J017"), out, actor=ACTOR)


def failed(made: Made) -> list[str]:
    return [test.id for test in made.tests if test.result == "failed"]


def test_a_closed_case_is_handed_over_whole_and_checks_itself(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    made = send(archive, number, tmp_path / "out")
    assert (failed(made), made.clips, made.documents) == ([], 2, 1)
    results = {test.id: test.result for test in made.tests}
    assert set(results) == set(TESTS)
    assert [id_ for id_, result in results.items() if result == "not_applicable"] == ["malware"]
    checked = check_folder(tmp_path / "out")
    assert checked.found == ()
    assert checked.transfer == made.transfer
    row = archive.catalogue.latest(made.case.id, "transfer.made")
    assert row is not None
    assert row.data["transfer"] == made.transfer
    assert row.data["package"] == made.package
    assert row.written["to"] == TO
    assert TO not in json.dumps(archive.reader.entry(row.index).data, ensure_ascii=False)
    assert audit(archive.root).ok


def test_metadata_has_a_record_of_each_thing_with_its_code_digest_and_events(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    made = send(archive, number, tmp_path / "out")
    records = read((tmp_path / "out" / "metadata.xml").read_bytes())
    assert [r.kind for r in records] == ["case", "document", "clip", "clip"]
    assert re.fullmatch(rf"J017-ZY·\d{{4}}-Y-{number}", made.code)
    assert [r.values["archivalCode"] for r in records[1:]] == [
        f"{made.code}-{n}" for n in (1, 2, 3)
    ]
    assert records[1].values["title"] == "笔录 & <一>.pdf"
    assert records[1].values["fixity"] == hashlib.sha256(PDF).hexdigest()
    assert (tmp_path / "out" / records[1].values["location"]).read_bytes() == PDF
    assert all(record.events for record in records)
    assert "duration" in records[2].values or "duration" in records[3].values


def test_the_report_says_the_same_in_both_forms_and_asks_no_host(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    send(archive, number, tmp_path / "out")
    report = json.loads((tmp_path / "out" / "四性检测.json").read_bytes())
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert report["ok"]
    for test in report["tests"]:
        assert test["name"]["zh"] in page
        assert escape(test["looked_at"]["en"]) in page
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page


def test_a_code_is_given_once_whatever_is_asked_later(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    first = send(archive, number, tmp_path / "one").code
    other = Sending(number=number, to=TO, fonds="J999")
    assert make(archive, other, tmp_path / "two", actor=ACTOR).code == first
    case = cases.need_case(archive.catalogue, number)
    assert code_given(archive, case) == first
    coded = [row for row in archive.catalogue.custody(case.id) if row.type == "case.coded"]
    assert len(coded) == 1


def test_an_open_case_a_taken_name_and_a_missing_fonds_are_refused(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    cases.open_case(archive, actor=ACTOR, number="open")
    with pytest.raises(NotClosedError):
        send(archive, "open", tmp_path / "out")
    with pytest.raises(TransferTextError, match="fonds"):
        make(archive, Sending(number=number, to=TO), tmp_path / "out", actor=ACTOR)
    with pytest.raises(TransferTextError):
        make(archive, Sending(number=number, to="a\nb"), tmp_path / "out", actor=ACTOR)
    (tmp_path / "taken").mkdir()
    for out in (tmp_path / "taken", archive.root / "inside", tmp_path / "no" / "out"):
        with pytest.raises(TransferPlaceError):
            send(archive, number, out)


def test_a_case_that_is_reopened_meanwhile_is_not_handed_over(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    case = cases.need_case(archive.catalogue, number)

    def reopen(*_: object) -> None:
        if not cases.need_case(archive.catalogue, number).is_open:
            filing.reopen(archive, number, "补充材料", actor=ACTOR)
            archive.catalogue.catch_up()

    sending = Sending(number=number, to=TO, fonds="J017")
    with pytest.raises(NotClosedError, match="meanwhile"):
        make(archive, sending, tmp_path / "out", actor=ACTOR, progress=reopen)
    assert not (tmp_path / "out").exists()
    archive.catalogue.catch_up()
    assert archive.catalogue.latest(case.id, "transfer.made") is None


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something happens once, after the tests have looked."""

    def listing(folder: Path) -> list[dict[str, Any]]:
        happens()
        return folders.listed(folder)

    monkeypatch.setattr(making, "listed", listing)


@pytest.mark.parametrize("about", ["case", "clip"])
def test_a_hold_that_is_placed_after_the_tests_stops_it(
    archive: Archive, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, about: str
) -> None:
    case = cases.need_case(archive.catalogue, number).id
    on = case if about == "case" else clips(archive)[0]
    meanwhile(monkeypatch, lambda: holds.place(archive, about=on, actor=ACTOR, reason="法院要求"))
    made = send(archive, number, tmp_path / "out")
    assert (made.out, failed(made)) == (None, ["holds"])
    assert not (tmp_path / "out").exists()
    assert archive.catalogue.latest(case, "transfer.made") is None


def test_a_clip_that_is_no_longer_of_the_case_after_the_tests_stops_it(
    archive: Archive, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clips(archive)[0]
    case = cases.need_case(archive.catalogue, number).id

    def unlink() -> None:
        event = Event(
            type="clip.unlinked",
            subject=clip,
            actor=ACTOR,
            data={"case": case},
            text={"reason": "误"},
        )
        archive.record([event])

    meanwhile(monkeypatch, unlink)
    made = send(archive, number, tmp_path / "out")
    assert {t.id: t.found for t in made.tests if t.result == "failed"} == {"whole": (clip,)}
    assert len(made.tests) == len(TESTS)
    assert archive.catalogue.latest(case, "transfer.made") is None


def test_a_name_that_is_taken_meanwhile_is_told_before_anything_is_recorded(
    archive: Archive, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def take() -> None:
        out.rmdir()
        out.write_text("theirs")

    meanwhile(monkeypatch, take)
    with pytest.raises(TransferPlaceError, match="meanwhile"):
        send(archive, number, out)
    assert out.read_text() == "theirs"
    case = cases.need_case(archive.catalogue, number).id
    assert archive.catalogue.latest(case, "transfer.made") is None
    assert sorted(tmp_path.glob(".out.*")) == []


def test_what_is_recorded_is_there_though_the_disk_is_full_right_after(
    archive: Archive, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, case = tmp_path / "out", cases.need_case(archive.catalogue, number).id
    publish = archive.ledger.publish

    def full() -> bytes:
        archive.catalogue.catch_up()
        if archive.catalogue.latest(case, "transfer.made") is not None:
            raise NoSpaceError("the disk is full")
        return publish()

    monkeypatch.setattr(archive.ledger, "publish", full)
    with pytest.raises(NoSpaceError):
        send(archive, number, out)
    row = archive.catalogue.latest(case, "transfer.made")
    assert row is not None
    checked = check_folder(out)
    assert (checked.found, checked.transfer) == ((), row.data["transfer"])


def test_a_hold_stops_it_and_nothing_is_left(archive: Archive, number: str, tmp_path: Path) -> None:
    hold = holds.place(
        archive, about=cases.need_case(archive.catalogue, number).id, actor=ACTOR, reason="复议"
    )
    before = sorted(tmp_path.iterdir())
    made = send(archive, number, tmp_path / "out")
    assert (made.out, failed(made)) == (None, ["holds"])
    assert sorted(tmp_path.iterdir()) == before
    assert archive.catalogue.latest(made.case.id, "transfer.made") is None
    holds.lift(archive, hold=hold, actor=ACTOR, reason="终结")
    archive.catalogue.catch_up()
    assert failed(send(archive, number, tmp_path / "out")) == []


def test_a_document_whose_bytes_changed_stops_it(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    path = archive.store.file(hashlib.sha256(PDF).hexdigest())
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"MZ" + PDF[2:])
    made = send(archive, number, tmp_path / "out")
    assert made.out is None
    assert failed(made) == ["content", "documents_open", "programs"]


def test_a_document_that_is_gone_stops_it(archive: Archive, number: str, tmp_path: Path) -> None:
    path = archive.store.file(hashlib.sha256(PDF).hexdigest())
    assert path is not None
    path.unlink()
    made = send(archive, number, tmp_path / "out")
    assert made.out is None
    assert failed(made) == ["content", "count", "whole", "elements"]


def test_an_original_whose_bytes_changed_stops_it(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    digest = next(
        row.sha256
        for row in (archive.catalogue.clip(c) for c in clips(archive))
        if row is not None and row.kind == "video"
    )
    path = archive.store.file(digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[::-1])
    made = send(archive, number, tmp_path / "out")
    assert (made.out, failed(made)) == (None, ["content"])


def clips(archive: Archive) -> list[str]:
    return [clip.clip for clip in archive.catalogue.find(FindQuery(limit=10)).clips]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("metadata.xml", (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "metadata_unreadable")),
        ("documents/more.pdf", (b"%PDF", "file_extra")),
        ("documents/run.exe", (b"MZ\x90", "programs")),
        ("四性检测.json", (b"{}", "report_malformed")),
        ("package.zip", (b"PK\x05\x06", "package")),
    ],
)
def test_whoever_receives_it_finds_what_was_changed(
    archive: Archive, number: str, tmp_path: Path, name: str, how: tuple[bytes, str]
) -> None:
    data, found = how
    send(archive, number, tmp_path / "out")
    (tmp_path / "out" / name).write_bytes(data)
    said = check_folder(tmp_path / "out").found
    assert any(one.startswith(found) for one in said), said


def test_a_list_that_was_made_to_fit_is_found_by_the_metadata_and_a_file_that_is_gone_by_the_list(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    send(archive, number, tmp_path / "out")
    (document,) = (tmp_path / "out" / "documents").iterdir()
    changed = PDF.replace(b"record", b"denied")
    document.write_bytes(changed)
    listed = (tmp_path / "out" / "transfer.json").read_bytes()
    old, new = (hashlib.sha256(data).hexdigest().encode() for data in (PDF, changed))
    (tmp_path / "out" / "transfer.json").write_bytes(listed.replace(old, new))
    assert [one.split()[0] for one in check_folder(tmp_path / "out").found] == ["metadata_differs"]
    document.unlink()
    assert f"file_missing documents/{document.name}" in check_folder(tmp_path / "out").found
    (tmp_path / "out" / "transfer.json").write_bytes(b"[]")
    with pytest.raises(TransferFolderError):
        check_folder(tmp_path / "out")


def test_a_catalogue_that_is_older_than_the_case_and_an_encrypted_document_stop_it(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    filing.reopen(archive, number, "补充材料", actor=ACTOR)
    id_ = add_document(archive, number, b"%PDF-1.4\n/Encrypt 5 0 R\n%%EOF\n")
    cases.close_case(archive, actor=ACTOR, number=number)
    made = send(archive, number, tmp_path / "out")
    assert {test.id: test.found for test in made.tests if test.result == "failed"} == {
        "volume": (id_,),
        "encryption": (id_,),
    }


def test_a_signature_that_leads_to_no_root_of_the_agency_stops_it(
    archive: Archive, number: str, tmp_path: Path
) -> None:
    other = certificate("other", ec.generate_private_key(ec.SECP256R1()))
    (archive.root / ROOTS).write_bytes(other.public_bytes(Encoding.PEM))
    assert failed(send(archive, number, tmp_path / "out")) == ["signature"]
