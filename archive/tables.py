"""TOML documents that people write, read table by table: every mistake is told, with the line it stands on.

What always holds: a key that nobody asks for is a mistake, so a misspelt rule is never silently no rule. One that is
missing or not understood is noted, and a stand-in is handed out, so that the rest is read as well: whoever reads asks
for `mistakes` at the end, and throws the result away where there is one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeVar

MOST_TEXT: Final = 200
MOST_ROWS: Final = 200
_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*(?:=|\.)")
_AT_LINE: Final = re.compile(r"at line (\d+)")
_T = TypeVar("_T")
_Place = tuple[str, int, str]  # table, which of its kind, key
Mistake = tuple[int, str]  # line, from 1; what is wrong


class TableError(ValueError):
    """The bytes are no document at all. Callers say whose they are."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(f"line {line}: {said}" for line, said in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str

    def of(self, lang: str) -> str:
        """In the reader's."""
        return self.zh if lang == "zh" else self.en


@dataclass(slots=True)
class Document:
    """A document being read, and what is wrong with it so far."""

    about: str  # where its keys are described
    left: dict[str, Any]
    lines: dict[_Place, int]
    mistakes: list[Mistake] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """A table that has to be there."""
        value = self.left.pop(name, None)
        if not isinstance(value, dict):
            self.mistake((name, 0, ""), f"[{name}] has to be there, as a table")
            value = {}
        return Table(self, name, 0, dict(value))

    def rows(self, name: str, *, needed: bool, most: int = MOST_ROWS) -> list[Table]:
        """The tables of one kind, in their order."""
        value = self.left.pop(name, [])
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(v, dict) for v in value)
            or (needed and not value)
        ):
            self.mistake((name, 0, ""), f"[[{name}]] has to be there, 1 to {most} times")
            value = []
        return [Table(self, name, n, dict(v)) for n, v in enumerate(value)]

    def is_format(self, number: int) -> bool:
        """Whether it is of the format that is read here; all else means nothing then."""
        if self.left.pop("format", None) == number:
            return True
        self.mistake(("", 0, "format"), f"format: this Muniment knows format {number}")
        return False

    def no_twins(self, table: str, key: str, values: Sequence[str]) -> None:
        """No value is there twice."""
        for number, value in enumerate(values):
            if value and value in values[:number]:
                self.mistake((table, number, key), f"{key}: {value} is there twice")

    def mistake(self, place: _Place, said: str) -> None:
        """Note what is wrong with a key, or with its table where it has no line."""
        table, number, _ = place
        line = self.lines.get(place) or self.lines.get((table, number, "")) or 1
        self.mistakes.append((line, said))

    def end(self) -> None:
        """What nobody asked for is a mistake."""
        for name in self.left:
            self.mistake((name, 0, ""), f"{name}: no such table or key")


@dataclass(slots=True)
class Table:
    """One table; every key has to be asked for."""

    document: Document
    name: str
    number: int
    left: dict[str, Any]

    def wrong(self, key: str, said: str) -> None:
        """Note what is wrong with a key, or with the table where it is empty."""
        self.document.mistake((self.name, self.number, key), f"{key}: {said}" if key else said)

    def take(self, key: str, read: Callable[[Any], _T | None], said: str, default: _T) -> _T:
        """A value, understood by `read`; where it is not, a mistake and the default."""
        if key not in self.left:
            self.wrong(key, f"is missing; {said}")
            return default
        value = read(self.left.pop(key))
        if value is None:
            self.wrong(key, said)
            return default
        return value

    def text(self, key: str) -> str:
        """A line for people."""
        return self.take(key, text, f"it has to be a text of 1 to {MOST_TEXT} characters", "")

    def words(self, key: str) -> Words:
        """A line in both languages."""
        said = f"it has to be {key}.zh and {key}.en, texts of 1 to {MOST_TEXT} characters"
        return self.take(key, _words, said, Words(zh="", en=""))

    def code(self, key: str) -> str:
        """A name for programs."""
        return self.take(key, _code, "it has to be 1 to 32 of a-z, 0-9, _ and -", "")

    def count(self, key: str) -> int:
        """A number of things."""
        return self.take(key, _count, "it has to be a whole number from 0 to 1000000", 0)

    def day(self, key: str) -> date:
        """A date."""
        return self.take(key, day, "a date, like 2016-07-01", date.min)

    def among(self, key: str, allowed: tuple[_T, ...]) -> _T:
        """One of these."""
        return self.take(key, among(allowed), f"one of {', '.join(map(str, allowed))}", allowed[0])

    def end(self) -> None:
        """What nobody asked for is a mistake."""
        for key in self.left:
            self.wrong(key, f"no such key; {self.document.about} has them all")


def read_document(data: bytes, *, most: int, about: str) -> Document:
    """A document out of its bytes.

    Args:
        data: UTF-8 TOML.
        most: bytes it may have.
        about: where its keys are described.

    Raises:
        TableError: it is too long, or no TOML.
    """
    if len(data) > most:
        raise TableError(((1, f"it has {len(data)} bytes; {most} is the most"),))
    try:
        written = data.decode()
        left = tomllib.loads(written)
    except (ValueError, RecursionError) as e:
        found = _AT_LINE.search(str(e))
        raise TableError(((int(found[1]) if found else 1, str(e)),)) from e
    return Document(about, left, _lines(written))


def _lines(written: str) -> dict[_Place, int]:
    """Where each key of each table stands, from 1; the first of its kind is 0."""
    places: dict[_Place, int] = {}
    table, number = "", 0
    counts: dict[str, int] = {}
    for at, line in enumerate(written.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            number = counts.get(table, -1) + 1
            counts[table] = number
            places[table, number, ""] = at
        elif key := _KEY.match(line):
            places.setdefault((table, number, key[1]), at)
    return places


def text(value: Any) -> str | None:
    """A line of 1 to 200 printable characters, without blanks around it."""
    fits = isinstance(value, str) and 0 < len(value.strip()) <= MOST_TEXT and value.isprintable()
    return value.strip() if fits else None


def day(value: Any) -> date | None:
    """A date, and no moment."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def among(allowed: tuple[_T, ...]) -> Callable[[Any], _T | None]:
    """One of these."""
    return lambda value: next((a for a in allowed if a == value), None)


def all_among(allowed: tuple[_T, ...]) -> Callable[[Any], tuple[_T, ...] | None]:
    """A list of at least one, each one of these."""

    def read(value: Any) -> tuple[_T, ...] | None:
        if not isinstance(value, list) or not value:
            return None
        found = tuple(a for v in value for a in allowed if a == v)
        return found if len(found) == len(value) else None

    return read


def _words(value: Any) -> Words | None:
    if not isinstance(value, dict) or value.keys() != {"zh", "en"}:
        return None
    zh, en = text(value["zh"]), text(value["en"])
    return None if zh is None or en is None else Words(zh=zh, en=en)


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 1_000_000 else None
