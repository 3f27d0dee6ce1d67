"""A catalogue in a SQLite file: opening, pragmas, transactions, migrations.

What always holds: every write happens between BEGIN IMMEDIATE and COMMIT with synchronous=FULL, so several
processes may write, and a process that dies leaves whole transactions only. What goes wrong in the library
leaves here as an ArchiveError. A file that is no database is never overwritten but by `start_again`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import QueuePool

from archive.catalogue.database import Queries
from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.form import REVISION
from archive.catalogue.sqlite_errors import mapped
from archive.durable import has_room_for_shared_memory
from archive.errors import NoSpaceError, ReadOnlyArchiveError

_PATIENCE: Final = 60.0  # seconds that one writer waits for another
_HEADER: Final = 100  # bytes of a database's header (sqlite.org/fileformat.html, 1.3)
_BEGIN: Final = "muniment_begin"


class SqliteDatabase:
    """See `database.Database`. Threads may share it, each call takes a connection of its own.

    Args:
        path: of the file, which need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = _identity(path.parent)
        self._engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=QueuePool, pool_size=4, max_overflow=-1
        )
        event.listen(self._engine, "begin", _begin)

    @property
    def writable(self) -> bool:
        """Whether this process can change the catalogue here."""
        mode = os.W_OK | os.X_OK
        return os.access(self.path.parent, mode) and (
            not self.path.exists() or os.access(self.path, os.W_OK)
        )

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def is_current(self) -> bool:
        """Whether the tables are there in this version's form.

        Raises:
            CatalogueBehindError: there is no catalogue, and none can be made here.
            CatalogueDamagedError: the file is no database, or a newer Muniment's.
        """
        if not self.path.exists() and not self.writable:
            raise CatalogueBehindError(
                "there is no catalogue, and none can be made here: a rebuild is due"
            )
        found = self.rows("SELECT name FROM sqlite_master WHERE name = 'alembic_version'", {})
        if not found:
            return False
        return self.rows("SELECT version_num FROM alembic_version", {}) == [(REVISION,)]

    def migrate(self) -> None:
        """Make the tables, or bring them to this version's form, in one transaction.

        Raises:
            CatalogueBehindError: they cannot be changed here.
            CatalogueDamagedError: no database, or a newer Muniment's. Nothing was changed.
        """
        if self.is_current():
            return
        if not self.writable:
            raise CatalogueBehindError("the catalogue is of an older version: a rebuild is due")
        # Alembic takes a quarter of a second to import; an up-to-date catalogue never asks for it.
        from archive.catalogue.migrations import upgrade

        with self.write() as connection:
            upgrade(connection)

    def rows(self, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of one query, `:name` for each value."""
        return self.snapshot([(sql, params)])[0]

    def snapshot(self, queries: Queries) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries over one state of the catalogue."""
        with mapped(self.path):
            # The bare cursor: SQLAlchemy's result objects would double the time of a search by case number.
            connection = self._engine.raw_connection()
            try:
                return _fetch(connection.cursor(), queries)
            except UnicodeEncodeError:
                # Half a surrogate pair, from a command line in no encoding: it is in no text, so it finds nothing.
                plain = [(sql, _as_unicode(params)) for sql, params in queries]
                return _fetch(connection.cursor(), plain)
            finally:
                connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that nobody else writes beside.

        Raises:
            ReadOnlyArchiveError: the catalogue cannot be written here.
            ArchiveBusyError: another process did not let go in a minute. Nothing was written.
            NoSpaceError: the disk is full. Nothing was written.
            CatalogueDamagedError: the file is no database.
        """
        if not self.writable:
            raise ReadOnlyArchiveError("the catalogue cannot be written here")
        with (
            mapped(self.path),
            self._engine.connect().execution_options(**{_BEGIN: "IMMEDIATE"}) as connection,
            connection.begin(),
        ):
            yield connection

    def start_again(self) -> None:
        """Leave a catalogue of no entries, whatever was there.

        A sound file is emptied in one transaction, so that others who have it open go on with it. A damaged one
        is removed: the database before its -wal, because SQLite throws a -wal away that belongs to no database,
        while a database without its -wal may be half of one.

        Raises:
            ReadOnlyArchiveError: the catalogue cannot be written here. Nothing was changed.
        """
        if not self.writable:
            raise ReadOnlyArchiveError("the catalogue cannot be written here")
        try:
            sound = self.rows("PRAGMA quick_check(1)", {}) == [("ok",)]
            if sound:
                self._empty()
                return
        except CatalogueDamagedError:
            pass
        self.close()
        for ending in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        self.migrate()

    def _empty(self) -> None:
        from archive.catalogue.migrations import upgrade

        listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        with self.write() as connection:
            # The text indexes first: their own tables go with them.
            for index in ("words", "words_of_cases"):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {index}")
            for (name,) in connection.exec_driver_sql(listed).fetchall():
                quoted = str(name).replace('"', '""')
                connection.exec_driver_sql(f'DROP TABLE "{quoted}"')
            upgrade(connection)

    def _connect(self) -> sqlite3.Connection:
        # SQLite takes a file shorter than its header for an empty database, and writes into it. Only looked at
        # from outside: to open and close it here would drop the locks that this process holds on it
        # (sqlite.org/howtocorrupt.html, 2.2).
        if self.path.exists() and 0 < self.path.stat().st_size < _HEADER:
            raise CatalogueDamagedError(f"{self.path.name} is no database: run `muniment rebuild`")
        if self.writable:
            moved = self._folder is not None and _identity(self.path.parent) != self._folder
            if moved and not self.path.exists():
                # Its disk was pulled away: a new file would hide that.
                raise CatalogueBehindError("the catalogue's disk went away: bring it back")
            if not has_room_for_shared_memory(self.path.parent):
                raise NoSpaceError("no space for the catalogue: free some, then try again")
            uri = f"{self.path.absolute().as_uri()}?mode=rwc"
        else:
            # A WAL database cannot be read where its -shm cannot be made, unless nobody changes it.
            waiting = self.path.with_name(self.path.name + "-wal")
            quiet = not waiting.exists() or not waiting.stat().st_size
            uri = f"{self.path.absolute().as_uri()}?{'immutable=1' if quiet else 'mode=ro'}"
        # isolation_level None: transactions begin where we say so (the "begin" listener).
        connection = sqlite3.connect(
            uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            if self.writable:
                _switch_to_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -32768")  # 32 MiB
        except BaseException:
            connection.close()
            raise
        return connection


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _fetch(cursor: DBAPICursor, queries: Queries) -> list[list[tuple[Any, ...]]]:
    if len(queries) == 1:
        return [cursor.execute(*queries[0]).fetchall()]
    cursor.execute("BEGIN")
    try:
        return [cursor.execute(sql, params).fetchall() for sql, params in queries]
    finally:
        cursor.execute("ROLLBACK")


def _as_unicode(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        if isinstance(value, str)
        else value
        for name, value in params.items()
    }


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_BEGIN, "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """The first to open a new file switches it; who comes in just then is told "busy" without being made to wait."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as e:
            if not e.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
