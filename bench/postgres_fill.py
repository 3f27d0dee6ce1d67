"""The filler's catalogue on a PostgreSQL server: the rows of a filled file by COPY, the words from the same events.

Indexes are made after the rows, as a restore makes them. Read it with `queries_over`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from archive.catalogue.catalogue import BATCH
from archive.catalogue.postgres.connecting import Link, connect, parameters
from archive.catalogue.postgres.form import TEXTS, nullable, statements
from archive.catalogue.projection import project
from bench.catalogue_fill import events
from bench.postgres_clone import repeat

_FIRST: Final = ("alembic_version", "head")  # rows that come with the form


def fill_server(url: str, path: Path, clips: int, *, seed: int = 1, repeated: int = 0) -> float:
    """Make a catalogue like the one that `catalogue_fill.fill` made at `path`; answers with clips in a second.

    `repeated`: its clips, cases and links so many times more, under other names.
    """
    began = time.perf_counter()
    link = connect(parameters(url))
    form = list(statements())
    later = [one for one in form if one.startswith(("CREATE INDEX", "CREATE UNIQUE"))]
    with link.transaction(), closing(sqlite3.connect(path)) as file:
        link.execute("SET LOCAL synchronous_commit = off")
        link.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for statement in form:
            if statement not in later:
                link.execute(statement.encode())
        for table in _FIRST:
            link.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for table, columns in nullable().items():
            if table not in TEXTS:
                _copy(link, table, tuple(columns), _rows(file, link, table, tuple(columns)))
        for table in TEXTS:
            _copy(link, table, ("index", "body"), _words(table, clips, seed))
        repeat(link, clips, repeated)
        for statement in later:
            link.execute(statement.encode())
    link.execute("VACUUM ANALYZE")
    link.close()
    return clips * (1 + repeated) / (time.perf_counter() - began)


def _copy(link: Link, table: str, columns: tuple[str, ...], rows: Iterable[Any]) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), listed)
    with link.cursor().copy(into) as copy:
        for row in rows:
            copy.write_row(row)


def _rows(
    file: sqlite3.Connection, link: Link, table: str, columns: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """The rows of a table, with truth values as PostgreSQL takes them."""
    boolean = {
        name
        for (name,) in link.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND atttypid = 'bool'::regtype",
            (table,),
        )
    }
    listed = ", ".join(
        f"CASE \"{c}\" WHEN 1 THEN 't' WHEN 0 THEN 'f' END" if c in boolean else f'"{c}"'
        for c in columns
    )
    # Asked before the first row is wanted: a connection that copies answers nothing else.
    return file.execute(f"SELECT {listed} FROM {table}")  # noqa: S608 - names of the form


def _words(table: str, clips: int, seed: int) -> Iterator[tuple[int, str]]:
    """The rows of a text index, out of the same events."""
    waiting = events(clips, seed=seed)
    while batch := list(islice(waiting, BATCH)):
        yield from getattr(project(batch), table)
