"""Making the tables of a catalogue in a schema, in a transaction of the caller.

What always holds: a table is dropped only where the comment of `head` says that the tables are ours.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

from archive.catalogue.postgres.connecting import Link
from archive.catalogue.postgres.form import OURS, nullable, statements
from archive.errors import SettingsError

_THERE: Final = (
    "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)"
)


def is_ours(link: Link) -> bool:
    """Whether our tables are there, and no others by their names. Raises SettingsError."""
    rows = link.execute(_THERE, (list(nullable()),)).fetchall()
    found = {str(name): comment for name, comment in rows}
    if found and found.get("head") != OURS:
        raise SettingsError(
            f"the catalogue's schema holds tables of somebody else ({', '.join(sorted(found))}):"
            " give the catalogue a database or a schema of its own"
        )
    return bool(found)


def make(link: Link) -> None:
    """Empty tables in this version's form, in the place of ours that were there. Raises SettingsError."""
    if link.execute("SELECT current_schema()").fetchone() == (None,):
        raise SettingsError("the catalogue's schema is not there: make it, or leave the URL's out")
    for name in nullable():
        link.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
    for statement in statements():
        link.execute(statement.encode())
