"""An audit holds what witnesses cosigned against the ledger, and their signatures against the settings."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from archive.audit import AuditReport
from archive.keys.loading import StationKeys
from archive.ledger.note import Checkpoint, parse_note
from archive.ledger.published import COSIGNED
from archive.opening import Archive, open_archive
from tests.fakes.ledgers import draft
from tests.fakes.ledgers import signer as stranger
from tests.fakes.witnesses import cosigner
from tests.integrity.audit.looking import audit, codes, warned

DAY = 86_400


def witnesses(root: Path, *, quorum: int = 2, count: int = 2) -> None:
    """Put witnesses into the settings."""
    rows = "".join(
        f'\n[[witnesses.witness]]\nurl = "http://127.0.0.1:1/"\nvkey = "{cosigner(n).verifier.vkey()}"\n'
        for n in range(count)
    )
    with (root / "muniment.toml").open("a") as settings:
        settings.write(f"\n[witnesses]\nquorum = {quorum}\n{rows}")


def cosign(note: bytes, *numbers: int, at: float | None = None) -> bytes:
    seconds = int(time.time() if at is None else at)
    lines = [cosigner(n).cosign(parse_note(note), seconds).line() for n in numbers]
    return note + "".join(lines).encode()


def put(root: Path, note: bytes) -> AuditReport:
    (root / "ledger" / COSIGNED).write_bytes(note)
    return audit(root)


def said(report: AuditReport) -> tuple[list[str], list[str]]:
    return codes(report), warned(report)


@pytest.fixture
def note(root: Path) -> bytes:
    witnesses(root)
    return (root / "ledger" / "checkpoint").read_bytes()


def grow(archive: Archive) -> bytes:
    archive.ledger.append([draft(0)])
    return archive.ledger.publish()


def test_a_quorum_over_our_checkpoint_is_counted(root: Path, note: bytes) -> None:
    report = put(root, cosign(note, 0, 1))
    assert (said(report), report.cosignatures_checked) == (([], []), 2)


def test_without_witnesses_nothing_is_asked_for(root: Path) -> None:
    assert said(audit(root)) == ([], [])


def test_no_quorum_is_a_warning(root: Path, note: bytes) -> None:
    assert said(audit(root)) == ([], ["cosigned_missing"])
    assert said(put(root, cosign(note, 0))) == ([], ["cosigned_quorum"])
    assert said(put(root, cosign(note, 0, 7))) == ([], ["cosigned_quorum"])


def test_a_wrong_cosignature_is_a_finding(root: Path, note: bytes) -> None:
    right = cosign(note, 0, 1)
    empty = Checkpoint(origin="test.invalid/ledger", size=2, root=bytes(32))
    other = cosign(stranger().sign(empty), 1)
    wrong = cosign(note, 0) + other.rpartition(b"\n\n")[2].splitlines(keepends=True)[1]
    assert said(put(root, wrong))[0] == ["cosignature_wrong"]
    assert said(put(root, right)) == ([], [])


def test_a_cosignature_of_a_day_to_come_is_a_finding(root: Path, note: bytes) -> None:
    report = put(root, cosign(note, 0, 1, at=time.time() + 3 * DAY))
    assert said(report)[0] == ["cosignature_wrong", "cosignature_wrong"]


def test_what_we_did_not_sign_is_a_finding(root: Path, note: bytes) -> None:
    text = parse_note(note).text.encode()
    for damage in (b"", b"<html>", text, note.replace(b"\n3\n", b"\n2\n")):
        assert said(put(root, damage))[0] == ["cosigned_damaged"]


def test_a_ledger_that_was_put_back_is_told_by_what_was_cosigned(root: Path, note: bytes) -> None:
    with open_archive(root, write=True) as archive:
        larger = grow(archive)
    held = cosign(larger, 0, 1)
    assert said(put(root, held)) == ([], [])
    lines = (root / "ledger/entries/000000000000").read_bytes().splitlines(keepends=True)
    (root / "ledger/entries/000000000000").write_bytes(b"".join(lines[:-2]))
    (root / "ledger" / "checkpoint").write_bytes(note)
    (root / "keys" / "highest-signed").unlink()
    report = put(root, held)
    where = {f.where for f in report.findings if f.code == "ledger_rolled_back"}
    assert f"ledger/{COSIGNED}" in where


@pytest.mark.usefixtures("note")
def test_another_history_under_our_key_is_told_by_what_was_cosigned(root: Path) -> None:
    forged = Checkpoint(origin="test.invalid/ledger", size=2, root=bytes(32))
    held = StationKeys(root).signer().sign(forged)
    assert said(put(root, cosign(held, 0, 1)))[0] == ["cosigned_differs"]


def test_an_old_quorum_is_a_warning_where_entries_came_since(root: Path, note: bytes) -> None:
    held = cosign(note, 0, 1, at=time.time() - 3 * DAY)
    assert said(put(root, held)) == ([], [])  # nothing came since
    with open_archive(root, write=True) as archive:
        grow(archive)
    assert said(audit(root)) == ([], ["cosigned_old"])
    assert said(put(root, cosign(note, 0, 1))) == ([], [])
