"""A catalogue's tables as an audit reads them, and those in a SQLite file. Reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final, Protocol

_TEXT_INDEX: Final = ("_data", "_idx", "_content", "_docsize", "_config")


class Kept(Protocol):
    """One state of a catalogue's database, in a transaction of the caller."""

    def revision(self) -> str:
        """The form that its tables have."""
        ...

    def tables(self) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        """Columns of each table, those of its key first; and the text indexes."""
        ...

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """All rows, in the order of the columns."""
        ...

    def words(self, index: str) -> list[tuple[str, int, int]]:
        """Each word of a text index, by its bytes: in how many texts, how often."""
        ...

    def shown(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """How a row reads here that was written as this."""
        ...


class KeptInFile:
    """`Kept` in SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def revision(self) -> str:
        """The form that its tables have."""
        ((found,),) = self._connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return str(found)

    def tables(self) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        """Columns of each table, those of its key first; and the text indexes."""
        rows = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        virtual = [name for name, sql in rows if str(sql).upper().startswith("CREATE VIRTUAL")]
        inner = {f"{name}{ending}" for name in virtual for ending in _TEXT_INDEX}
        found: dict[str, tuple[str, ...]] = {}
        for name, _ in rows:
            if name in virtual or name in inner or name.startswith("sqlite_"):
                continue
            columns = self._connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
            keys = [c[1] for c in sorted(columns, key=lambda c: c[5]) if c[5]]
            found[name] = (*keys, *(c[1] for c in columns if c[1] not in keys))
        return found, virtual

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """All rows, in the order of the columns."""
        listed = ", ".join(quoted(column) for column in columns)
        order = ", ".join(str(i + 1) for i in range(len(columns)))
        yield from self._connection.execute(
            f"SELECT {listed} FROM {quoted(table)} ORDER BY {order}"  # noqa: S608 - names from the schema
        )

    def words(self, index: str) -> list[tuple[str, int, int]]:
        """Each word of a text index, by its bytes: in how many texts, how often."""
        vocabulary = quoted(f"{index}_vocabulary")
        self._connection.execute(
            f"CREATE VIRTUAL TABLE temp.{vocabulary} USING fts5vocab(main, {quoted(index)}, row)"
        )
        return self._connection.execute(
            f"SELECT term, doc, cnt FROM temp.{vocabulary}"  # noqa: S608 - as above
        ).fetchall()

    def shown(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """As it was written."""
        return row


def quoted(name: str) -> str:
    """A name of the schema, in a statement."""
    return '"' + name.replace('"', '""') + '"'
