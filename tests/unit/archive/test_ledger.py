"""The ledger in use: order, clocks, sizes, threads' end; and readers beside it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import (
    CanonicalError,
    EntryTooLargeError,
    LedgerDamagedError,
    LedgerFailedError,
    MalformedNoteError,
    NotAnArchiveError,
    ProofError,
)
from archive.ledger.entry import Draft
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger, utc_now
from tests.fakes.ledgers import draft, new_ledger, numbers, outside, signer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_ledger(tmp_path / "a")


def big(length: int) -> Draft:
    return Draft(type="x", subject="s", actor="a", data={"filler": "x" * length})


def test_entries_follow_one_another_and_each_subject_has_its_chain(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        first = ledger.append([draft(0, "a"), draft(1, "b"), draft(2, "a")])
    with Ledger(root, signer()) as ledger:
        (last,) = ledger.append([draft(3, "a")])
    assert [e.index for e in first] == [0, 1, 2]
    assert first[0].prev is None
    assert first[2].chain == {"count": 2, "index": 0, "prev": first[0].leaf.hex()}
    assert last.prev == first[2].leaf.hex()
    assert last.chain == {"count": 3, "index": 2, "prev": first[2].leaf.hex()}


def test_a_clock_that_was_set_back_is_said_in_the_entry(root: Path) -> None:
    times = iter(["2026-01-02T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"])
    with Ledger(root, signer(), now=lambda: next(times, "2026-01-01T00:00:01.000000Z")) as ledger:
        entries = [ledger.append([draft(n)])[0] for n in range(3)]
    assert [e.clock for e in entries] == ["host", "host-set-back", "host"]
    with Ledger(root, signer(), now=lambda: "2025-01-01T00:00:00.000000Z") as ledger:
        assert ledger.set_back
        (entry,) = ledger.append([draft(3)])
    assert entry.clock == "host-set-back"


def test_the_hosts_clock_is_read_in_utc_with_microseconds() -> None:
    assert len(utc_now()) == 27
    assert utc_now()[-1] == "Z"


def test_a_draft_that_can_be_no_entry_takes_its_whole_request_with_it_and_no_other(
    root: Path,
) -> None:
    with Ledger(root, signer()) as ledger:
        with pytest.raises(EntryTooLargeError, match="65535"):
            ledger.append([draft(0), big(65_536)])
        with pytest.raises(CanonicalError):
            ledger.append([draft(1), Draft(type="x", subject="s", actor="a", data={"a": 0.5})])
        ledger.append([draft(2)])
    assert numbers(root) == [2]


def test_the_longest_entry_is_taken_and_one_byte_more_is_not(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        (short,) = ledger.append([big(0)])
        room = 65_535 - len(short.raw)
        with pytest.raises(EntryTooLargeError):
            ledger.append([big(room + 200)])
    other = new_ledger(root.parent / "b")
    with Ledger(other, signer()) as ledger:
        (entry,) = ledger.append([big(room)])
        assert len(entry.raw) == 65_535
        ledger.publish()
        assert outside(other).entries == [entry.raw]


def test_a_huge_batch_is_one_batch(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        entries = ledger.append([big(60_000) for _ in range(40)])
        assert [e.index for e in entries] == list(range(40))
        ledger.publish()
    assert outside(root).size == 40
    Ledger(root, signer()).close()


def test_an_empty_append_appends_nothing(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        assert ledger.append([]) == []
        assert ledger.size == 0


def test_what_is_appended_is_published_soon_without_being_asked(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
        deadline = time.monotonic() + 5
        while outside(root).size == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_closed_ledger_takes_nothing_and_may_be_closed_again(root: Path) -> None:
    ledger = Ledger(root, signer())
    ledger.append([draft(0)])
    ledger.close()
    assert outside(root).size == 1
    with pytest.raises(LedgerFailedError, match="closed"):
        ledger.append([draft(1)])
    with pytest.raises(LedgerFailedError):
        ledger.publish()
    (root / "other").write_text("")
    with (root / "other").open("rb"):
        ledger.close()


def test_closing_while_others_append_and_timers_run_blocks_nobody(root: Path) -> None:
    for _ in range(5):
        ledger = Ledger(root, signer())
        done: list[object] = []

        def append(ledger: Ledger = ledger, done: list[object] = done) -> None:
            try:
                while True:
                    ledger.append([draft(0)])
            except LedgerFailedError as e:
                done.append(e)

        threads = [threading.Thread(target=append) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.06)
        ledger.close()
        for thread in threads:
            thread.join(10)
        assert len(done) == 3
    assert LedgerReader(root).size() == len(numbers(root))


def test_a_reader_follows_a_writer_without_reading_anew(root: Path) -> None:
    reader = LedgerReader(root)
    assert reader.size() == 0
    with Ledger(root, signer()) as ledger:
        for count in (1, 300):
            ledger.append([draft(n) for n in range(count)])
            assert reader.size() == ledger.size
    assert [e.index for e in reader.entries(299)] == [299, 300]
    assert reader.entry(300).index == 300
    with pytest.raises(IndexError):
        reader.entry(301)
    assert list(reader.entries(5, 5)) == []
    assert reader.root(301) == outside(root).root
    assert reader.root(1) == reader.entry(0).leaf
    with pytest.raises(ValueError, match="301"):
        reader.root(400)


def test_a_proof_is_a_tlog_proof_against_the_newest_checkpoint(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(3)])
        note = ledger.publish()
    reader = LedgerReader(root)
    lines = reader.proof(1).partition(b"\n\n")
    assert lines[0].split(b"\n")[:2] == [b"c2sp.org/tlog-proof@v1", b"index 1"]
    assert lines[0].count(b"\n") == 3
    assert lines[2] == note == reader.checkpoint()
    with pytest.raises(IndexError):
        reader.proof(3)
    (root / "ledger/tile/0/000.p/3").write_bytes(bytes(96))
    with pytest.raises(ProofError, match="another root"):
        LedgerReader(root).proof(1)


def test_a_reader_falls_back_on_the_entries_when_what_is_derived_is_gone(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(300)])
    shutil.rmtree(root / "ledger/tile")
    (root / "writer.state").unlink()
    assert [e.index for e in LedgerReader(root).entries(290)] == list(range(290, 300))
    (root / "ledger/checkpoint").unlink()
    assert LedgerReader(root).size() == 300
    with pytest.raises(LedgerDamagedError, match="missing"):
        LedgerReader(root).checkpoint()


def test_a_reader_says_damage_where_less_is_readable_than_was_published(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
        ledger.append([draft(1)])
    file = root / "ledger/entries/000000000000"
    os.truncate(file, file.stat().st_size - 1)
    for each in root.glob("writer.state*"):
        each.unlink()
    with pytest.raises(LedgerDamagedError, match="past entry"):
        LedgerReader(root).size()


def test_where_there_is_no_key_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchiveError):
        LedgerReader(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/ledger.vkey").write_text("no key\n")
    with pytest.raises(MalformedNoteError):
        LedgerReader(tmp_path)


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("strict_umask")
def test_under_a_strict_umask_the_ledger_works_the_same(root: Path) -> None:
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
    assert outside(root).size == 1
