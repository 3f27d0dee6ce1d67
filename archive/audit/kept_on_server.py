"""A catalogue's tables on a PostgreSQL server, as an audit reads them: one state of them, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from archive.audit.kept import quoted
from archive.catalogue.postgres.connecting import Link, connect, parameters, storable
from archive.catalogue.postgres.errors import mapped
from archive.catalogue.postgres.form import TEXTS, nullable

_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_COLUMNS: Final = """
SELECT c.relname, a.attname, array_position(i.indkey::int2[], a.attnum)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY(%s)
 ORDER BY c.relname, a.attnum
"""
_WORDS: Final = """
SELECT word, count(DISTINCT "index"), count(*)
  FROM (SELECT "index", unnest(string_to_array(body, ' ')) AS word FROM {}) cut
 GROUP BY word ORDER BY word
"""
_AT_ONCE: Final = 5_000  # rows that are fetched with one request


class KeptOnServer:
    """`kept.Kept` in PostgreSQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def head(self) -> tuple[Any, ...] | None:
        """How far it is: size, leaf, root; None where it does not say."""
        found = self._link.execute("SELECT size, leaf, root FROM head").fetchall()
        return found[0] if len(found) == 1 else None

    def revision(self) -> str:
        """The form that its tables have."""
        found = self._link.execute("SELECT version_num FROM alembic_version").fetchone()
        return "" if found is None else str(found[0])

    def tables(self) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        """Columns of each table, those of its key first; and the text indexes."""
        columns: dict[str, list[tuple[str, int | None]]] = {}
        for table, column, place in self._link.execute(_COLUMNS, (list(nullable()),)):
            columns.setdefault(table, []).append((column, place))
        found = {}
        for table, listed in columns.items():
            keys = sorted((place, column) for column, place in listed if place is not None)
            rest = (column for column, place in listed if place is None)
            found[table] = (*(column for _, column in keys), *rest)
        there = [index for index in TEXTS if found.pop(index, None) is not None]
        return found, there

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """All rows, in the order of the columns."""
        listed = ", ".join(map(quoted, columns))
        order = ", ".join(f"{n + 1} NULLS FIRST" for n in range(len(columns)))
        # A cursor on the server: no table has to fit into the memory.
        with self._link.cursor(name="rows") as cursor:
            cursor.itersize = _AT_ONCE
            query = f"SELECT {listed} FROM {quoted(table)} ORDER BY {order}"  # noqa: S608 - names from the schema
            yield from cursor.execute(query.encode())

    def words(self, index: str) -> list[tuple[str, int, int]]:
        """Each word of a text index, by its bytes: in how many texts, how often."""
        rows = self._link.execute(_WORDS.format(quoted(index)).encode())
        return [(str(word), texts, times) for word, texts, times in rows]

    def shown(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """PostgreSQL's text lacks one character."""
        return tuple(storable(value) if isinstance(value, str) else value for value in row)


@contextmanager
def opened(url: str) -> Iterator[KeptOnServer | None]:
    """One state of the catalogue that a URL names; None where nothing was made yet.

    Raises:
        CatalogueAwayError: the server cannot be reached, or went away.
    """
    with mapped():
        link = connect(parameters(url))
        try:
            link.execute(_BEGIN)
            there = link.execute("SELECT to_regclass('head'), to_regclass('alembic_version')")
            yield None if None in (there.fetchone() or (None,)) else KeptOnServer(link)
        finally:
            link.close()
