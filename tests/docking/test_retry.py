"""A clip that changes while it is read is begun anew only when its old transfer is at rest."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.durable import Disk
from archive.opening import open_archive
from archive.store.part import CHUNK
from devices.clip_reader import ClipReader
from devices.clips import FoundClip
from devices.errors import ClipChangedError
from devices.folder import FolderRecorder
from ingest.docking import dock
from tests.fakes.recorders import TwistedReader

MIB = 1 << 20
PATIENCE = 0.3  # seconds that a sync takes unless somebody meddles


class HurriedDisk(Disk):
    """Syncs transfers slowly, and notes who lets go of one, or removes it, meanwhile."""

    def __init__(self) -> None:
        self.meddled: list[str] = []
        self._parts: dict[int, Path] = {}
        self._syncing: set[Path] = set()
        self._disturbed = threading.Event()

    def create(self, path: Path, *, direct: bool = False) -> int:
        fd = super().create(path, direct=direct)
        if path.suffix == ".part":
            self._parts[fd] = path
        return fd

    def sync(self, fd: int, *, mode: bool = False) -> None:
        part = self._parts.get(fd)
        if part is not None:
            self._syncing.add(part)
            self._disturbed.wait(PATIENCE)
            self._syncing.discard(part)
        super().sync(fd, mode=mode)

    def close(self, fd: int) -> None:
        self._look("closed", self._parts.pop(fd, None))
        super().close(fd)

    def unlink(self, path: Path) -> None:
        self._look("removed", path)
        super().unlink(path)

    def _look(self, what: str, path: Path | None) -> None:
        if path in self._syncing:
            self.meddled.append(what)
            self._disturbed.set()


class TurningRecorder(FolderRecorder):
    """One whose clip changes under the first who reads it.

    Args:
        folder: its files.
        turn: told where the first reader is after each read, and for which clip.
    """

    def __init__(self, folder: Path, turn: Callable[[int, FoundClip], None]) -> None:
        super().__init__(folder)
        self.opened = 0
        self._turn = turn

    def open(self, clip: FoundClip) -> ClipReader:
        self.opened += 1
        if self.opened > 1:
            return super().open(clip)

        def read(at: int, _buffer: memoryview, n: int) -> int:
            self._turn(at + n, clip)
            return n

        return TwistedReader(self._root, clip, read)


def cut(folder: Path) -> Callable[[int, FoundClip], None]:
    """The file ends at the first line of the journal as soon as it was read so far."""

    def turn(at: int, clip: FoundClip) -> None:
        if at == CHUNK:
            os.truncate(folder / os.fsdecode(clip.path), CHUNK)

    return turn


def replaced(_: Path) -> Callable[[int, FoundClip], None]:
    """The recorder itself says, in the middle, that it has another clip there now."""

    def turn(at: int, clip: FoundClip) -> None:
        if at >= 4 * MIB:
            raise ClipChangedError(path=os.fsdecode(clip.path), reason="another one is there")

    return turn


@pytest.mark.parametrize(
    ("size", "kept", "change"),
    [(CHUNK + MIB, CHUNK, cut), (9 * MIB + 17, 9 * MIB + 17, replaced)],
    ids=["cut where a line of the journal falls due", "replaced in the middle"],
)
def test_a_clip_is_begun_anew_only_when_its_old_transfer_is_at_rest(
    root: Path,
    recorder: Path,
    size: int,
    kept: int,
    change: Callable[[Path], Callable[[int, FoundClip], None]],
) -> None:
    content = os.urandom(MIB) * (size // MIB) + os.urandom(size % MIB)
    (recorder / "a.mp4").write_bytes(content)
    disk = HurriedDisk()
    with (
        open_archive(root, write=True, disk=disk) as archive,
        TurningRecorder(recorder, change(recorder)) as source,
    ):
        receipt = dock(
            archive, source, serial="A1", officer=None, case=None, reread=False, actor="local-0"
        )
        left = list(archive.store.incoming.iterdir())
    (result,) = receipt.clips
    assert (result.status, result.sha256) == (
        "ingested",
        hashlib.sha256(content[:kept]).hexdigest(),
    )
    assert source.opened == 2
    assert disk.meddled == []
    assert left == []
