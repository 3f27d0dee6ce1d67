"""Rows of one table as values: a frozen dataclass whose members are named as columns. Decides nothing.

What always holds: truth comes as bool from both databases, a JSON list of texts as a tuple.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import cache
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_Turn = Callable[[Any], Any]


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(json.loads(value)) if value else ()


_TURNS: Final[dict[str, _Turn]] = {
    "bool": _flag,
    "bool | None": _flag,
    "tuple[str, ...]": _texts,
}


def selected(kind: type[Any], table: str) -> str:
    """The beginning of a query for rows of this kind; the table is `t`."""
    names = ", ".join(f't."{field.name}"' for field in fields(kind))
    return f"SELECT {names} FROM {table} t"  # noqa: S608 - names of a class


def values(kind: type[_T], rows: Iterable[tuple[Any, ...]]) -> list[_T]:
    """What `selected` found; a member of another type than the column's says so by its annotation."""
    names, turns = _members(fields_of(kind))
    found = []
    for row in rows:
        members = dict(zip(names, row, strict=True))
        for name, turn in turns:
            members[name] = turn(members[name])
        found.append(kind(**members))
    return found


def fields_of(kind: type[Any]) -> tuple[tuple[str, str], ...]:
    """Name and annotation of each member."""
    # Annotations are texts in a module that imports them from the future.
    return tuple((field.name, str(field.type)) for field in fields(kind))


@cache
def _members(
    listed: tuple[tuple[str, str], ...],
) -> tuple[tuple[str, ...], tuple[tuple[str, _Turn], ...]]:
    turns = tuple((name, _TURNS[said]) for name, said in listed if said in _TURNS)
    return tuple(name for name, _ in listed), turns
