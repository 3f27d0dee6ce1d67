"""Reading a policy: TOML, then every value, each mistake with the line it stands on.

What always holds: one error type leaves here, with all mistakes that were found; what is not named in
docs/formats/policy.md is a mistake, so a misspelt rule is never silently no rule.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from api.approval.errors import PolicyError
from api.approval.policy import (
    ASKERS,
    DECIDERS,
    EMERGENCIES_A_DAY,
    RELATIONS,
    Hours,
    Policy,
    Purpose,
    Relation,
    Rule,
    Unusual,
    Words,
)
from api.identity.accounts import Role

NAME: Final = "policy.toml"  # below ROOT
FORMAT: Final = 1
MOST: Final = 64 * 1024  # bytes
_MOST_TEXT: Final = 200
_MOST_ROWS: Final = 200
_LONGEST: Final = {"emergency": timedelta(hours=24)}
_YEAR: Final = timedelta(days=366)
_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,3})([hd])")
_HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*(?:=|\.)")
_AT_LINE: Final = re.compile(r"at line (\d+)")
_NO_ROLES: Final[tuple[Role, ...]] = ()
_NO_CODES: Final[tuple[str, ...]] = ()
_T = TypeVar("_T")
_Place = tuple[str, int, str]  # table, which of its kind, key


def policy_of(root: Path) -> Policy:
    """The policy in force in an archive: ROOT/policy.toml, else the one that is shipped.

    Raises:
        PolicyError: it is malformed, or cannot be read. Nobody is granted anything by it.
    """
    own = root / NAME
    path = own if own.exists() else Path(__file__).with_name(NAME)
    try:
        data = path.read_bytes()
    except OSError as e:
        raise PolicyError(path.name, ((0, f"cannot be read: {e.strerror}"),)) from e
    return read_policy(data, path.name)


def shipped() -> Policy:
    """The policy that comes with this software."""
    return read_policy(Path(__file__).with_name(NAME).read_bytes(), NAME)


@lru_cache(maxsize=8)
def read_policy(data: bytes, source: str = NAME) -> Policy:
    """A policy out of its bytes.

    Raises:
        PolicyError: malformed.
    """
    if len(data) > MOST:
        raise PolicyError(source, ((1, f"a policy has at most {MOST} bytes"),))
    try:
        text = data.decode()
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as e:
        found = _AT_LINE.search(str(e))
        raise PolicyError(source, ((int(found[1]) if found else 1, str(e)),)) from e
    reading = _Reading(_lines(text))
    policy = _policy(reading, document, data)
    if reading.mistakes or policy is None:
        raise PolicyError(source, tuple(sorted(reading.mistakes)))
    return policy


def _lines(text: str) -> dict[_Place, int]:
    """Where each key of each table stands, from 1; the first of its kind is 0."""
    places: dict[_Place, int] = {}
    table, number = "", 0
    counts: dict[str, int] = {}
    for at, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            number = counts.get(table, -1) + 1
            counts[table] = number
            places[table, number, ""] = at
        elif key := _KEY.match(line):
            places.setdefault((table, number, key[1]), at)
    return places


@dataclass(slots=True)
class _Reading:
    """The mistakes so far, and where things stand."""

    lines: dict[_Place, int]
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def mistake(self, place: _Place, said: str) -> None:
        table, number, _ = place
        line = self.lines.get(place) or self.lines.get((table, number, "")) or 1
        self.mistakes.append((line, said))


@dataclass(slots=True)
class _Table:
    """One table; every key has to be asked for."""

    reading: _Reading
    name: str
    number: int
    left: dict[str, Any]

    def wrong(self, key: str, said: str) -> None:
        self.reading.mistake((self.name, self.number, key), f"{key}: {said}" if key else said)

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
        return self.take(key, _text, f"it has to be a text of 1 to {_MOST_TEXT} characters", "")

    def words(self, key: str) -> Words:
        said = f"it has to be {key}.zh and {key}.en, texts of 1 to {_MOST_TEXT} characters"
        return self.take(key, _words, said, Words(zh="", en=""))

    def code(self, key: str) -> str:
        return self.take(key, _code, "it has to be 1 to 32 of a-z, 0-9, _ and -", "")

    def number_(self, key: str) -> int:
        return self.take(key, _count, "it has to be a whole number from 0 to 1000000", 0)

    def end(self) -> None:
        for key in self.left:
            self.wrong(key, "no such key; docs/formats/policy.md has them all")


def _policy(reading: _Reading, document: dict[str, Any], data: bytes) -> Policy | None:
    if document.pop("format", None) != FORMAT:
        reading.mistake(("", 0, "format"), f"format: this Muniment knows format {FORMAT}")
        return None
    title = _table(reading, document, "title")
    zh, en = title.text("zh"), title.text("en")
    title.end()
    purposes = tuple(_purpose(t) for t in _rows(reading, document, "purpose", needed=True))
    rules = tuple(
        _rule(t, frozenset(p.code for p in purposes))
        for t in _rows(reading, document, "rule", needed=True)
    )
    _no_twins(reading, "purpose", "code", [p.code for p in purposes])
    _no_twins(reading, "rule", "id", [r.id for r in rules])
    unusual = _unusual(_table(reading, document, "unusual"), reading, document)
    for name in document:
        reading.mistake((name, 0, ""), f"{name}: no such table or key")
    return Policy(zh=zh, en=en, purposes=purposes, rules=rules, unusual=unusual, data=data)


def _purpose(table: _Table) -> Purpose:
    found = Purpose(code=table.code("code"), zh=table.text("zh"), en=table.text("en"))
    table.end()
    return found


def _rule(table: _Table, purposes: frozenset[str]) -> Rule:
    relation = table.take(
        "relation", _among(RELATIONS), f"one of {', '.join(RELATIONS)}", RELATIONS[0]
    )
    deciders, longest = DECIDERS[relation], _LONGEST.get(relation, _YEAR)
    found = Rule(
        id=table.code("id"),
        relation=relation,
        roles=frozenset(
            table.take("roles", _all_among(ASKERS), f"some of {', '.join(ASKERS)}", _NO_ROLES)
        ),
        decided_by=table.take(
            "decided_by",
            _among(deciders),
            f"for {relation} one of {', '.join(deciders)}",
            deciders[0],
        ),
        longest=table.take(
            "longest",
            lambda value: _length(value, longest),
            f'hours or days, like "4h" or "30d", for {relation} at most {longest.days}d',
            longest,
        ),
        purposes=table.take(
            "purposes", _all_among(tuple(purposes)), "codes of purposes of this file", _NO_CODES
        ),
        clause=table.words("clause"),
        source=table.words("source"),
        in_force=table.take("in_force", _day, "a date, like 2016-07-01", date.min),
        a_day=_a_day(table, relation),
    )
    table.end()
    return found


def _a_day(table: _Table, relation: Relation) -> int:
    if relation != "emergency":
        return 0  # there the key is one that nobody knows
    if "a_day" not in table.left:
        return EMERGENCIES_A_DAY
    said = "it has to be a whole number from 1 to 100"
    return table.take("a_day", _among(tuple(range(1, 101))), said, EMERGENCIES_A_DAY)


def _unusual(table: _Table, reading: _Reading, document: dict[str, Any]) -> Unusual:
    said = 'hours of the day, like "22:00-06:00"'
    midnight = Hours(begin=time(), end=time())
    duty: dict[str, Hours] = {}
    for row in _rows(reading, document, "duty", needed=False):
        duty[row.text("unit")] = row.take("hours", _hours, said, midnight)
        row.end()
    found = Unusual(
        clips_an_hour=table.number_("clips_an_hour"),
        refusals_an_hour=table.number_("refusals_an_hour"),
        exports_an_hour=table.number_("exports_an_hour"),
        night=table.take("night", _hours, said, midnight),
        night_clips=table.number_("night_clips"),
        duty=duty,
    )
    table.end()
    return found


def _table(reading: _Reading, document: dict[str, Any], name: str) -> _Table:
    value = document.pop(name, None)
    if not isinstance(value, dict):
        reading.mistake((name, 0, ""), f"[{name}] has to be there, as a table")
        value = {}
    return _Table(reading, name, 0, dict(value))


def _rows(reading: _Reading, document: dict[str, Any], name: str, *, needed: bool) -> list[_Table]:
    value = document.pop(name, [])
    if (
        not isinstance(value, list)
        or len(value) > _MOST_ROWS
        or not all(isinstance(v, dict) for v in value)
        or (needed and not value)
    ):
        reading.mistake((name, 0, ""), f"[[{name}]] has to be there, 1 to {_MOST_ROWS} times")
        value = []
    return [_Table(reading, name, n, dict(v)) for n, v in enumerate(value)]


def _no_twins(reading: _Reading, table: str, key: str, values: list[str]) -> None:
    for number, value in enumerate(values):
        if value and value in values[:number]:
            reading.mistake((table, number, key), f"{key}: {value} is there twice")


def _text(value: Any) -> str | None:
    fits = isinstance(value, str) and 0 < len(value.strip()) <= _MOST_TEXT and value.isprintable()
    return value.strip() if fits else None


def _words(value: Any) -> Words | None:
    if not isinstance(value, dict) or value.keys() != {"zh", "en"}:
        return None
    zh, en = _text(value["zh"]), _text(value["en"])
    return None if zh is None or en is None else Words(zh=zh, en=en)


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 1_000_000 else None


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _length(value: Any, longest: timedelta) -> timedelta | None:
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    length = timedelta(**{{"h": "hours", "d": "days"}[found[2]]: int(found[1])})
    return length if length <= longest else None


def _hours(value: Any) -> Hours | None:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    return Hours(begin=begin, end=end)


def _among(allowed: tuple[_T, ...]) -> Callable[[Any], _T | None]:
    return lambda value: next((a for a in allowed if a == value), None)


def _all_among(allowed: tuple[_T, ...]) -> Callable[[Any], tuple[_T, ...] | None]:
    def read(value: Any) -> tuple[_T, ...] | None:
        if not isinstance(value, list) or not value:
            return None
        found = tuple(a for v in value for a in allowed if a == v)
        return found if len(found) == len(value) else None

    return read
