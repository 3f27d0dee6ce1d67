"""work.db: what waits for the station, and who is asked to stop. Disposable: nothing in it is evidence.

A row is left for each docking that was secured without the station; the station's flow runner takes the
rows, finds the docking secured and does what is left. SQLite from the standard library; whoever leaves a row
never imports the flow runner. It may be deleted at any moment, and one that cannot be used is no reason to
fail a docking: a write then answers False.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from archive.durable import has_room_for_shared_memory
from archive.settings import is_archive

NAME: Final = "work.db"
_KEPT_SECONDS: Final = 7 * 86_400.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS docking_work (docking TEXT PRIMARY KEY, created REAL NOT NULL, done REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stop_request (recorder TEXT NOT NULL, docking TEXT NOT NULL, asked REAL NOT NULL);
"""


class Work:
    """The work of one archive."""

    def __init__(self, root: Path) -> None:
        self._path = root / NAME

    def add(self, docking: str) -> bool:
        """Leave a docking for the station; False: work.db cannot be written."""
        return self._write(
            "INSERT OR IGNORE INTO docking_work (docking, created) VALUES (?, ?)",
            (docking, time.time()),
        )

    def pending(self) -> list[str]:
        """Dockings that nobody finished, oldest first."""
        rows = self._read(
            "SELECT docking FROM docking_work WHERE done IS NULL ORDER BY created", ()
        )
        return [str(row[0]) for row in rows]

    def done(self, docking: str) -> bool:
        """Say that a docking's work is done; False: work.db cannot be written."""
        now = time.time()
        updated = self._write("UPDATE docking_work SET done = ? WHERE docking = ?", (now, docking))
        old = now - _KEPT_SECONDS
        return self._write("DELETE FROM docking_work WHERE done < ?", (old,)) and updated

    def ask_to_stop(self, docking: str, recorder: str) -> bool:
        """Ask whoever docks this recorder (id) to stop; False: work.db cannot be written."""
        now = time.time()
        self._write("DELETE FROM stop_request WHERE asked < ?", (now - _KEPT_SECONDS,))
        return self._write(
            "INSERT INTO stop_request (recorder, docking, asked) VALUES (?, ?, ?)",
            (recorder, docking, now),
        )

    def is_stop_asked(self, recorder: str, since: float) -> bool:
        """Whether the docking of this recorder that began at `since` (Unix time) is asked to stop."""
        sql = "SELECT 1 FROM stop_request WHERE recorder = ? AND asked >= ? LIMIT 1"
        return bool(self._read(sql, (recorder, since)))

    def _read(self, sql: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        if not self._path.is_file() or not has_room_for_shared_memory(self._path.parent):
            return []
        try:
            with self._open() as db:
                return db.execute(sql, values).fetchall()
        except sqlite3.Error:
            return []

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
