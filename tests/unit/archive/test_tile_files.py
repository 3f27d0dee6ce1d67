"""Tiles that are written together: none is there before its bytes are on the medium."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from archive.durable import Disk
from archive.ledger.tile_files import TileFiles
from archive.ledger.tiles import TileName
from tests.fakes.disk import NotingDisk

MANY = 40  # more than are open at once, and more than are synced in turn
DATA = b"\x07" * 8192


class FailsAt(Disk):
    """One sync of many answers with an error."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def sync(self, fd: int, *, mode: bool = False) -> None:
        self._left -= 1
        if self._left == 0:
            raise OSError(errno.EIO, "I/O error")
        super().sync(fd, mode=mode)


def name_of(index: int) -> TileName:
    return TileName(level=0, index=index, width=256)


def put(folder: Path, count: int, disk: Disk) -> TileFiles:
    with TileFiles(folder, disk) as files:
        for index in range(count):
            files.put(name_of(index), DATA)
    return files


@pytest.mark.parametrize("count", [1, 3, MANY])
def test_each_of_many_tiles_is_synced_before_it_has_its_name(tmp_path: Path, count: int) -> None:
    disk = NotingDisk()
    put(tmp_path, count, disk)
    last: dict[str, str] = {}
    for call, name in disk.notes:
        if call == "replace":
            assert set(last.values()) == {"sync"}
        elif call in {"write", "sync"}:
            last[name] = call
    assert [call for call, _ in disk.notes].count("sync") == count
    there = [tmp_path / name_of(index).path() for index in range(count)]
    assert all(path.read_bytes() == DATA for path in there)
    assert not list(tmp_path.glob("tile.new*"))


@pytest.mark.parametrize("nth", [1, 7, 16])
def test_where_one_of_many_syncs_fails_none_of_them_gets_a_name(tmp_path: Path, nth: int) -> None:
    with pytest.raises(OSError, match="I/O error"):
        put(tmp_path, MANY, FailsAt(nth))
    assert not [path for path in (tmp_path / "tile").rglob("*") if path.is_file()]
    again = put(tmp_path, MANY, Disk())  # what was left beside is in nobody's way
    assert again.written == {(tmp_path / name_of(0).path()).parent}
    assert not list(tmp_path.glob("tile.new*"))


def test_where_no_thread_can_be_started_none_of_them_gets_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")  # as Python says where the system gives none

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refuse)
        with pytest.raises(OSError, match="no thread"):
            put(tmp_path, MANY, Disk())
    assert not [path for path in (tmp_path / "tile").rglob("*") if path.is_file()]


def test_a_tile_that_is_there_as_it_should_be_is_not_written_again(tmp_path: Path) -> None:
    put(tmp_path, 2, Disk())
    disk = NotingDisk()
    with TileFiles(tmp_path, disk) as files:
        files.put(name_of(0), DATA, there=True)
        files.put(name_of(1), DATA[1:], there=True)
    assert [call for call, _ in disk.notes].count("write") == 1
    assert files.met == files.written == {(tmp_path / name_of(0).path()).parent}
