"""The database under the catalogue: what is asked of one, and which it is.

What always holds: statements are written once, in the SQL that SQLite and PostgreSQL share, with `:name` for each
value; the few words that differ are SQLite's, and `postgres/dialect.py` says them in PostgreSQL's. Rows come back
with the same Python types from both. No driver is imported before a URL asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from archive.catalogue.statements import Writer
from archive.errors import SettingsError
from archive.settings.catalogue import POSTGRES, SQLITE, check_catalogue_url

Queries = Sequence[tuple[str, Mapping[str, Any]]]


class Database(Protocol):
    """One catalogue's database. Threads may share it, each call takes a connection of its own."""

    @property
    def writable(self) -> bool:
        """Whether this process can change the catalogue here."""
        ...

    def close(self) -> None:
        """Give all connections back."""
        ...

    def is_current(self) -> bool:
        """Whether the tables are there in this version's form.

        Raises:
            CatalogueBehindError: there is no catalogue, and none can be made here.
            CatalogueDamagedError: it is no database, or a newer Muniment's.
            CatalogueAwayError: its server cannot be reached.
        """
        ...

    def migrate(self) -> None:
        """Make the tables, or bring them to this version's form, in one transaction.

        Raises:
            CatalogueBehindError: they cannot be changed here.
            CatalogueDamagedError: no database, or a newer Muniment's. Nothing was changed.
            CatalogueAwayError: its server cannot be reached.
        """
        ...

    def rows(self, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of one query, `:name` for each value."""
        ...

    def snapshot(self, queries: Queries) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries over one state of the catalogue."""
        ...

    def write(self) -> AbstractContextManager[Writer]:
        """A transaction that nobody else writes beside.

        Raises:
            ReadOnlyArchiveError: the catalogue cannot be written here.
            ArchiveBusyError: another process did not let go in a minute. Nothing was written.
            NoSpaceError: the disk is full. Nothing was written.
            CatalogueAwayError: its server went away. Nothing was written, or the whole transaction.
        """
        ...

    def start_again(self) -> None:
        """Leave a catalogue of no entries, whatever was there.

        Raises:
            ReadOnlyArchiveError: the catalogue cannot be written here. Nothing was changed.
        """
        ...


def open_database(url: str) -> Database:
    """The database of a URL, as it is; nothing is made or asked yet.

    Args:
        url: `sqlite:///` and a path, or `postgresql://` as libpq reads it.

    Raises:
        SettingsError: the URL names no database that can be used, or holds a password.
    """
    check_catalogue_url(url)
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        from archive.catalogue.sqlite import SqliteDatabase

        return SqliteDatabase(Path(url.removeprefix(SQLITE)))
    if url.startswith(POSTGRES):
        from archive.catalogue.postgres.database import PostgresDatabase

        return PostgresDatabase(url)
    raise SettingsError(f"there is no path in the catalogue's URL {url!r}")
