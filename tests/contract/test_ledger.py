"""What docs/formats/ledger.md promises to strangers: at every moment a whole C2SP log."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from archive.ledger.tiles import TileName, tiles_of
from archive.ledger.writer import Ledger
from tests.fakes.ledgers import draft, new_ledger, outside, signer
from tests.fakes.outsider import BrokenLogError


def test_an_empty_ledger_is_a_log(tmp_path: Path) -> None:
    seen = outside(new_ledger(tmp_path / "a"))
    assert (seen.size, seen.entries) == (0, [])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 513])
def test_at_every_size_there_is_every_tile_and_no_superseded_one(tmp_path: Path, size: int) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        for start, end in ((0, size // 2), (size // 2, size)):
            ledger.append([draft(n) for n in range(start, end)])
            ledger.publish()
    assert outside(root).size == size
    there = {
        p.relative_to(root / "ledger").as_posix()
        for p in (root / "ledger/tile").rglob("*")
        if p.is_file()
    }
    needed = {name.path() for name in tiles_of(size)}
    assert needed <= there
    for extra in there - needed:
        name = TileName.parse(extra)
        assert name is not None
        assert name.width < 256
        full = TileName(level=name.level, index=name.index, width=256)
        assert full.path() not in there


def test_a_tile_that_goes_while_the_ledger_is_open_is_there_again_at_the_next_publication(
    tmp_path: Path,
) -> None:
    root = new_ledger(tmp_path / "a")
    tiles = root / "ledger/tile/0"
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(600)])
        ledger.publish()
        os.utime(
            tiles, (0, 0)
        )  # long ago: from now on the folder is believed while its time stands
        for n in (600, 601):
            ledger.append([draft(n)])
            ledger.publish()
        (tiles / "001").unlink()
        ledger.append([draft(602)])
        ledger.publish()
        assert outside(root).size == 603


@pytest.mark.slow
def test_a_log_of_70_000_entries_has_three_levels(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        for start in range(0, 70_000, 5000):
            ledger.append([draft(n) for n in range(start, start + 5000)])
    assert outside(root).size == 70_000
    (root / "ledger/tile/1/000").unlink()
    with pytest.raises(BrokenLogError, match="tile/1/000"):
        outside(root)
    (root / "writer.state").unlink()
    Ledger(root, signer()).close()
    assert outside(root).size == 70_000


@pytest.mark.slow
def test_whoever_looks_at_whatever_moment_finds_a_whole_log_that_only_grows(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    stop = threading.Event()

    def write() -> None:
        with Ledger(root, signer()) as ledger:
            number = 0
            while not stop.is_set():
                ledger.append([draft(n) for n in range(number, number + 40)])
                ledger.publish()
                number += 40

    writer = threading.Thread(target=write)
    writer.start()
    try:
        before: list[bytes] = []
        while len(before) < 800:
            entries = outside(root).entries
            assert entries[: len(before)] == before
            before = entries
    finally:
        stop.set()
        writer.join(20)


@pytest.mark.parametrize("what", ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"])
def test_the_stranger_notices_a_changed_byte(tmp_path: Path, what: str) -> None:
    root = new_ledger(tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(3)])
    path = root / "ledger" / what
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 7):
        data[at] ^= 1
        path.write_bytes(data)
        with pytest.raises((BrokenLogError, ValueError)):
            outside(root)
        data[at] ^= 1
