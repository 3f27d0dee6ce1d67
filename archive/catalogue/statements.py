"""The few kinds of SQL statement that write projected rows. Decides nothing.

What always holds: names of tables and columns come from the projection, never from outside; values travel as
parameters; what is written twice is there once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Protocol

from archive.catalogue.projected import Row

_CHUNK: Final = 500  # values in one IN list
_NAME: Final = re.compile(r":(\w+)")


class Writer(Protocol):
    """A transaction: SQLAlchemy's `Connection`, or `beside.Plain` over the driver's own."""

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Iterable[Any]:
        """Run one statement with a tuple of values, or once for each of a list of tuples."""
        ...


def run(connection: Writer, statement: str, rows: Sequence[Row]) -> None:
    """One statement, `:name` for each value, for many rows; all with the same members."""
    if rows:
        # Tuples: by name the driver looks each value up again in each row, twice the time.
        positional, names = _positional(statement)
        if len(names) == 1:
            connection.exec_driver_sql(positional, [(row[names[0]],) for row in rows])
        else:
            connection.exec_driver_sql(positional, list(map(itemgetter(*names), rows)))


@lru_cache(maxsize=256)
def _positional(statement: str) -> tuple[str, tuple[str, ...]]:
    return _NAME.sub("?", statement), tuple(_NAME.findall(statement))


def insertion(table: str, names: Iterable[str]) -> str:
    """The statement that adds a row of these columns."""
    names = tuple(names)
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 - names from the projection


def insert(connection: Writer, table: str, rows: Sequence[Row]) -> None:
    """New rows; a row that is there already stays as it is."""
    if rows:
        run(connection, f"{insertion(table, rows[0])} ON CONFLICT DO NOTHING", rows)


def replace(connection: Writer, table: str, rows: Sequence[Row], *, key: str = "id") -> None:
    """New rows, or the newest word on old ones."""
    if rows:
        new = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name != key)
        statement = f"{insertion(table, rows[0])} ON CONFLICT ({key}) DO UPDATE SET {new}"
        run(connection, statement, rows)


def merge(
    connection: Writer,
    table: str,
    rows: Sequence[Row],
    *,
    keep: tuple[str, ...] = (),
    key: str = "id",
) -> None:
    """New rows, or new members of old ones; None and the members to keep leave the old one."""
    if rows:
        new = coalesced(table, (name for name in rows[0] if name != key and name not in keep))
        statement = f"{insertion(table, rows[0])} ON CONFLICT ({key}) DO UPDATE SET {new}"
        run(connection, statement, rows)


def coalesced(table: str, names: Iterable[str]) -> str:
    """Assignments in which None leaves the old value."""
    return ", ".join(f'"{n}" = coalesce(excluded."{n}", {table}."{n}")' for n in names)


def marks(values: Sequence[Any]) -> str:
    """A question mark for each value of an IN list."""
    return ", ".join("?" * len(values))


def chunks(values: Iterable[str]) -> Iterable[list[Any]]:
    """Values in lists that are short enough for an IN."""
    waiting = iter(values)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
