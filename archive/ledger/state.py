"""Where the writer stands: a snapshot that saves reading the whole ledger at every start. Derived; may be deleted.

It is believed only where the ledger agrees (`Writer` checks), so losing or spoiling it costs time, never truth.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.ledger.entry import Link
from archive.ledger.merkle import HASH_SIZE

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS position (
  one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, offset INTEGER NOT NULL,
  last BLOB NOT NULL, tiles BLOB NOT NULL, time TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subjects (
  subject TEXT PRIMARY KEY, count INTEGER NOT NULL, entry INTEGER NOT NULL, leaf BLOB NOT NULL
) WITHOUT ROWID;
"""


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
    """The snapshot in its SQLite file. Any sqlite3.Error means: throw it away and read the ledger."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        db.execute("PRAGMA journal_mode=WAL")
        # NORMAL: a cut may lose the newest snapshot, not spoil the file (sqlite.org/pragma.html).
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_SCHEMA)
        return db

    def reset(self) -> None:
        """Throw everything away."""
        self.close()
        for suffix in ("-wal", "-shm", ""):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._db = self._open()

    def position(self) -> Position | None:
        """The snapshot, or None where there is none. Raises ValueError, sqlite3.Error."""
        row = self._db.execute("SELECT size, offset, last, tiles, time FROM position").fetchone()
        if row is None:
            return None
        return Position(
            size=row[0], offset=row[1], last=row[2], tiles=unpack_tiles(row[3]), time=row[4]
        )

    def link(self, subject: str) -> Link | None:
        """The newest entry about a subject, as of the snapshot."""
        row = self._db.execute(
            "SELECT count, entry, leaf FROM subjects WHERE subject = ?", (subject,)
        ).fetchone()
        return None if row is None else Link(count=row[0], index=row[1], leaf=row[2])

    def save(self, position: Position, links: Mapping[str, Link]) -> None:
        """Move the snapshot forward; does nothing where another process has moved it further."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            row = db.execute("SELECT size FROM position").fetchone()
            if row is None or row[0] < position.size:
                db.executemany(
                    "INSERT OR REPLACE INTO subjects VALUES (?, ?, ?, ?)",
                    [(s, k.count, k.index, k.leaf) for s, k in links.items()],
                )
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

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
