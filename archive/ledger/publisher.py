"""Makes the public log out of committed entries: tiles and bundles, `keys/highest-signed`, checkpoint, in this order.

Everything here is derived and may be written twice; a cut anywhere leaves the log whole at the
checkpoint before, because a checkpoint is renamed into place only when all that it needs is on the
medium.
"""

from __future__ import annotations

import base64
from pathlib import Path

from archive.durable import Disk
from archive.errors import LedgerRolledBackError
from archive.ledger.merkle import HASH_SIZE, TILE_WIDTH
from archive.ledger.note import Checkpoint
from archive.ledger.tiles import TileName, bundle, partial_tiles_of


class HighestSigned:
    """`keys/highest-signed`: outside `ledger/`, so that a `ledger/` put back is noticed."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk

    def read(self) -> tuple[int, bytes]:
        """Size and root of the highest checkpoint ever published.

        Raises:
            LedgerRolledBackError: missing or malformed: nobody can tell what was signed.
        """
        try:
            size, root = self._path.read_text().removesuffix("\n").split(" ")
            number, raw = int(size), base64.b64decode(root, validate=True)
            if size != str(number) or len(raw) != HASH_SIZE or number < 0:
                raise ValueError(size)
        except (OSError, ValueError) as e:
            raise LedgerRolledBackError(
                "keys/highest-signed is missing or damaged, so it cannot be told what was signed before:"
                " put back the newest backup of it, then run `muniment audit`"
            ) from e
        return number, raw

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep for good, before the checkpoint is shown to anybody."""
        text = f"{checkpoint.size} {base64.b64encode(checkpoint.root).decode()}\n"
        self._disk.replace_file(self._path, text.encode())


class Publisher:
    """Collects what was committed since the last publication and writes it out."""

    def __init__(self, folder: Path, highest: HighestSigned, disk: Disk) -> None:
        self._folder = folder
        self._highest = highest
        self._disk = disk
        self._first = 0  # index of the first entry in hand; a multiple of 256
        self._entries: list[bytes] = []
        self._full: list[tuple[int, int, list[bytes]]] = []

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

    def publish(self, checkpoint: Checkpoint, note: bytes, tiles: list[list[bytes]]) -> None:
        """Show this checkpoint to the world. The caller holds publish.lock.

        Raises:
            OSError: the medium failed; what was published before stands.
        """
        published, _ = self._highest.read()
        if published <= checkpoint.size:
            written = self._write_tiles(checkpoint.size, tiles)
            for folder in sorted(set(written)):
                self._disk.sync_dir(folder)
            if published < checkpoint.size:
                self._highest.write(checkpoint)
            self._disk.replace_file(self._folder / "checkpoint", note)
            self._drop_superseded()
        done = len(self._entries) // TILE_WIDTH * TILE_WIDTH
        self._first, self._entries, self._full = self._first + done, self._entries[done:], []

    def _write_tiles(self, size: int, tiles: list[list[bytes]]) -> list[Path]:
        touched: list[Path] = []
        for level, index, hashes in self._full:
            name = TileName(level=level, index=index, width=TILE_WIDTH)
            touched += self._put(name, b"".join(hashes))
        for number in range(len(self._entries) // TILE_WIDTH):
            at = number * TILE_WIDTH
            name = TileName(level=None, index=self._first // TILE_WIDTH + number, width=TILE_WIDTH)
            touched += self._put(name, bundle(self._entries[at : at + TILE_WIDTH]))
        for name in partial_tiles_of(size):
            if name.level is None:
                touched += self._put(name, bundle(self._entries[-name.width :]))
            else:
                touched += self._put(name, b"".join(tiles[name.level]))
        return touched

    def _put(self, name: TileName, data: bytes) -> list[Path]:
        path = self._folder / name.path()
        touched = self._disk.make_dirs(path.parent)
        beside = self._folder / "tile.new"
        self._disk.unlink(beside)
        fd = self._disk.create(beside)
        try:
            self._disk.write(fd, data)
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)
        self._disk.replace(beside, path)
        return [*touched, path.parent]

    def _drop_superseded(self) -> None:
        """Partial tiles may go once the full one is there (tlog-tiles, "Partial tiles")."""
        full = [TileName(level=x, index=i, width=TILE_WIDTH) for x, i, _ in self._full]
        full += [
            TileName(level=None, index=self._first // TILE_WIDTH + n, width=TILE_WIDTH)
            for n in range(len(self._entries) // TILE_WIDTH)
        ]
        for name in full:
            folder = self._folder / (name.path() + ".p")
            if folder.is_dir():
                for partial in folder.iterdir():
                    self._disk.unlink(partial)
                self._disk.remove_dir(folder)
