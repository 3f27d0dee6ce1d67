"""A catalogue on a PostgreSQL server: connections, transactions, the form.

What always holds: who writes holds the catalogue's advisory lock from the first statement to the end of the
transaction, so that two writers come one after the other, whatever machine they are on; a process that dies leaves
whole transactions only. What goes wrong in the driver leaves here as an ArchiveError. A table is never dropped or
changed in a schema whose `head` does not say that it is ours.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from archive.catalogue.database import Queries
from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.form import REVISION
from archive.catalogue.postgres.connecting import Link, connect, parameters
from archive.catalogue.postgres.dialect import Translated, marked, translate
from archive.catalogue.postgres.errors import mapped
from archive.catalogue.postgres.making import is_ours, make
from archive.errors import ReadOnlyArchiveError

_KEPT: Final = 4  # connections that wait for the next question
_LOCK: Final = (
    "SELECT pg_advisory_xact_lock(hashtextextended('muniment catalogue ' || current_schema(), 0))"
)
_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Transaction:
    """`statements.Writer` over the driver's own connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Iterable[Any]:
        """Run one statement with a tuple of values, or once for each of a list of tuples."""
        cursor, said = self._link.cursor(), marked(statement)
        if isinstance(parameters, list):
            cursor.executemany(said.encode(), parameters)
            return ()
        return cursor.execute(said.encode(), parameters or ())


class PostgresDatabase:
    """See `database.Database`. Threads may share it, each call takes a connection of its own.

    Args:
        url: `postgresql://…`, as libpq reads it, without a password.

    Raises:
        SettingsError: it is no such URL.
    """

    def __init__(self, url: str) -> None:
        self._said = parameters(url)
        self._idle: list[Link] = []
        self._lock = threading.Lock()

    @property
    def writable(self) -> bool:
        """Whether this process can change the catalogue here. Raises CatalogueAwayError."""
        found = self.rows("SELECT current_setting('transaction_read_only')", {})
        return found == [("off",)]

    def close(self) -> None:
        """Give all connections back."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    def is_current(self) -> bool:
        """Whether the tables are there in this version's form. Raises CatalogueAwayError."""
        with mapped():
            try:
                found = self._fetch([(translate("SELECT version_num FROM alembic_version"), {})])
            except psycopg.errors.UndefinedTable:
                return False
        return found == [[(REVISION,)]]

    def migrate(self) -> None:
        """Make the tables; those of an older version are made anew, and the ledger projected again.

        Raises:
            CatalogueBehindError: they cannot be changed here.
            CatalogueDamagedError: a newer Muniment's. Nothing was changed.
            SettingsError: tables of somebody else have our names. Nothing was changed.
            CatalogueAwayError: the server cannot be reached.
        """
        if self.is_current():
            return
        if not self.writable:
            raise CatalogueBehindError("the catalogue is of an older version: a rebuild is due")
        with self._transaction() as link:
            if is_ours(link):
                held = link.execute("SELECT version_num FROM alembic_version").fetchall()
                if held == [(REVISION,)]:
                    return  # another process was quicker
                if len(held) != 1 or str(held[0][0]) > REVISION:
                    raise CatalogueDamagedError(
                        f"the catalogue is of another Muniment ({held}): run `muniment rebuild`"
                    )
            make(link)

    def rows(self, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of one query, `:name` for each value."""
        return self.snapshot([(sql, params)])[0]

    def snapshot(self, queries: Queries) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries over one state of the catalogue."""
        with mapped():
            return self._fetch([(translate(sql), params) for sql, params in queries])

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that nobody else writes beside. Raises as `database.Database.write`."""
        with self._transaction() as link:
            yield Transaction(link)

    def start_again(self) -> None:
        """Leave a catalogue of no entries; others who have it open go on with it.

        Raises:
            ReadOnlyArchiveError: the catalogue cannot be written here. Nothing was changed.
            SettingsError: tables of somebody else have our names. Nothing was changed.
        """
        if not self.writable:
            raise ReadOnlyArchiveError("the catalogue cannot be written here")
        with self._transaction() as link:
            is_ours(link)
            make(link)

    @contextmanager
    def _transaction(self) -> Iterator[Link]:
        with mapped(), self._alive() as link, link.transaction():
            link.execute("SET LOCAL lock_timeout = '60s'")
            link.execute(_LOCK)
            yield link

    def _fetch(
        self, queries: list[tuple[Translated, Mapping[str, Any]]]
    ) -> list[list[tuple[Any, ...]]]:
        with self._link() as link:
            try:
                return _answers(link, queries)
            except psycopg.OperationalError:
                if not link.broken:
                    raise
        # The server was started again: no connection of before is any good.
        self.close()
        with self._link() as link:
            return _answers(link, queries)

    @contextmanager
    def _alive(self) -> Iterator[Link]:
        """A connection that has just answered: what comes next is not done twice."""
        self._fetch([(translate("SELECT 1"), {})])
        with self._link() as link:
            yield link

    @contextmanager
    def _link(self) -> Iterator[Link]:
        with self._lock:
            link = self._idle.pop() if self._idle else None
        if link is None:
            link = connect(self._said)
        try:
            yield link
        finally:
            idle = psycopg.pq.TransactionStatus.IDLE
            with self._lock:
                kept = link.info.transaction_status == idle and len(self._idle) < _KEPT
                if kept:
                    self._idle.append(link)
            if not kept:
                link.close()


def _answers(
    link: Link, queries: list[tuple[Translated, Mapping[str, Any]]]
) -> list[list[tuple[Any, ...]]]:
    # Values are put into the text here: the server then needs no type for one that is only compared with NULL.
    cursor = psycopg.ClientCursor(link)

    def answer(query: Translated, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return cursor.execute(query.sql.encode(), query.values(params)).fetchall()

    if len(queries) == 1:
        return [answer(*queries[0])]
    link.execute(_READING)
    try:
        return [answer(query, params) for query, params in queries]
    finally:
        if not link.broken:
            link.execute("ROLLBACK")
