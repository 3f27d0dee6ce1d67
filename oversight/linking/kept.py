"""dispatch.db: the rows of all imports, by case and by time. Disposable: made anew from the ledger's objects.

What always holds: it says nothing that the objects do not say which entries name; of a number that was brought in more
than once the newest row counts. It may be deleted at any moment. It has names in it: whoever disposes of an import's
object deletes it too, and the next one to ask makes it anew without.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from archive.catalogue.words import number_key
from archive.durable import has_room_for_shared_memory
from archive.settings import is_archive
from oversight.linking.errors import DispatchUnreadableError
from oversight.linking.model import ImportKind, Point, Record

NAME: Final = "dispatch.db"
FORM: Final = 1
_SCHEMA: Final = """
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), ledger TEXT NOT NULL, done INTEGER NOT NULL,
  proposed INTEGER NOT NULL);
CREATE TABLE records (
  kind TEXT NOT NULL, number_key TEXT NOT NULL, import INTEGER NOT NULL, line INTEGER NOT NULL, number TEXT NOT NULL,
  case_number TEXT, case_key TEXT, title TEXT, subject TEXT, place TEXT, lat INTEGER, lon INTEGER, unit TEXT,
  officers TEXT NOT NULL, recorders TEXT NOT NULL, from_us INTEGER, to_us INTEGER, PRIMARY KEY (kind, number_key)
) WITHOUT ROWID;
CREATE INDEX records_case ON records (case_key);
CREATE INDEX records_time ON records (coalesce(to_us, from_us), from_us) WHERE case_key IS NOT NULL;
CREATE INDEX records_import ON records (import, line);
"""
_COLUMNS: Final = (
    "kind, number_key, import, line, number, case_number, case_key, title, subject, place, lat, lon, unit,"
    " officers, recorders, from_us, to_us"
)
_SAID: Final = (
    "line, kind, number, case_number, title, subject, place, lat, lon, unit, officers, recorders,"
    " from_us, to_us"
)
_CHUNK: Final = 500


class Kept:
    """See the module. Each question opens the file anew; threads may share it.

    Args:
        root: of the archive; None: in memory, for one process.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._memory = None if root is not None else _connect(":memory:")

    @contextmanager
    def writing(self, ledger: str) -> Iterator[sqlite3.Connection]:
        """A transaction; made anew where it is of another form or ledger. Raises DispatchUnreadableError."""
        try:
            with self._opened() as db:
                db.execute("BEGIN IMMEDIATE")
                if db.execute("PRAGMA user_version").fetchone()[0] != FORM or _ledger(db) != ledger:
                    _make_anew(db, ledger)
                with db:
                    yield db
        except sqlite3.Error as e:
            damaged = not isinstance(e, sqlite3.OperationalError)
            raise DispatchUnreadableError(f"{NAME} cannot be written: {e}", damaged=damaged) from e

    def forget(self) -> None:
        """Take the file away, where it cannot be read. Raises OSError."""
        if self._root is not None:
            for end in ("", "-wal", "-shm"):
                (self._root / f"{NAME}{end}").unlink(missing_ok=True)

    def of_cases(self, keys: Iterable[str]) -> dict[str, tuple[Record, ...]]:
        """What was brought in about cases, by the key of their number."""
        found: dict[str, list[Record]] = {}
        wanted = sorted(set(keys))
        for at in range(0, len(wanted), _CHUNK):
            some = wanted[at : at + _CHUNK]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT case_key, {_SAID} FROM records WHERE case_key IN ({marks}) ORDER BY import, line"  # noqa: S608 - ours
            for key, *row in self._rows(sql, some):
                found.setdefault(key, []).append(_record(row))
        return {key: tuple(records) for key, records in found.items()}

    def keys_between(self, since: int, until: int) -> set[str]:
        """Keys of the cases of which something was brought in that overlaps a stretch of time."""
        sql = (
            "SELECT DISTINCT case_key FROM records WHERE case_key IS NOT NULL"
            " AND coalesce(to_us, from_us) >= ? AND coalesce(from_us, to_us) <= ?"
        )
        return {str(key) for (key,) in self._rows(sql, [since, until])}

    def keys_of(self, index: int) -> set[str]:
        """Keys of the cases that one import says something about."""
        sql = "SELECT DISTINCT case_key FROM records WHERE import = ? AND case_key IS NOT NULL"
        return {str(key) for (key,) in self._rows(sql, [index])}

    def of_import(self, index: int, *, after: int = 0, limit: int = 100) -> list[Record]:
        """The rows of one import that no later one took the place of, from behind a line."""
        sql = f"SELECT {_SAID} FROM records WHERE import = ? AND line > ? ORDER BY line LIMIT ?"  # noqa: S608 - ours
        return [_record(row) for row in self._rows(sql, [index, after, limit])]

    def _rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            with self._opened() as db:
                there = db.execute("PRAGMA user_version").fetchone()[0] == FORM
                return db.execute(sql, params).fetchall() if there else []
        except sqlite3.Error as e:
            raise DispatchUnreadableError(f"{NAME} cannot be read: {e}") from e

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            yield self._memory
            return
        assert self._root is not None  # noqa: S101 - one of the two
        # Where its disk was pulled away there is only an empty folder, and it stays so.
        if not is_archive(self._root) or not has_room_for_shared_memory(self._root):
            raise sqlite3.OperationalError("no room beside the archive")
        with closing(_connect(str(self._root / NAME))) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            yield db


