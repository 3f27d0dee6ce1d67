"""A catalogue for one comparison: a ledger's first entries, projected into a database that is thrown away.

The rows are those of `Catalogue`, by the same projection and the same statements; there is no SQLAlchemy,
because its start takes longer than all of this. Nothing is durable here, and nobody else may have the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from archive.catalogue.events import event_of
from archive.catalogue.form import FORM
from archive.catalogue.projection import project
from archive.catalogue.sources import Entries, TextRows
from archive.catalogue.writing import write_head, write_rows

_BATCH: Final = 5_000  # entries, so that a long ledger does not fill the memory


class Plain:
    """`writing.Writer` over the driver's own connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Iterable[Any]:
        """Run one statement with a tuple of values, or once for each of a list of tuples."""
        if isinstance(parameters, list):
            return self._connection.executemany(statement, parameters)
        return self._connection.execute(statement, parameters or ())


def fill(connection: sqlite3.Connection, *, reader: Entries, texts: TextRows) -> None:
    """Make the tables in an empty database, and project a ledger into them.

    Args:
        connection: to an empty database, in autocommit mode.
        reader: the ledger.
        texts: the text rows that it names.

    Raises:
        sqlite3.Error: of this database.
        ArchiveError: the ledger cannot be read.
    """
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -32768")  # 32 MiB
    connection.execute("BEGIN")
    for statement in FORM.split(";\n"):
        connection.execute(statement)
    size, names, plain = 0, -1, Plain(connection)
    waiting = reader.entries()
    while entries := list(islice(waiting, _BATCH)):
        rows = project(event_of(entry, texts) for entry in entries)
        write_rows(plain, rows)
        size += len(entries)
        names = names if rows.names_changed is None else rows.names_changed
        # The root is not compared: the audit holds the ledger's own against what was signed.
        head = {"size": size, "leaf": entries[-1].leaf.hex(), "root": None, "names": names}
        write_head(plain, head)
    connection.execute("COMMIT")
