"""Where the writer stands: a snapshot that saves reading the whole ledger at every start. Derived; may be deleted.

It is believed only where the ledger agrees (`resume` checks) and the rows asked for are as they were written: a wrong
or lost row would tie a subject's next entry to the wrong one for ever. So losing or spoiling it costs
time, never truth. Where no file can be kept (full disk, garbage that cannot be removed) it is in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.durable import has_room_for_shared_memory
from archive.ledger import subjects
from archive.ledger.entry import Link
from archive.ledger.merkle import HASH_SIZE, TILE_WIDTH

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS position (
  one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, offset INTEGER NOT NULL,
  last BLOB NOT NULL, tiles BLOB NOT NULL, time TEXT NOT NULL);
"""


# Beside ledger/ and not in it: a sync of this file that fails is no failure of the ledger.
NAME: Final = "writer.state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A committed end of the entries file."""

    size: int  # entries
    offset: int  # bytes
    last: bytes  # leaf hash of the last entry; empty when there is none
    tiles: list[list[bytes]]  # hashes of the tiles that are not full, by level
    time: str  # of the last entry


def pack_tiles(tiles: list[list[bytes]]) -> bytes:
    """One byte of width and the hashes, level by level."""
    return b"".join(bytes([len(tile)]) + b"".join(tile) for tile in tiles)


def unpack_tiles(data: bytes) -> list[list[bytes]]:
    """The other way. Raises ValueError."""
    tiles: list[list[bytes]] = []
    at = 0
    while at < len(data):
        end = at + 1 + data[at] * HASH_SIZE
        if end > len(data):
            raise ValueError("tiles end early")
        tiles.append([data[i : i + HASH_SIZE] for i in range(at + 1, end, HASH_SIZE)])
        at = end
    return tiles


class State:
    """The snapshot in its SQLite file. Open it under the ledger's lock.

    A file that is no database is thrown away, one that cannot be written is not used.
    """

    def __init__(self, path: Path) -> None:
        self._db = _open_any(path)
        self._base = 0  # entries that the links of the next `save` come after

    def clear(self) -> None:
        """Forget everything: the caller reads every entry. The file stays: other processes have it open."""
        self._base = 0
        with suppress(sqlite3.Error):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM position")
            subjects.forget(self._db)
            self._db.execute("COMMIT")
            return
        # A damaged page, or no room: nothing in the file may be found by `link` later.
        self._db.close()
        self._db = _connect(":memory:")

    def position(self) -> Position | None:
        """The snapshot, or None where there is none.

        Raises:
            ValueError: it is not what was written.
            sqlite3.Error: it cannot be read.
        """
        row = self._db.execute("SELECT size, offset, last, tiles, time FROM position").fetchone()
        if row is None:
            return None
        if [type(value) for value in row] != [int, int, bytes, bytes, str] or row[0] < 0:
            raise ValueError("the snapshot is of other types")
        position = Position(
            size=row[0], offset=row[1], last=row[2], tiles=unpack_tiles(row[3]), time=row[4]
        )
        if [len(tile) for tile in position.tiles] != _widths(position.size):
            raise ValueError("the snapshot's tiles are of another size")
        self._base = position.size
        return position

    def links(self, asked: Collection[str]) -> dict[str, Link] | None:
        """The newest entry about each of these subjects, as of the snapshot; unknown ones are left out.

        Returns:
            None where rows are not there yet (another process begins anew), cannot be read or are not those that were
            written: read the entries. The snapshot is empty then, or another process's.
        """
        if not asked:
            return {}
        # Rows and position of one moment. One statement is that by itself.
        several = len(asked) > subjects.AT_ONCE
        try:
            if several:
                self._db.execute("BEGIN")
            try:
                size, links = subjects.find(self._db, asked, beside="SELECT size FROM position")
            finally:
                if several:
                    self._db.execute("ROLLBACK")
        except (sqlite3.Error, ValueError):
            self.clear()
            return None
        stands_at = size if type(size) is int else 0
        return links if stands_at >= self._base else None

    def begin_anew(self) -> None:
        """The links of the next `save` come after no entry: the caller has read all."""
        self._base = 0

    def save(self, position: Position, links: Mapping[str, Link]) -> bool:
        """Move the snapshot forward; does nothing where another process has moved it further.

        Returns:
            False where another process began anew and is not as far as these links begin: keep them.

        Raises:
            ValueError, sqlite3.Error: nothing was saved.
        """
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            row = db.execute("SELECT size FROM position").fetchone()
            at = row[0] if row else 0
            if self._base <= at < position.size:
                if row is None:
                    subjects.forget(db)
                subjects.put(db, links)
                db.execute(
                    "INSERT OR REPLACE INTO position VALUES (1, ?, ?, ?, ?, ?)",
                    (
                        position.size,
                        position.offset,
                        position.last,
                        pack_tiles(position.tiles),
                        position.time,
                    ),
                )
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        if at < self._base:
            return False
        self._base = position.size
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _widths(size: int) -> list[int]:
    """How many hashes the tile that is not full has on each level: the size's digits to base 256."""
    widths = []
    while size:
        size, width = divmod(size, TILE_WIDTH)
        widths.append(width)
    return widths


def _connect(name: str | Path) -> sqlite3.Connection:
    db = sqlite3.connect(name, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        # NORMAL: a cut may lose the newest snapshot, not spoil the file (sqlite.org/pragma.html).
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_SCHEMA + subjects.SCHEMA)
        db.execute("SELECT bucket FROM subjects LIMIT 1")  # an older form has none
    except sqlite3.Error:
        db.close()
        raise
    return db


def _open_any(path: Path) -> sqlite3.Connection:
    if not has_room_for_shared_memory(path.parent):
        return _connect(":memory:")
    with suppress(sqlite3.Error):
        return _connect(path)
    try:
        # The database first: a log without one is thrown away by SQLite, a database without its log is torn.
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _connect(path)
    except (OSError, sqlite3.Error):
        return _connect(":memory:")
