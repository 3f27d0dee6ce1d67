"""The ledger when somebody meddles with what is on the disk."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.errors import (
    ArchiveBusyError,
    ArchiveError,
    LedgerDamagedError,
    LedgerRolledBackError,
)
from archive.ledger import lock, publisher
from archive.ledger.writer import Ledger
from tests.fakes.ledgers import check_ledger, draft, new_ledger, numbers, outside, signer


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of three entries, to be copied."""
    root = new_ledger(tmp_path_factory.mktemp("begun") / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(3)])
    return root


def copy_of(begun: Path, root: Path) -> Path:
    shutil.copytree(begun, root)
    return root


def test_an_older_copy_of_the_ledger_is_refused(begun: Path, tmp_path: Path) -> None:
    root = copy_of(begun, tmp_path / "a")
    older = copy_of(root, tmp_path / "older")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(3)])
    shutil.rmtree(root / "ledger")
    shutil.copytree(older / "ledger", root / "ledger")
    before = (root / "ledger/entries/000000000000").read_bytes()
    with pytest.raises(LedgerRolledBackError, match="put back"):
        Ledger(root, signer())
    assert (root / "ledger/entries/000000000000").read_bytes() == before


def test_another_history_of_the_same_length_or_longer_is_refused_whatever_its_tiles_say(
    begun: Path, tmp_path: Path
) -> None:
    root = copy_of(begun, tmp_path / "a")
    other = copy_of(begun, tmp_path / "other")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(3)])
    with Ledger(other, signer()) as ledger:
        ledger.append([draft(1003)])
        ledger.append([draft(1004)])
    for name in ("ledger/entries", "writer.state", "ledger/checkpoint"):
        source, target = other / name, root / name
        if source.is_dir():
            shutil.rmtree(target)
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    with pytest.raises(LedgerRolledBackError):
        Ledger(root, signer())
    (root / "writer.state").unlink()
    with pytest.raises(LedgerRolledBackError):
        Ledger(root, signer())


def test_a_ledger_put_back_under_an_open_one_stops_it(begun: Path, tmp_path: Path) -> None:
    root = copy_of(begun, tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(3)])
        ledger.publish()
        shutil.rmtree(root / "ledger/entries")
        shutil.copytree(begun / "ledger/entries", root / "ledger/entries")
        for _ in range(2):
            with pytest.raises(ArchiveError):
                ledger.append([draft(4)])
    entries = "ledger/entries/000000000000"
    assert (root / entries).read_bytes() == (begun / entries).read_bytes()


def test_a_file_cut_under_an_open_ledger_stops_it(begun: Path, tmp_path: Path) -> None:
    root = copy_of(begun, tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        os.truncate(root / "ledger/entries/000000000000", 40)
        with pytest.raises(LedgerRolledBackError, match="cut"):
            ledger.append([draft(3)])


@pytest.mark.parametrize(
    "content", [None, b"", b"3\n", b"x y\n", b"\xff\n", b"03 AAAA\n", b"-1 AAAA\n"]
)
def test_without_highest_signed_nothing_is_signed(
    begun: Path, tmp_path: Path, content: bytes | None
) -> None:
    root = copy_of(begun, tmp_path / "a")
    if content is None:
        (root / "keys/highest-signed").unlink()
    else:
        (root / "keys/highest-signed").write_bytes(content)
    with pytest.raises(LedgerRolledBackError, match="highest-signed"):
        Ledger(root, signer())


@pytest.mark.parametrize("gone", ["ledger", "ledger/entries", "ledger/entries/000000000000"])
def test_without_its_entries_nothing_is_signed(begun: Path, tmp_path: Path, gone: str) -> None:
    root = copy_of(begun, tmp_path / "a")
    path = root / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(LedgerRolledBackError):
        Ledger(root, signer())


def test_damage_below_what_was_published_is_no_torn_tail(begun: Path, tmp_path: Path) -> None:
    root = copy_of(begun, tmp_path / "a")
    file = root / "ledger/entries/000000000000"
    data = bytearray(file.read_bytes())
    data[60] ^= 1
    file.write_bytes(data)
    (root / "writer.state").unlink()
    with pytest.raises(LedgerDamagedError, match="damaged"):
        Ledger(root, signer())
    assert file.read_bytes() == data


def spoil_nothing(root: Path) -> None:
    """The state as it is."""


def spoil_deleted(root: Path) -> None:
    (root / "writer.state").unlink()


def spoil_garbage(root: Path) -> None:
    (root / "writer.state").write_bytes(b"no database" * 1000)


def spoil_cut(root: Path) -> None:
    os.truncate(root / "writer.state", 5000)


def spoil_folder(root: Path) -> None:
    (root / "writer.state").unlink()
    (root / "writer.state/in the way").mkdir(parents=True)


def spoil_other(root: Path) -> None:
    other = new_ledger(root / "other")
    with Ledger(other, signer()) as ledger:
        ledger.append([draft(n, "clip-0") for n in range(700)])
    for name in ("writer.state", "writer.state-wal", "writer.state-shm"):
        if (other / name).exists():
            shutil.copy(other / name, root / name)


def spoil_values(root: Path) -> None:
    db = sqlite3.connect(root / "writer.state", isolation_level=None)
    db.execute("UPDATE position SET size = 'many', tiles = x'07', offset = -3")
    db.close()


SPOILS = [
    spoil_nothing,
    spoil_deleted,
    spoil_garbage,
    spoil_cut,
    spoil_folder,
    spoil_other,
    spoil_values,
]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda s: s.__name__.removeprefix("spoil_"))
def test_a_state_that_is_wrong_costs_time_and_no_truth(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(600)])
    spoil(root)
    check_ledger(root, list(range(600)))
    check_ledger(root, list(range(600)))


