"""The file system that forgets: it keeps what was synced, and a program that forgets to sync is caught."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from archive.durable import Disk, path_fd
from tests.lab.forgetful.medium import PAGE, Kept, Medium
from tests.lab.forgetful.mounting import mounted
from tests.lab.forgetful.records import Story

pytestmark = pytest.mark.usefixtures("forgetful")
BYTES = random.Random(1).randbytes(5 * PAGE + 700)  # noqa: S311 - the same in every run


def told(work: Path, do: Callable[[Path], None], before: Path | None = None) -> Story:
    with mounted(work, before) as here:
        do(here.folder)
    return here.story()


def after(
    story: Story, to: Path, names: Kept, data: Kept, *, seed: int = 0, point: int | None = None
) -> dict[str, bytes]:
    """The files of the medium after a cut."""
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    folder = to / f"{names}-{data}-{seed}-{point}"
    medium = Medium(story, len(story.records) if point is None else point)
    medium.cut(folder, names=names, data=data, draw=draw)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write(path: Path, data: bytes, *, sync: bool, folder: bool) -> None:
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
    os.write(fd, data)
    if sync:
        os.fdatasync(fd)
    os.close(fd)
    if folder:
        Disk().sync_dir(path.parent)


def test_what_was_never_synced_may_be_gone_or_there(tmp_path: Path) -> None:
    story = told(tmp_path, lambda m: write(m / "a", BYTES, sync=False, folder=False))
    assert after(story, tmp_path, Kept.NOTHING, Kept.NOTHING) == {}
    assert after(story, tmp_path, Kept.ALL, Kept.ALL) == {"a": BYTES}
    assert after(story, tmp_path, Kept.ALL, Kept.NOTHING) == {"a": b""}


def test_a_name_lasts_from_the_sync_of_its_folder_and_bytes_from_that_of_the_file(
    tmp_path: Path,
) -> None:
    def do(m: Path) -> None:
        write(m / "only-bytes", BYTES, sync=True, folder=False)
        write(m / "both", BYTES, sync=True, folder=True)
        write(m / "only-bytes-too", BYTES, sync=True, folder=False)

    story = told(tmp_path, do)
    synced = {"only-bytes": BYTES, "both": BYTES}
    assert after(story, tmp_path, Kept.NOTHING, Kept.NOTHING) == synced
    assert after(story, tmp_path, Kept.ALL, Kept.NOTHING) == synced | {"only-bytes-too": BYTES}


def test_unsynced_bytes_are_torn_in_pages_and_sectors_and_may_be_zeros(tmp_path: Path) -> None:
    def do(m: Path) -> None:
        write(m / "a", b"old" * PAGE, sync=True, folder=True)
        with (m / "a").open("r+b") as file:
            file.write(BYTES)

    story = told(tmp_path, do)
    seen = {after(story, tmp_path, Kept.ALL, Kept.SOME, seed=n)["a"] for n in range(60)}
    assert len(seen) > 20
    assert {len(data) for data in seen} > {len(b"old" * PAGE), len(BYTES)}
    assert any(b"old" in data[:PAGE] and BYTES[:512] not in data for data in seen)
    assert any(bytes(512) in data for data in seen)


def test_a_rename_is_there_or_not_and_what_it_replaced_is_never_missing(tmp_path: Path) -> None:
    def do(m: Path) -> None:
        write(m / "name", b"before", sync=True, folder=True)
        write(m / "beside", b"after", sync=True, folder=False)
        (m / "beside").replace(m / "name")

    story = told(tmp_path, do)
    for seed, point in product(range(10), story.points()):
        found = after(story, tmp_path, Kept.SOME, Kept.SOME, seed=seed, point=point).get("name")
        if point > story.begun + 6:
            assert found in {b"before", b"after"}


def test_two_names_are_one_file_and_a_taken_name_is_refused(tmp_path: Path) -> None:
    def do(m: Path) -> None:
        write(m / "a", b"x", sync=True, folder=False)
        (m / "b").hardlink_to(m / "a")
        assert (m / "a").samefile(m / "b")
        assert (m / "a").stat().st_nlink == 2
        with pytest.raises(FileExistsError):
            (m / "b").hardlink_to(m / "a")
        Disk().sync_dir(m)
        (m / "a").unlink()

    story = told(tmp_path, do)
    assert after(story, tmp_path, Kept.NOTHING, Kept.NOTHING) == {"a": b"x", "b": b"x"}
    assert after(story, tmp_path, Kept.ALL, Kept.NOTHING) == {"b": b"x"}


def test_it_takes_direct_writes_locks_and_shared_memory(tmp_path: Path) -> None:
    with mounted(tmp_path) as here:
        fd = os.open(here.folder / "a", os.O_CREAT | os.O_RDWR | os.O_DIRECT)
        page = mmap.mmap(-1, PAGE)
        page[:5] = b"hello"
        os.pwrite(fd, page, 0)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        other = os.open(here.folder / "a", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with mmap.mmap(other, PAGE) as shared:
            assert shared[:5] == b"hello"
        os.close(other)
        os.close(fd)


def test_a_medium_from_before_is_what_is_there_and_what_lasts(tmp_path: Path) -> None:
    before = tmp_path / "before"
    (before / "d").mkdir(parents=True)
    (before / "d" / "a").write_bytes(BYTES)
    (before / "b").hardlink_to(before / "d" / "a")
    (before / "d" / "a").chmod(0o400)

    def do(m: Path) -> None:
        assert (m / "b").read_bytes() == BYTES
        assert (m / "b").samefile(m / "d" / "a")

    story = told(tmp_path, do, before)
    assert after(story, tmp_path, Kept.NOTHING, Kept.NOTHING) == {"b": BYTES, "d/a": BYTES}
    kept = tmp_path / "nothing-nothing-0-None" / "b"
    assert kept.samefile(kept.parent / "d" / "a")
    assert kept.stat().st_mode & 0o777 == 0o400


def test_a_syncfs_is_never_told_to_it_and_the_archive_knows(tmp_path: Path) -> None:
    def do(m: Path) -> None:
        write(m / "a", BYTES, sync=False, folder=False)
        fd = path_fd(m)
        assert ctypes.CDLL(None).syncfs(fd) == 0
        assert not Disk().syncs_whole(fd)
        os.close(fd)

    story = told(tmp_path, do)
    assert after(story, tmp_path, Kept.NOTHING, Kept.NOTHING) == {}


@pytest.mark.parametrize("synchronous", ["FULL", "OFF"])
def test_a_database_keeps_what_it_committed_and_one_that_does_not_sync_is_caught(
    tmp_path: Path, synchronous: str
) -> None:
    def do(m: Path) -> None:
        with closing(sqlite3.connect(m / "d.db", isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {synchronous}")
            db.execute("CREATE TABLE t (n)")
            (m / ".said").write_text("table")
            for n in range(20):
                db.execute("INSERT INTO t VALUES (?)", (n,))
                (m / ".said").write_text(str(n))

    story = told(tmp_path, do)
    lost = 0
    draw = random.Random(7)  # noqa: S311 - the same in every run
    for number, point in enumerate(draw.choices(story.points(), k=40)):
        said = story.said(point)
        if len(said) < 2:
            continue
        names = (Kept.NOTHING, Kept.FIRST)[number % 2]
        after(story, tmp_path, names, Kept.SOME, seed=number, point=point)
        with closing(sqlite3.connect(tmp_path / f"{names}-some-{number}-{point}" / "d.db")) as db:
            try:
                rows = [n for (n,) in db.execute("SELECT n FROM t ORDER BY n")]
            except sqlite3.Error:
                rows = []
        lost += rows[: len(said) - 1] != list(range(len(said) - 1))
    assert (lost > 0) == (synchronous == "OFF"), f"{lost} of 40"
