"""Figures of some months: by month, unit, officer, recorder and viewer.

What always holds: every figure is a count of the catalogue, and so of ledger entries; what happened outside the months
is not in it, but for open cases without footage, which are those of now. Names are looked up when somebody asks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from archive.catalogue.statistic_queries import Tallied
from archive.catalogue.tallies import EVERYBODY, OFFSET
from archive.catalogue.times import microseconds, moment_text
from archive.opening import Archive
from oversight.errors import OversightError

MOST_MONTHS: Final = 60
COUNTS: Final = ("clips", "late", "damaged", "unlinked")
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class MonthsError(OversightError):
    """Months that are none, in the wrong order, or too many. Nothing was counted."""

    code = "O065"


@dataclass(slots=True, kw_only=True)
class Line:
    """One row of figures."""

    of: str  # id, or a month like 2026-05; '': none
    name: str
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, row: Tallied) -> None:
        """Count a cell in."""
        for name, count in zip(COUNTS, row[3:], strict=True):
            self.counts[name] = self.counts.get(name, 0) + count


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """From the first to the last, both taken in: 202601."""

    first: int
    last: int

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment, and the first after them."""
        return _begin(self.first), _begin(_next(self.last))

    def each(self) -> Iterable[int]:
        """All of them, in order."""
        month = self.first
        while month <= self.last:
            yield month
            month = _next(month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All tables."""

    months: Months
    tables: Mapping[str, list[Line]]  # month, unit, officer, recorder, viewer


def months_of(first: str, last: str) -> Months:
    """Months as they are typed, like 2026-05. Raises MonthsError."""
    found = Months(first=_month(first), last=_month(last))
    if not found.first <= found.last or sum(1 for _ in found.each()) > MOST_MONTHS:
        raise MonthsError(f"1 to {MOST_MONTHS} months, the earlier one first")
    return found


def figures(archive: Archive, months: Months, unit: str | None = None) -> Figures:
    """Count; of one unit (id) or of all."""
    catalogue = archive.catalogue
    rows = catalogue.tallied(months.first, months.last, unit)
    called = catalogue.called()
    by_month = {m: Line(of=month_text(m), name=month_text(m)) for m in months.each()}
    units, officers, recorders = dict[str, Line](), dict[str, Line](), dict[str, Line]()
    for row in rows:
        kind, _, id_ = row.whose.partition(":")
        if row.whose == EVERYBODY:
            by_month[row.month].add(row)
            _line(units, row.unit, called.units).add(row)
        elif kind == "officer":
            _line(officers, id_, called.badges).add(row)
        elif kind == "recorder":
            _line(recorders, id_, called.serials).add(row)
    for of, count in catalogue.bare_cases(unit).items():
        _line(units, of, called.units).counts["bare_cases"] = count
    since, until = months.bounds
    looks = catalogue.duty_looks(microseconds(since), microseconds(until))
    for of, (count, bad) in looks.items():
        if unit is None or of in recorders:
            _line(recorders, of, called.serials).counts |= {"looks": count, "looks_bad": bad}
    tables = {
        "month": list(by_month.values()),
        **{
            name: sorted(found.values(), key=lambda line: (line.name, line.of))
            for name, found in (("unit", units), ("officer", officers), ("recorder", recorders))
        },
        "viewer": _viewers(archive, months, unit),
    }
    return Figures(months=months, tables=tables)


def _viewers(archive: Archive, months: Months, unit: str | None) -> list[Line]:
    since, until = (moment_text(microseconds(moment)) for moment in months.bounds)
    found = archive.catalogue.watched(since, until, unit)
    names = {of: archive.catalogue.account(of) for of in found}
    return [
        Line(of=of, name=(row.name if row is not None else None) or of, counts={"watched": count})
        for of, count in sorted(found.items())
        for row in (names[of],)
    ]


def csv_of(found: Figures) -> str:
    """All tables in one (RFC 4180): table, id, name, figure, count."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["table", "id", "name", "figure", "count"])
    for table, lines in found.tables.items():
        for line in lines:
            for name, count in line.counts.items():
                writer.writerow([table, line.of, _safe(line.name), name, count])
    return out.getvalue()


def data_of(found: Figures) -> dict[str, Any]:
    """All tables as JSON."""
    return {
        "from": month_text(found.months.first),
        "to": month_text(found.months.last),
        "tables": {
            table: [{"id": line.of, "name": line.name, "counts": line.counts} for line in lines]
            for table, lines in found.tables.items()
        },
    }


def month_text(month: int) -> str:
    """202605 as 2026-05."""
    return f"{month // 100:04}-{month % 100:02}"


def _safe(name: str) -> str:
    # A spreadsheet takes what begins so for a formula.
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t"} else name


def _line(lines: dict[str, Line], of: str, names: Mapping[str, str | None]) -> Line:
    if of not in lines:
        lines[of] = Line(of=of, name=names.get(of) or of)
    return lines[of]


def _month(text: str) -> int:
    year, _, month = text.strip().partition("-")
    plain = text.isascii() and year.isdecimal() and month.isdecimal()
    if not plain or len(year) != 4 or len(month) != 2 or not 1 <= int(month) <= 12:
        raise MonthsError(f"{text[:20]} is no month, like 2026-05")
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise MonthsError(f"{year} is too far away")
    return int(year) * 100 + int(month)


def _next(month: int) -> int:
    return month + 1 if month % 100 < 12 else month + 89


def _begin(month: int) -> datetime:

    return datetime(month // 100, month % 100, 1, tzinfo=UTC) - OFFSET