def done(db: sqlite3.Connection) -> tuple[int, int]:
    """Up to which entry imports are in it, and up to which clips and cases were looked at; both excluded."""
    row = db.execute("SELECT done, proposed FROM state").fetchone()
    return int(row[0]), int(row[1])


def forget(db: sqlite3.Connection, ledger: str) -> None:
    """Begin anew."""
    _make_anew(db, ledger)


def set_done(db: sqlite3.Connection, size: int) -> None:
    """Say up to which entry imports are in it."""
    db.execute("UPDATE state SET done = ?", (size,))


def set_proposed(db: sqlite3.Connection, size: int) -> None:
    """Say up to which entry clips and cases were looked at."""
    db.execute("UPDATE state SET proposed = ?", (size,))


def put(db: sqlite3.Connection, index: int, records: Iterable[Record]) -> None:
    """Write the rows of an import, each in the place of the one before it."""
    marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
    rows = (
        (
            *(r.kind, number_key(r.number), index, r.line, r.number),
            *(r.case, None if r.case is None else number_key(r.case), r.title, r.subject, r.place),
            *((None, None) if r.point is None else (r.point.lat, r.point.lon)),
            *(r.unit, json.dumps(r.officers), json.dumps(r.recorders), r.from_us, r.to_us),
        )
        for r in records
    )
    db.executemany(f"INSERT OR REPLACE INTO records ({_COLUMNS}) VALUES ({marks})", rows)  # noqa: S608 - ours


def _record(row: Sequence[Any]) -> Record:
    kind: ImportKind = row[1]
    return Record(
        line=row[0],
        kind=kind,
        number=row[2],
        case=row[3],
        title=row[4],
        subject=row[5],
        place=row[6],
        point=None if row[7] is None else Point(lat=row[7], lon=row[8]),
        unit=row[9],
        officers=tuple(json.loads(row[10])),
        recorders=tuple(json.loads(row[11])),
        from_us=row[12],
        to_us=row[13],
    )


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)


def _ledger(db: sqlite3.Connection) -> str | None:
    row = db.execute("SELECT ledger FROM state").fetchone()
    return None if row is None else str(row[0])


def _make_anew(db: sqlite3.Connection, ledger: str) -> None:
    """Within a transaction."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        db.execute(f'DROP TABLE "{name}"')
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    db.execute("INSERT INTO state VALUES (1, ?, 0, 0)", (ledger,))
    db.execute(f"PRAGMA user_version = {FORM}")
