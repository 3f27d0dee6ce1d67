"""SQLite's words in PostgreSQL's. Pure functions.

What always holds: what stands in quotes stays as it is; a translated query gives the rows that SQLite gives, in the
same order. Covered is what the catalogue's queries say: `docs/formats/catalogue.md`, "Two databases".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from archive.catalogue.postgres.form import VECTOR, nullable

_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_HIDDEN: Final = re.compile("\0(\\d+)\0")
_NAME: Final = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_MATCH: Final = re.compile(r"\b(words(?:_of_cases)?) MATCH :(\w+)")
_CONCAT: Final = re.compile(r"\bgroup_concat\((DISTINCT )?([\w.\0]+)(?:, ([\w\0]+))?\)", re.I)
_LIMIT: Final = re.compile(r"\bLIMIT :(\w+)")
_LIKE: Final = re.compile(r"\bLIKE (:\w+\b|\0\d+\0)(?! ESCAPE)(?! \|\|)")
_SOURCE: Final = re.compile(r"\b(?:FROM|JOIN) (\w+)(?: (?:AS )?(\w+))?")
_KEYWORDS: Final = frozenset(
    {
        *("WHERE", "ON", "JOIN", "LEFT", "INNER", "CROSS", "ORDER", "GROUP", "LIMIT", "UNION"),
        *("USING", "SET", "HAVING"),
    }
)
_ORDER: Final = re.compile(r"\bORDER BY ")
_ORDER_ENDS: Final = re.compile(r"\s+(?:LIMIT|OFFSET|UNION|ROWS|RANGE)\b|$")
_TERM: Final = re.compile(r"(?:(\w+)\.)?([A-Za-z_]\w*|\0\d+\0)(?: (ASC|DESC))?")
_FORGET: Final = "INSERT INTO words(words, rowid, body) VALUES ('delete', ?, ?)"
_QUERY, _PHRASE = "{}__query", "{}__phrase"


@dataclass(frozen=True, slots=True)
class Translated:
    """A statement as psycopg takes it, and which of its values are searches for text."""

    sql: str
    searches: tuple[str, ...]

    def values(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values that it takes, from those that it was asked with."""
        if not self.searches:
            return params
        found = dict(params)
        for name in self.searches:
            query, phrase = text_search(str(params[name]))
            found |= {_QUERY.format(name): query, _PHRASE.format(name): phrase}
        return found


@lru_cache(maxsize=1024)
def translate(sql: str) -> Translated:
    """A query with `:name` for each value."""
    quoted: list[str] = []

    def hide(found: re.Match[str]) -> str:
        quoted.append(found[0].replace("%", "%%"))
        return f"\0{len(quoted) - 1}\0"

    def shown(text: str) -> str:
        return _HIDDEN.sub(lambda found: quoted[int(found[1])], text)

    # One blank between words, so that the patterns need not think of more.
    plain = " ".join(_QUOTED.sub(hide, sql).split()).replace("%", "%%")
    plain = _ordered(plain, shown)
    searches = tuple(dict.fromkeys(name for _, name in _MATCH.findall(plain)))
    plain = _CONCAT.sub(_aggregated, plain)
    plain = _LIMIT.sub(r"LIMIT NULLIF(:\1, -1)", plain)
    plain = _LIKE.sub(r"LIKE \1 ESCAPE ''", plain)
    # SQLite's LIKE takes A for a; so does ILIKE, and of ASCII only, by the collation "C".
    plain = re.sub(r"\bLIKE\b", "ILIKE", plain)
    plain = re.sub(r"\bIN \(\s*\)", "IN (NULL)", plain)
    plain = _MATCH.sub(_matched, plain)
    plain = re.sub(r"\browid\b", '"index"', plain)
    return Translated(shown(_NAME.sub(r"%(\1)s", plain)), searches)


def marked(sql: str) -> str:
    """A statement that writes, with a question mark for each value."""
    # FTS5 has to be told what stood there; here the row goes.
    sql = sql.replace(_FORGET, 'DELETE FROM words WHERE "index" = ? AND body = ?')
    return re.sub(r"\browid\b", '"index"', sql.replace("%", "%%")).replace("?", "%s")


def text_search(match: str) -> tuple[str, str | None]:
    """What `words.match` made for FTS5, as a tsquery and, where it is several words, as a pattern for the phrase.

    The index knows which words a text has; that they stand side by side, the text itself says.
    """
    phrase, _, open_ended = match.removeprefix('"').rpartition('"')
    listed = phrase.split(" ")
    # Words are letters and digits only, so there is nothing to escape.
    query = " & ".join(f"'{word}'" for word in listed) + (":*" if open_ended else "")
    if len(listed) == 1:
        return query, None
    return query, f"% {phrase}%" if open_ended else f"% {phrase} %"


def _matched(found: re.Match[str]) -> str:
    table, name = found.groups()
    query, phrase = _QUERY.format(name), _PHRASE.format(name)
    return (
        f"({VECTOR.format(f'{table}.')} @@ CAST(:{query} AS tsquery)"
        # Where there is nothing to hold against the text, the server sees it before it looks at one.
        f" AND (:{phrase} IS NULL OR (' ' || {table}.body || ' ') LIKE :{phrase}))"
    )


def _aggregated(found: re.Match[str]) -> str:
    # In the order of the values, which is what SQLite's tables without row numbers give.
    distinct, column, separator = found.groups()
    return f"string_agg({distinct or ''}{column}, {separator or repr(',')} ORDER BY {column})"


def _ordered(sql: str, shown: Callable[[str], str]) -> str:
    """Unknown values come first, and last where it goes down; said only of columns that may be unknown."""
    tables = _tables(sql)
    pieces, place = [], 0
    for at in _ORDER.finditer(sql):
        end = _end_of_terms(sql, at.end())
        terms = _terms(sql[at.end() : end])
        pieces.append(sql[place : at.end()])
        pieces.append(", ".join(_term(term, tables, shown) for term in terms))
        place = end
    return "".join(pieces) + sql[place:]


def _tables(sql: str) -> dict[str, str]:
    found = {}
    for table, alias in _SOURCE.findall(sql):
        found[table if alias.upper() in {"", *_KEYWORDS} else alias] = table
    return found


def _term(term: str, tables: dict[str, str], shown: Callable[[str], str]) -> str:
    found = _TERM.fullmatch(term)
    if found is None:
        return term
    alias, column, down = found.groups()
    name = shown(column).strip('"')
    known = nullable()
    of = [tables[alias]] if alias in tables else list(tables.values())
    if not any(known.get(table, {}).get(name) for table in of):
        return term
    return f"{term} NULLS {'LAST' if down == 'DESC' else 'FIRST'}"


def _end_of_terms(sql: str, start: int) -> int:
    depth, at = 0, start
    while at < len(sql):
        if sql[at] in "()":
            depth += 1 if sql[at] == "(" else -1
            if depth < 0:
                return at
        elif not depth and _ORDER_ENDS.match(sql, at):
            return at
        at += 1
    return at


def _terms(listed: str) -> Iterator[str]:
    depth, begin = 0, 0
    for at, sign in enumerate(listed):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield listed[begin:at].strip()
            begin = at + 1
    yield listed[begin:].strip()
