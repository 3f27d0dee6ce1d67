"""Makes the public log out of committed entries: tiles and bundles, `keys/highest-signed`, checkpoint, in this order.

Everything here is derived and may be written twice; a cut anywhere leaves the log whole at the
checkpoint before, because a checkpoint is renamed into place only when all that it needs is on the
medium. Tiles below that somebody removed are noticed before a checkpoint is shown; who has the
entries then gives all of them again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from archive.durable import Disk
from archive.ledger.highest import HighestSigned
from archive.ledger.lock import FileLock
from archive.ledger.merkle import TILE_WIDTH
from archive.ledger.note import Checkpoint
from archive.ledger.tile_files import TileFiles
from archive.ledger.tiles import TileName, bundle, full_counts, partial_tiles_of

_PATIENCE: Final = 20.0  # seconds: a command may publish as it opens, in between and as it ends
_GROUP = 1000  # tiles in one folder: the path's digits come in threes
_TICK_NS: Final = 1_000_000_000


class _Look(NamedTuple):
    """A folder of tiles that were all there."""

    changed: int  # its modification time, ns
    inode: int
    tiles: int


class Publisher:
    """Collects what was committed since the last publication and writes it out. Holds publish.lock as it writes."""

    def __init__(self, folder: Path, highest: HighestSigned, disk: Disk) -> None:
        """Open publish.lock. Raises OSError."""
        self._folder = folder
        self._highest = highest
        self._disk = disk
        self._lock = FileLock(folder / "publish.lock", patience=_PATIENCE)
        self._first = 0  # index of the first entry in hand; a multiple of 256
        self._entries: list[bytes] = []
        self._full: list[tuple[int, int, list[bytes]]] = []
        self._synced: set[Path] = set()  # folders whose own name is known to be on the medium
        self._seen: dict[Path, _Look] = {}  # full tiles, as they were when last counted

    def close(self) -> None:
        """Let go of publish.lock."""
        self._lock.close()

    @property
    def waiting(self) -> int:
        """Entries in hand."""
        return len(self._entries)

    def start_at(self, first: int, entries: list[bytes]) -> None:
        """Begin with the entries of a bundle that is not full yet."""
        self._first, self._entries, self._full = first, list(entries), []

    def add(self, entries: list[bytes], full_tiles: list[tuple[int, int, list[bytes]]]) -> None:
        """Entries were committed."""
        self._entries += entries
        self._full += full_tiles

    def settle(self) -> None:
        """Write out the full tiles and bundles in hand; they need no checkpoint.

        Raises:
            OSError: the medium failed; everything stays in hand.
        """
        with self._lock.held():
            self._sync_dirs(self._write_full())
            self._drop_superseded()
        self._forget_full()

    def publish(self, checkpoint: Checkpoint, note: bytes, tiles: list[list[bytes]]) -> bool:
        """Show this checkpoint to the world, unless a later one is shown already.

        Returns:
            False where tiles are missing that were written earlier: nothing was shown.

        Raises:
            OSError: the medium failed; what was published before stands.
        """
        with self._lock.held():
            published, _ = self._highest.read()
            if published <= checkpoint.size:
                written = self._write_full() | self._write_partial(checkpoint.size, tiles)
                self._sync_dirs(written)
                if not self.is_whole(checkpoint.size):
                    return False
                if published < checkpoint.size:
                    self._highest.write(checkpoint)
                self._disk.replace_file(self._folder / "checkpoint", note)
                self._drop_superseded()
        self._forget_full()
        return True

    def is_whole(self, size: int) -> bool:
        """Whether every tile and bundle that a checkpoint of this size needs is there. Looks at names only."""
        for name in partial_tiles_of(size):
            partial = self._folder / name.path()
            if not partial.exists() and not partial.parent.with_suffix("").exists():
                return False
        for level, count in full_counts(size):
            for start in range(0, count, _GROUP):
                first = TileName(level=level, index=start, width=TILE_WIDTH)
                folder = (self._folder / first.path()).parent
                if not self._holds_tiles(folder, min(_GROUP, count - start)):
                    return False
        return True

    def _holds_tiles(self, folder: Path, count: int) -> bool:
        """Whether the first tiles of a folder are there. A folder that stands still is listed once, not each time."""
        try:
            now = folder.stat()
            look = _Look(changed=now.st_mtime_ns, inode=now.st_ino, tiles=count)
            if self._seen.get(folder) == look:
                return True
            names = {p.name for p in folder.iterdir()}
        except FileNotFoundError:
            return False
        if any(f"{n:03}" not in names for n in range(count)):
            return False
        # Removed in the clock tick of our look, a tile would not show in the folder's time.
        if time.time_ns() - now.st_mtime_ns > _TICK_NS:
            self._seen[folder] = look
        return True

    def _forget_full(self) -> None:
        done = len(self._entries) // TILE_WIDTH * TILE_WIDTH
        self._first, self._entries, self._full = self._first + done, self._entries[done:], []

    def _full_bundles(self) -> list[TileName]:
        first, count = self._first // TILE_WIDTH, len(self._entries) // TILE_WIDTH
        return [TileName(level=None, index=first + n, width=TILE_WIDTH) for n in range(count)]

    def _write_full(self) -> set[Path]:
        with TileFiles(self._folder, self._disk) as files:
            for level, index, hashes in self._full:
                name = TileName(level=level, index=index, width=TILE_WIDTH)
                files.put(name, b"".join(hashes), there=True)
            for number, name in enumerate(self._full_bundles()):
                at = number * TILE_WIDTH
                files.put(name, bundle(self._entries[at : at + TILE_WIDTH]), there=True)
        return files.written | (files.met - self._synced)

    def _write_partial(self, size: int, tiles: list[list[bytes]]) -> set[Path]:
        with TileFiles(self._folder, self._disk) as files:
            for name in partial_tiles_of(size):
                if name.level is None:
                    files.put(name, bundle(self._entries[-name.width :]))
                else:
                    # Above the leaves a tile stays as it is for 255 entries of 256.
                    files.put(name, b"".join(tiles[name.level]), there=name.level > 0)
        return files.written | (files.met - self._synced)

    def _sync_dirs(self, folders: set[Path]) -> None:
        """Names in these folders, and the folders' own, which a killed process may have made unsynced."""
        above: set[Path] = set()
        for folder in folders - self._synced:
            above |= set(folder.relative_to(self._folder).parents)
        for folder in sorted(folders | {self._folder / name for name in above}):
            self._disk.sync_dir(folder)
        self._synced |= folders

    def _drop_superseded(self) -> None:
        """Partial tiles may go once the full one is there (tlog-tiles, "Partial tiles")."""
        full = [TileName(level=x, index=i, width=TILE_WIDTH) for x, i, _ in self._full]
        for name in full + self._full_bundles():
            folder = self._folder / (name.path() + ".p")
            if folder.is_dir():
                # One that stays is no harm; something foreign in there must not stop the ledger.
                with suppress(OSError):
                    for partial in folder.iterdir():
                        self._disk.unlink(partial)
                    self._disk.remove_dir(folder)
                self._synced.discard(folder)
