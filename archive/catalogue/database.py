"""The database under the catalogue: opening, pragmas, transactions, migrations; SQLite today.

What always holds: every write happens between BEGIN IMMEDIATE and COMMIT with synchronous=FULL, so several
processes may write, and a process that dies leaves whole transactions only. What goes wrong in the library
leaves here as an ArchiveError. A file that is no database is never overwritten but by `start_again`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.schema import SCHEMA_REVISION
from archive.durable import has_room_for_shared_memory
from archive.errors import (
    ArchiveBusyError,
    ArchiveError,
    NoSpaceError,
    ReadOnlyArchiveError,
    SettingsError,
)

_PATIENCE: Final = 60.0  # seconds that one writer waits for another
_HEADER: Final = 100  # bytes of a database's header (sqlite.org/fileformat.html, 1.3)
_LITTLE: Final = 4 << 20  # bytes: less free than this is a full disk
_BEGIN: Final = "muniment_begin"

Queries = Sequence[tuple[str, Mapping[str, Any]]]


class Database:
    """One catalogue's database. Threads may share it, each call takes a connection of its own.

    Args:
        url: `sqlite:///` and the path of the file, which need not be there yet.

    Raises:
        SettingsError: the URL is not for SQLite.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite" or not parsed.database:
            raise SettingsError(f"the catalogue cannot be kept in {parsed.get_backend_name()} yet")
        self.path = Path(parsed.database)
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
        return self.rows("SELECT version_num FROM alembic_version", {}) == [(SCHEMA_REVISION,)]

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
        with _mapped(self.path):
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
            _mapped(self.path),
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
            # The text index first: its own tables go with it.
            connection.exec_driver_sql("DROP TABLE IF EXISTS words")
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


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as e:
        if isinstance(e.orig, sqlite3.DatabaseError):
            raise _ours(e.orig, path) from e
        raise
    except sqlite3.DatabaseError as e:
        raise _ours(e, path) from e


def _ours(error: sqlite3.DatabaseError, path: Path) -> ArchiveError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveBusyError("another process is writing the catalogue and does not let go")
    if name.startswith("SQLITE_FULL"):
        return NoSpaceError("no space for the catalogue")
    if name.startswith("SQLITE_IOERR"):
        # Also what SQLite says of a full disk when its -shm cannot grow.
        found = os.statvfs(path.parent)
        if found.f_bavail * found.f_frsize < _LITTLE:
            return NoSpaceError("no space for the catalogue: free some, then try again")
        return CatalogueBehindError(f"the catalogue's disk answers with an error ({error})")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return CatalogueBehindError(
            f"the catalogue cannot be opened here ({error}): a rebuild is due"
        )
    return CatalogueDamagedError(f"the catalogue is damaged ({error}): run `muniment rebuild`")