def test_an_older_state_is_brought_up_to_date(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(100)])
    older = (root / "writer.state").read_bytes()
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(100, 400)])
    (root / "writer.state").write_bytes(older)
    check_ledger(root, list(range(400)))


def remove_all(folder: Path) -> None:
    shutil.rmtree(folder / "tile")


def remove_one(folder: Path) -> None:
    (folder / "tile/0/000").unlink()


def remove_bundle(folder: Path) -> None:
    (folder / "tile/entries/001").unlink()


def remove_newest(folder: Path) -> None:
    shutil.rmtree(folder / "tile/entries/002.p")


@pytest.mark.parametrize("remove", [remove_all, remove_one, remove_bundle, remove_newest])
def test_tiles_that_somebody_removed_are_written_again(
    tmp_path: Path, remove: Callable[[Path], None]
) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(600)])
    remove(root / "ledger")
    Ledger(root, signer()).close()
    assert outside(root).size == 600
    with Ledger(root, signer()) as ledger:
        remove(root / "ledger")
        ledger.append([draft(n) for n in range(600, 800)])
        ledger.publish()
        assert outside(root).size == 800
    assert numbers(root) == list(range(800))


def test_a_checkpoint_that_somebody_removed_or_put_back_is_shown_again(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    first = (root / "ledger/checkpoint").read_bytes()
    (root / "ledger/checkpoint").unlink()
    Ledger(root, signer()).close()
    assert outside(root).size == 0
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
    for content in (None, b"", first):
        (root / "ledger/checkpoint").unlink()
        if content is not None:
            (root / "ledger/checkpoint").write_bytes(content)
        Ledger(root, signer()).close()
        assert outside(root).size == 1


def test_the_snapshot_lies_beside_the_ledger_whose_every_failed_sync_counts(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
        assert {p.name for p in (root / "ledger").iterdir()} <= {
            *("entries", "tile", "checkpoint", "lock", "publish.lock", "reserve"),
        }
        assert (root / "writer.state").is_file()


@pytest.mark.parametrize("name", ["lock", "publish.lock"])
def test_a_lock_that_another_program_keeps_is_said_in_time(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.1)
    monkeypatch.setattr(publisher, "_PATIENCE", 0.1)
    root = new_ledger(tmp_path / "a")
    with (root / "ledger" / name).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with (
            pytest.raises(ArchiveBusyError, match=f"ledger/{re.escape(name)} is held"),
            Ledger(root, signer()) as ledger,
        ):
            ledger.append([draft(0)])
    check_ledger(root, [0] if name == "publish.lock" else [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subjects SET leaf = zeroblob(32) WHERE subject = 'clip-3'",
        "UPDATE subjects SET count = count + 1 WHERE subject = 'clip-3'",
        "UPDATE subjects SET entry = 0 WHERE subject = 'clip-3'",
        "UPDATE subjects SET subject = 'clip-x' WHERE subject = 'clip-3'",
        "UPDATE subjects SET leaf = 'text' WHERE subject = 'clip-3'",
        "DELETE FROM subjects WHERE subject = 'clip-3'",
        "UPDATE subjects SET bucket = bucket + 1 WHERE subject = 'clip-3'",
        "UPDATE sums SET sum = sum + 1 WHERE bucket = (SELECT bucket FROM subjects WHERE subject = 'clip-3')",
        "DELETE FROM sums WHERE bucket = (SELECT bucket FROM subjects WHERE subject = 'clip-3')",
    ],
)
def test_a_row_of_the_snapshot_that_is_wrong_or_lost_ties_no_entry_to_another(
    tmp_path: Path, statement: str
) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n, f"clip-{n % 7}") for n in range(20)])
    db = sqlite3.connect(root / "writer.state", isolation_level=None)
    assert db.execute(statement).rowcount == 1
    db.close()
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n, f"clip-{n % 7}") for n in range(20, 40)])
    assert outside(root).size == 40


def test_who_begins_the_snapshot_anew_loses_no_row_to_who_had_it_open(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as first:
        first.append([draft(n, f"clip-{n}") for n in range(5)])
        first.publish()
        db = sqlite3.connect(root / "writer.state", isolation_level=None)
        db.executescript("DELETE FROM position; DELETE FROM subjects")
        first.append([draft(5, "clip-0")])
        first.publish()
        db.executescript("DELETE FROM position; DELETE FROM subjects")
        db.close()
        first.publish()
        first.append([draft(6, "clip-0")])
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n, f"clip-{n - 7}") for n in range(7, 12)])
    assert outside(root).size == 12
