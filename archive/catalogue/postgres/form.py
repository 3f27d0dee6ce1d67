"""The catalogue's form as PostgreSQL's statements: SQLite's (`form.py`), in other words. No database here.

What always holds: the tables, columns and indexes are those of `form.FORM`, whichever version it is of; text sorts
by its bytes (collation "C"), unknown values come first, as in SQLite; whole numbers have 64 bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from archive.catalogue.form import FORM

OURS: Final = "Muniment catalogue"  # said of `head`: tables without it are somebody else's
# What `search.build` asks, and the index that answers it: the words of a text, without their places.
VECTOR: Final = "array_to_tsvector(string_to_array({0}body, ' '))"
TEXTS: Final = ("words", "words_of_cases")
_WORDS: Final = (
    'CREATE TABLE {0} ("index" BIGINT NOT NULL, body TEXT COLLATE "C" NOT NULL)',
    'CREATE INDEX {0}_index ON {0} ("index")',
    f"CREATE INDEX {{0}}_body ON {{0}} USING gin ({VECTOR.format('')})",
)
_TEXT_INDEX: Final = re.compile(r"CREATE VIRTUAL TABLE (\w+) ")
_TABLE: Final = re.compile(r"CREATE TABLE (\w+) \((.*)\)", re.DOTALL)
_INDEX: Final = re.compile(r"(CREATE (?:UNIQUE )?INDEX \w+ ON (\w+)) \(([^)]*)\)(.*)", re.DOTALL)
_COMMA: Final = re.compile(r",\s*(?![^(]*\))")  # not within brackets


def statements() -> Iterator[str]:
    """What makes an empty catalogue of this version's form."""
    for statement in _split(FORM):
        yield from translated(statement)
    yield f"COMMENT ON TABLE head IS '{OURS}'"


def translated(statement: str) -> Iterator[str]:
    """One of SQLite's statements that make tables or indexes, in PostgreSQL's words."""
    if (text := _TEXT_INDEX.match(statement)) is not None:
        yield from (made.format(text[1]) for made in _WORDS)
    elif (index := _INDEX.fullmatch(statement)) is not None:
        begin, table, listed, rest = index.groups()
        unknown = nullable().get(table, {})
        columns = (
            f"{column} NULLS FIRST" if unknown.get(column.strip('"')) else column
            for column in _COMMA.split(listed)
        )
        yield f"{begin} ({', '.join(columns)}){rest}"
    else:
        statement = re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', statement)
        statement = re.sub(r"\bINTEGER\b", "BIGINT", statement)
        yield re.sub(r"\s+WITHOUT ROWID$", "", statement)


@cache
def nullable() -> Mapping[str, Mapping[str, bool]]:
    """Of each table each column: whether it may hold nothing."""
    found = {name: {"index": False, "body": False} for name in TEXTS}
    for statement in _split(FORM):
        if (table := _TABLE.match(statement)) is None:
            continue
        members = (member.strip() for member in _COMMA.split(table[2]))
        found[table[1]] = {
            member.split()[0].strip('"'): "NOT NULL" not in member
            for member in members
            if not member.startswith(("PRIMARY KEY", "CONSTRAINT"))
        }
    return found


def _split(form: str) -> Iterator[str]:
    for statement in form.strip().removesuffix(";").split(";\n"):
        yield " ".join(statement.split())
