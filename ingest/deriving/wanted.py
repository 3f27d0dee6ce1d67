"""What somebody waits for: rows of work.db. Disposable: nothing in it is evidence, and what is due is in the ledger.

What always holds: a work.db that cannot be used is no reason to fail; then nothing comes first.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.durable import has_room_for_shared_memory
from archive.settings import is_archive

NAME: Final = "work.db"
_KEPT: Final = 86_400.0  # seconds: nobody waits longer
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS wanted (clip TEXT NOT NULL, kind TEXT NOT NULL, asked REAL NOT NULL,
  PRIMARY KEY (clip, kind)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Want:
    """A rendition of a clip that somebody waits for; of kind "examine": the first look at a docking's clips."""

    clip: str
    kind: str


class Wanted:
    """What somebody waits for, of one archive. Threads and processes may share it."""

    def __init__(self, root: Path) -> None:
        self._path = root / NAME

    def want(self, clip: str, kind: str) -> bool:
        """Have it made before all else; False: work.db cannot be written."""
        now = time.time()
        self._write("DELETE FROM wanted WHERE asked < ?", (now - _KEPT,))
        return self._write(
            "INSERT INTO wanted (clip, kind, asked) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (clip, kind, now),
        )

    def pending(self) -> list[Want]:
        """What is wanted, who asked first first."""
        if not self._path.is_file() or not has_room_for_shared_memory(self._path.parent):
            return []
        try:
            with self._open() as db:
                rows = db.execute("SELECT clip, kind FROM wanted ORDER BY asked").fetchall()
        except sqlite3.Error:
            return []
        return [Want(str(clip), str(kind)) for clip, kind in rows]

    def done(self, want: Want) -> bool:
        """Nobody waits for it any more; False: work.db cannot be written."""
        return self._write("DELETE FROM wanted WHERE clip = ? AND kind = ?", (want.clip, want.kind))

    def _write(self, sql: str, values: tuple[object, ...]) -> bool:
        # Where its disk was pulled away there is only an empty folder, and it stays so.
        if not is_archive(self._path.parent) or not has_room_for_shared_memory(self._path.parent):
            return False
        try:
            with self._open() as db, db:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_SCHEMA)
                db.execute(sql, values)
        except sqlite3.Error:
            return False
        return True

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=5)) as db:
            yield db
