"""Reading a file of rules (docs/formats/rules.md), each mistake with its line.

What always holds: one error type leaves here, with all mistakes that were found. Of the versions of one rule no two are
in force on one day, and none is missing between two.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from archive.casefiles.order import STAGES
from archive.tables import Document, Table, TableError, Words, all_among, among, read_document
from archive.tables import day as as_day
from oversight.errors import RuleFileError
from oversight.rules.model import (
    ACTS,
    DECIDERS,
    FACTS,
    LEVELS,
    Act,
    Basis,
    Deadline,
    Exposure,
    Limit,
    Point,
    Procedure,
    Retention,
    Rule,
    RuleFile,
    Share,
    Way,
    Yearly,
)
from oversight.rules.periods import Period, period

FORMAT: Final = 1
MOST: Final = 1024 * 1024  # bytes
_KINDS: Final = (
    *("deadline", "yearly", "retention", "share", "point", "limit", "procedure", "way"),
    "exposure",
)
_NO_ACTS: Final[tuple[Act, ...]] = ()
_FOR_EVER: Final[tuple[Period | None]] = (None,)
_ANY: Final = Period(amount=1, unit="days")
_Placed = tuple[str, int, Rule]  # kind, which of its kind


def national() -> RuleFile:
    """The rules of the whole country, as they come with this software."""
    path = Path(__file__).with_name("national.toml")
    return read_rules(path.read_bytes(), path.name)


@lru_cache(maxsize=64)
def read_rules(data: bytes, source: str) -> RuleFile:
    """Rules out of a file's bytes.

    Raises:
        RuleFileError: malformed.
    """
    try:
        document = read_document(data, most=MOST, about="docs/formats/rules.md")
    except TableError as e:
        raise RuleFileError(source, e.mistakes) from e
    found = _file(document, data)
    if document.mistakes or found is None:
        raise RuleFileError(source, tuple(sorted(document.mistakes)))
    return found


def _file(document: Document, data: bytes) -> RuleFile | None:
    if not document.is_format(FORMAT):
        return None
    head = document.table("rules")
    level = head.among("level", LEVELS)
    place = "" if level == "national" else head.text("place")
    title = head.words("title")
    head.end()
    placed: list[_Placed] = []
    for kind in _KINDS:
        for row in document.rows(kind, needed=False):
            placed.append((kind, row.number, _rule(kind, row)))
            row.end()
    document.end()
    if not placed and not document.mistakes:
        document.mistake(("rules", 0, ""), "there is no rule in it")
    _follow_each_other(document, placed)
    rules = tuple(rule for _, _, rule in placed)
    return RuleFile(level=level, place=place, title=title, rules=rules, data=data)


def _rule(kind: str, row: Table) -> Rule:
    basis = _basis(row)
    match kind:
        case "deadline":
            return _deadline(basis, row)
        case "yearly":
            month, day = row.take("on", _month_and_day, 'a day of the year, like "01-31"', (1, 1))
            return Yearly(basis=basis, month=month, day=day, nearing=_nearing(row))
        case "share":
            percent = row.take(
                "percent", among(tuple(range(1, 101))), "a whole number, 1 to 100", 1
            )
            return Share(basis=basis, percent=percent)
        case _:
            return _named(kind, basis, row)


def _named(kind: str, basis: Basis, row: Table) -> Rule:
    if kind == "retention":
        said = '"for ever", or a period like "6 months"'
        kept = row.take("keep", _kept, said, _FOR_EVER)
        of_cases = row.among("of_cases", (False, True)) if "of_cases" in row.left else False
        return Retention(basis=basis, name=row.words("name"), keep=kept[0], of_cases=of_cases)
    if kind == "limit":
        return _limit(basis, row)
    if kind == "procedure":
        return Procedure(basis=basis, name=row.words("name"), by=row.among("by", DECIDERS))
    if kind == "way":
        return _way(basis, row)
    if kind == "exposure":
        return _exposure(basis, row)
    return Point(basis=basis, name=row.words("name"))


def _exposure(basis: Basis, row: Table) -> Exposure:
    said = '"for ever", or a period like "3 years"'
    public = row.take("public", _kept, said, _FOR_EVER)
    acts = frozenset(_acts(row))
    return Exposure(basis=basis, name=row.words("name"), acts=acts, public=public[0])


def _acts(row: Table) -> tuple[Act, ...]:
    if "acts" not in row.left:
        return _NO_ACTS
    return row.take("acts", all_among(ACTS), f"some of {', '.join(ACTS)}", _NO_ACTS)


def _way(basis: Basis, row: Table) -> Way:
    acts = _acts(row)
    needs = row.take("needs", all_among(STAGES), f"some of {', '.join(STAGES)}", STAGES)
    return Way(basis=basis, name=row.words("name"), acts=frozenset(acts), needs=frozenset(needs))


def _limit(basis: Basis, row: Table) -> Limit:
    least = row.count("least") if "least" in row.left else None
    most = row.count("most") if "most" in row.left else None
    if (least is None and most is None) or (
        least is not None and most is not None and most < least
    ):
        row.wrong("", "a limit has least, most, or both in their order")
    return Limit(basis=basis, name=row.words("name"), least=least, most=most)


def _basis(row: Table) -> Basis:
    in_force, superseded = row.day("in_force"), None
    if "superseded" in row.left:
        superseded = row.day("superseded")
        if superseded <= in_force:
            row.wrong("superseded", "it has to be later than in_force")
    return Basis(
        id=row.code("id"),
        clause=row.words("clause"),
        source=row.words("source"),
        in_force=in_force,
        superseded=superseded,
    )


def _deadline(basis: Basis, row: Table) -> Deadline:
    begins, ends = row.among("begins", FACTS), row.among("ends", FACTS)
    if begins == ends:
        row.wrong("ends", "it has to be another fact than begins")
    within = row.take("within", period, 'a period, like "24 hours" or "7 working days"', _ANY)
    acts = _acts(row)
    excuses: tuple[Words, ...] = ()
    if "excuses" in row.left:
        excuses = row.take("excuses", _excuses, "a list of { zh, en }", ())
    return Deadline(
        basis=basis,
        begins=begins,
        ends=ends,
        within=within,
        rolls=row.among("rolls", (False, True)),
        acts=frozenset(acts),
        excuses=excuses,
        nearing=_nearing(row),
    )


def _nearing(row: Table) -> Period | None:
    """How long before its end something is told; None: it is not."""
    if "nearing" not in row.left:
        return None
    return row.take("nearing", _before, 'hours or days, like "4 hours" or "7 days"', _ANY)


def _before(value: Any) -> Period | None:
    found = period(value)
    return found if found is not None and found.unit in {"hours", "days"} else None


def _follow_each_other(document: Document, placed: list[_Placed]) -> None:
    """No overlap, and no gap, between the versions of one rule."""
    versions: dict[tuple[str, str], list[_Placed]] = {}
    for kind, number, rule in placed:
        versions.setdefault((kind, rule.basis.id), []).append((kind, number, rule))
    for found in versions.values():
        ordered = sorted(found, key=lambda each: each[2].basis.in_force)
        for (_, _, before), (kind, number, after) in pairwise(ordered):
            ends, begins = before.basis.superseded, after.basis.in_force
            if ends == begins:
                continue
            what = "a gap after" if ends is not None and ends < begins else "an overlap with"
            until = ends or "for ever"
            document.mistake(
                (kind, number, "in_force"),
                f"in_force: {what} the version of {after.basis.id} that is in force until {until}",
            )


def _kept(value: Any) -> tuple[Period | None] | None:
    if value == "for ever":
        return _FOR_EVER
    found = period(value)
    return None if found is None else (found,)


def _month_and_day(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, str):
        return None
    # A year without 29 February: what is due each year is due in each.
    found = as_day(_date(f"2001-{value}"))
    return None if found is None else (found.month, found.day)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _excuses(value: Any) -> tuple[Words, ...] | None:
    if not isinstance(value, list) or not 1 <= len(value) <= 20:
        return None
    if not all(isinstance(v, dict) and v.keys() == {"zh", "en"} for v in value):
        return None
    if not all(
        isinstance(said, str) and 0 < len(said) <= 200 for v in value for said in v.values()
    ):
        return None
    return tuple(Words(zh=v["zh"], en=v["en"]) for v in value)
