"""Dockings beside others that just ended or were killed, and a disk that says only once that it failed."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from archive.audit import audit
from archive.durable import Disk
from archive.ledger.lock import FileLock
from archive.opening import open_archive
from archive.store.area import recorder_area
from archive.store.part import Mark, Part
from archive.store.posix import PosixStore
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt

NOBODY = 65534


def docked_with(root: Path, source: Path, disk: Disk) -> Receipt:
    with open_archive(root, write=True, disk=disk) as archive, FolderRecorder(source) as recorder:
        return dock(
            archive,
            recorder,
            serial="A1",
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
        )


class Interposed(Disk):
    """Has something happen just before a docking takes its recorder's area."""

    def __init__(self, happening: Callable[[Path], None]) -> None:
        self._happening: Callable[[Path], None] | None = happening

    def make_dirs_synced(self, path: Path) -> None:
        if path.name.startswith("r-") and self._happening is not None:
            happening, self._happening = self._happening, None
            happening(path)
        super().make_dirs_synced(path)


def test_what_another_docking_secured_a_moment_ago_is_known(root: Path, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(b"once")
    other: list[Receipt] = []
    disk = Interposed(lambda _: other.append(docked_with(root, recorder, Disk())))
    receipt = docked_with(root, recorder, disk)
    assert [c.status for c in other[0].clips] == ["ingested"]
    assert [(c.status, c.clip) for c in receipt.clips] == [("known", other[0].clips[0].clip)]


def test_a_docking_stands_in_line_for_the_register_for_longer_than_one_writer_may_need(
    root: Path, recorder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docked_with(root, recorder, Disk())  # what is slow at the first time is over
    monkeypatch.setattr("archive.ledger.lock._PATIENCE", 0.2)
    (recorder / "a.mp4").write_bytes(b"once")
    with ThreadPoolExecutor(1) as pool, closing(FileLock(root / "cases.lock")) as register:
        with register.held():
            docked = pool.submit(docked_with, root, recorder, Disk())
            time.sleep(1.5)
            assert not docked.done()
        assert docked.result().whole


def test_what_a_docking_linked_and_was_killed_a_moment_ago_is_named_and_not_written_on(
    root: Path, recorder: Path
) -> None:
    data = b"linked before the entry was there"
    digest = hashlib.sha256(data).hexdigest()
    (recorder / "a.mp4").write_bytes(b"another")

    def linked_and_killed(area: Path) -> None:
        area.mkdir()
        (area / "0.part").write_bytes(data)
        (area / "0.part").chmod(0o444)
        store = PosixStore(root / "store")
        store.path(digest).parent.mkdir(parents=True)
        os.link(area / "0.part", store.path(digest))

    receipt = docked_with(root, recorder, Interposed(linked_and_killed))
    assert receipt.whole
    with open_archive(root, write=False) as archive:
        aside = [e for e in archive.reader.entries() if e.type == "object.set_aside"]
        assert list(archive.store.incoming.iterdir()) == []
    assert [e.data["set_aside"]["object"] for e in aside] == [digest]
    assert [e.data["why"] for e in aside] == ["no_entry"]
    assert audit(root).findings == ()


class LosesBytesOnce(Disk):
    """syncfs tells of an error once; a second clip is written meanwhile."""

    def __init__(self) -> None:
        self._failed = threading.Event()

    def write_at(self, fd: int, data: memoryview, offset: int) -> None:
        if len(data) > 1 << 20:
            self._failed.wait(10)
        super().write_at(fd, data, offset)

    def sync_file_system(self, fd: int) -> None:
        if not self._failed.is_set():
            self._failed.set()
            raise OSError(errno.EIO, "Input/output error")
        super().sync_file_system(fd)


def test_after_a_sync_that_failed_no_clip_of_this_docking_is_held(
    root: Path, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(b"a" * 1000)
    (recorder / "b.mp4").write_bytes(b"b" * (3 << 19))
    receipt = docked_with(root, recorder, LosesBytesOnce())
    assert not receipt.whole
    assert not {c.status for c in receipt.clips} & {"ingested", "known", "quarantined"}
    with open_archive(root, write=False) as archive:
        assert [e for e in archive.reader.entries() if e.type == "clip.ingested"] == []
    assert docked_with(root, recorder, Disk()).whole
    assert audit(root).findings == ()


@pytest.fixture
def as_owner() -> Callable[[Path, Callable[[], None]], None]:
    """Do something as a user whom file modes bind."""

    def run(folder: Path, job: Callable[[], None]) -> None:
        if os.geteuid() != 0:
            job()
            return
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        for path in folder.parents:
            if path.owner() == "root" and path.stat().st_mode & 0o077 == 0:
                path.chmod(0o711)
        os.seteuid(NOBODY)
        try:
            job()
        finally:
            os.seteuid(0)

    return run


def test_a_part_that_was_whole_but_not_committed_is_gone_on_with_by_its_owner(
    tmp_path: Path, as_owner: Callable[[Path, Callable[[], None]], None]
) -> None:
    folder = tmp_path / recorder_area("A1")
    folder.mkdir()
    path = folder / "0.part"
    path.write_bytes(b"whole, then its writer was killed")
    path.chmod(0o444)

    def go_on() -> None:
        Part(path, Disk(), keep=Mark(length=5, digest="")).close()

    as_owner(folder, go_on)
    assert path.read_bytes() == b"whole"
