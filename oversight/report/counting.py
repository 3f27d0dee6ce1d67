"""Counting a year: which figures a case counts for, and which cases stand behind a figure.

What always holds: a figure and its rows come from the same look at the same cases, so following a figure gives just as
many rows; a case counts once in each figure; the figures of all units and acts add up to the whole. Deadlines are those
of the rules on the day of each decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from archive.catalogue.report_queries import DoneCase
from archive.catalogue.times import known_us
from archive.opening import Archive
from oversight.clocks.reckoning import Reckoner
from oversight.clocks.standing import reckoner_of
from oversight.publication.errors import ReportError
from oversight.rules.model import ACTS

Figure = Literal[
    "done",
    "decided",
    "on_time",
    "late",
    "unpublished",
    "excused",
    "reviewed",
    "revoked",
    "withdrawn",
]
FIGURES: Final[tuple[Figure, ...]] = get_args(Figure)
_FIRST: Final = 2000
_LAST: Final = 2999
NO_UNIT: Final = ""
Key = tuple[str, str]  # id of the unit, act


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The figures of one unit and act."""

    unit: str  # id; NO_UNIT: of no unit
    act: str
    figures: dict[Figure, int]
    amount: int  # of money, in 分, of penalties that stand


@dataclass(frozen=True, slots=True, kw_only=True)
class YearFigures:
    """A year, counted."""

    year: int
    size: int  # entries that were counted
    lines: tuple[Line, ...]  # by unit and act
    total: Line


@dataclass(slots=True)
class _Count:
    figures: dict[Figure, int] = field(default_factory=lambda: dict.fromkeys(FIGURES, 0))
    amount: int = 0


def count(archive: Archive, year: int) -> YearFigures:
    """Count a year, from what the catalogue has now. Raises ReportError: no year; RuleFileError."""
    size = archive.catalogue.head().size
    counts: dict[Key, _Count] = {}
    for row, figures in _counted(archive, year):
        found = counts.setdefault((row.unit_id or NO_UNIT, row.act or ""), _Count())
        for figure in figures:
            found.figures[figure] += 1
        if row.act == "penalty" and "revoked" not in figures:
            found.amount += row.amount or 0
    order = sorted(counts, key=lambda key: (key[0], _rank(key[1]), key[1]))
    lines = tuple(
        Line(unit=unit, act=act, figures=counts[unit, act].figures, amount=counts[unit, act].amount)
        for unit, act in order
    )
    total = Line(
        unit=NO_UNIT,
        act="",
        figures={name: sum(line.figures[name] for line in lines) for name in FIGURES},
        amount=sum(line.amount for line in lines),
    )
    return YearFigures(year=year, size=size, lines=lines, total=total)


def rows_of(
    archive: Archive,
    year: int,
    figure: str,
    *,
    unit: str | None = None,
    act: str | None = None,
) -> Iterator[DoneCase]:
    """The cases that a figure counts, by id; of a unit (NO_UNIT: of none) and an act where they are named.

    Raises:
        ReportError: there is no such figure or year.
    """
    if figure not in FIGURES:
        raise ReportError(f"there is no figure {figure}; there are {', '.join(FIGURES)}")
    for row, figures in _counted(archive, year):
        if unit is not None and (row.unit_id or NO_UNIT) != unit:
            continue
        if act is not None and (row.act or "") != act:
            continue
        if figure in figures:
            yield row


def need_over(archive: Archive, year: int) -> None:
    """Raise ReportError for a year that is not over where the archive is: its figures are no report yet."""
    if year >= datetime.now(UTC).astimezone(archive.settings.zone).year:
        raise ReportError(f"{year} is not over")


def _counted(archive: Archive, year: int) -> Iterator[tuple[DoneCase, list[Figure]]]:
    if not _FIRST <= year <= _LAST:
        raise ReportError(f"{year} is no year that is reported")
    reckoner = reckoner_of(archive)
    begin, end = reckoner.year_end(year - 1), reckoner.year_end(year)
    excused = {(row.subject, row.rule) for row in archive.catalogue.every_excuse()}
    for row in archive.catalogue.done_cases(begin, end):
        yield row, _figures(row, reckoner, excused)


def _figures(row: DoneCase, reckoner: Reckoner, excused: set[tuple[str, str]]) -> list[Figure]:
    found: list[Figure] = ["done"]
    if row.decided_us is None:
        return found
    found.append("decided")
    revoked = row.revoked_index is not None and row.revoked_index > (row.decided_index or -1)
    public = known_us(row.public_at)
    due = reckoner.due("decided", "published", row.act, row.decided_us)
    if public is not None:
        found.append("on_time" if due is None or public < due.due else "late")
    elif due is not None and (row.case_id, due.rule.basis.id) in excused:
        found.append("excused")
    elif not revoked:
        found.append("unpublished")
    if row.agreed:
        found.append("reviewed")
    if revoked:
        found.append("revoked")
    if row.withdrawn:
        found.append("withdrawn")
    return found


def _rank(act: str) -> int:
    return next((n for n, known in enumerate(ACTS) if known == act), len(ACTS))
