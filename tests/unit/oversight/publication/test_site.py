"""What is public is in one file and follows the ledger; what no longer is, is out of it, byte for byte."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from archive.canonical import encode
from archive.ids import new_id
from archive.ledger.note import Verifier, parse_note
from oversight.publication import site, steps
from oversight.publication.errors import PrivacyLeftError, PublicFolderError
from oversight.publication.feed import digest_of
from oversight.publication.public_db import FOLDER, NAME, looking
from oversight.registers.certificates import NewCertificate, certify
from tests.unit.oversight.publication.press import HEAD, Press


def _path(press: Press) -> Path:
    return press.archive.root / FOLDER / NAME


def _items(press: Press) -> list[dict[str, Any]]:
    with looking(press.archive.root / FOLDER) as db:
        rows = db.execute("SELECT said FROM items ORDER BY number").fetchall()
    return [json.loads(row["said"]) for row in rows]


def _tables(press: Press) -> dict[str, list[tuple[Any, ...]]]:
    with looking(press.archive.root / FOLDER) as db:
        return {
            table: [tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608 - names of this test
            for table in ("items", "records", "lists", "certificates")
        }


def test_items_have_every_number_once_and_are_signed(press: Press) -> None:
    press.published(press.case())
    press.published(press.case())
    site.write(press.archive)
    found = _items(press)
    assert [item["item"]["number"] for item in found] == list(range(1, len(found) + 1))
    key = Verifier.from_vkey((press.archive.root / "keys/ledger.vkey").read_text())
    for each in found:
        note = parse_note(each["note"].encode())
        assert note.text == (
            f"muniment feed 1\nstation.test/archive\n{each['item']['number']}\n{digest_of(each['item'])}\n"
        )
        assert key.is_signed_by(note.text.encode(), note.signatures[0].value)
    assert site.write(press.archive) == 0


def test_r13_of_what_is_withdrawn_only_the_trace_is_public_and_no_word_is_left_in_the_file(
    press: Press,
) -> None:
    number = press.case()
    row = press.published(number, conclusion="吊销许可证并罚款一千零一元")
    site.write(press.archive)
    words = "吊销许可证并罚款一千零一元".encode()
    assert words in _path(press).read_bytes()
    with pytest.raises(PrivacyLeftError):
        steps.withdraw(
            press.archive, row.id, actor=HEAD, why="error", reason="张三丰电话13800138000"
        )
    steps.withdraw(press.archive, row.id, actor=HEAD, why="revoked", reason="复议撤销")
    assert site.write(press.archive) == 1
    assert words not in _path(press).read_bytes()
    with looking(press.archive.root / FOLDER) as db:
        told = db.execute("SELECT * FROM records WHERE publication = ?", (row.id,)).fetchone()
    assert (told["state"], told["number"], told["reason"]) == ("withdrawn", number, "复议撤销")
    assert told["record"] is None
    found = _items(press)
    published = found[(row.feed or 0) - 1]["item"]
    assert (published["record"], published["ended_by"]) == (None, len(found))
    assert (found[-1]["item"]["step"], found[-1]["item"]["of"]) == ("withdrawn", row.feed)


def test_r13_what_is_withdrawn_before_it_was_ever_written_is_never_told(press: Press) -> None:
    row = press.published(press.case(), conclusion="从未公开的结论")
    steps.withdraw(press.archive, row.id, actor=HEAD, why="revoked", reason="撤销")
    assert site.write(press.archive) == 2
    assert "从未公开的结论".encode() not in _path(press).read_bytes()
    assert [i["item"]["step"] for i in _items(press)[-2:]] == ["published", "withdrawn"]


def test_what_expired_is_no_longer_found(press: Press) -> None:
    row = press.published(press.case())
    site.write(press.archive)
    assert row.expires is not None
    steps.expire(press.archive, date.fromisoformat(row.expires), actor="station-1")
    site.write(press.archive)
    with looking(press.archive.root / FOLDER) as db:
        told = db.execute("SELECT * FROM records WHERE publication = ?", (row.id,)).fetchone()
    assert (told["state"], told["number"], told["record"]) == ("expired", "", None)


def test_certificates_are_public_with_name_and_unit(press: Press) -> None:
    officer = new_id("officer")
    press.event(
        "officer.registered",
        officer,
        {"unit": press.archive.settings.unit},
        {"badge": "034001", "name": "王一"},
    )
    new = NewCertificate(
        kind="enforcement", number="皖G-001", first=date(2020, 1, 1), last=date(2030, 1, 1)
    )
    certify(press.archive, new, actor=HEAD, officer=officer)
    site.write(press.archive)
    assert [row[1:4] for row in _tables(press)["certificates"]] == [("皖G-001", "王一", "北区分局")]


@pytest.mark.parametrize("damage", ["gone", "none of ours", "of another form"])
def test_written_from_nothing_it_says_the_same(press: Press, damage: str) -> None:
    press.published(press.case())
    site.write(press.archive)
    before = _tables(press)
    path = _path(press)
    if damage == "gone":
        path.unlink()
    elif damage == "none of ours":
        path.write_bytes(b"no database" * 500)
    else:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE meta SET value = '0' WHERE name = 'form'")
        with pytest.raises(PublicFolderError), looking(path.parent):
            pass
    site.write(press.archive)
    assert _tables(press) == before


def test_a_record_that_cannot_be_read_keeps_nothing_else_from_being_told(press: Press) -> None:
    hurt = press.published(press.case(), facts="此件对象已损坏")
    later = press.published(press.case())
    path = next(press.archive.store.folder.rglob(hurt.record))
    path.chmod(0o600)
    path.unlink()
    assert site.write(press.archive) == 2
    found = _items(press)
    assert [i["item"]["record"] is None for i in found[-2:]] == [True, False]
    assert found[-1]["item"]["publication"] == later.id
    assert encode(found[-1]["item"])  # canonical: what the note signs can be made again
