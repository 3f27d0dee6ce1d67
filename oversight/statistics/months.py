"""Months, and the rows of figures that are counted in them. Values only.

What always holds: a month is one of UTC+8, the one time that China's clocks show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from archive.catalogue.statistic_queries import Span
from archive.catalogue.tallies import OFFSET
from archive.catalogue.times import microseconds, moment_text
from oversight.errors import OversightError

MOST_MONTHS: Final = 60
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

    def add(self, **counts: int) -> None:
        """Count in."""
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def raise_to(self, **counts: int) -> None:
        """Keep the largest."""
        for name, count in counts.items():
            self.counts[name] = max(self.counts.get(name, 0), count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """From the first to the last, both taken in: 202601."""

    first: int
    last: int

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment, and the first after them."""
        return begin(self.first), begin(after(self.last))

    def each(self) -> Iterable[int]:
        """All of them, in order."""
        month = self.first
        while month <= self.last:
            yield month
            month = after(month)

    @property
    def in_text(self) -> Span:
        """As the catalogue is asked about times in words."""
        return Span(
            moment_text(self.in_us.since), [(m, moment_text(e)) for m, e in self.in_us.ends]
        )

    @property
    def in_us(self) -> Span:
        """As the catalogue is asked about microseconds."""
        ends = [(month, microseconds(begin(after(month)))) for month in self.each()]
        return Span(microseconds(begin(self.first)), ends)


class Lines:
    """The rows of one table, by what they are about."""

    def __init__(self, names: Mapping[str, str | None]) -> None:
        self._names = names
        self._found: dict[str, Line] = {}

    def __contains__(self, of: object) -> bool:
        return of in self._found

    def of(self, of: str | None) -> Line:
        """The row of an id; made where there is none."""
        of = of or ""
        if of not in self._found:
            self._found[of] = Line(of=of, name=self._names.get(of) or of)
        return self._found[of]

    @property
    def all(self) -> list[Line]:
        """By name."""
        return sorted(self._found.values(), key=lambda line: (line.name, line.of))


def months_of(first: str, last: str) -> Months:
    """Months as they are typed, like 2026-05. Raises MonthsError."""
    found = Months(first=_month(first), last=_month(last))
    if not found.first <= found.last or sum(1 for _ in found.each()) > MOST_MONTHS:
        raise MonthsError(f"1 to {MOST_MONTHS} months, the earlier one first")
    return found


def month_text(month: int) -> str:
    """202605 as 2026-05."""
    return f"{month // 100:04}-{month % 100:02}"


def month_at(moment_us: int) -> int:
    """The month of a moment in microseconds."""
    local = datetime.fromtimestamp(moment_us // 1_000_000, UTC) + OFFSET
    return local.year * 100 + local.month


def after(month: int) -> int:
    """The next one."""
    return month + 1 if month % 100 < 12 else month + 89


def begin(month: int) -> datetime:
    """Its first moment."""
    return datetime(month // 100, month % 100, 1, tzinfo=UTC) - OFFSET


def _month(text: str) -> int:
    year, _, month = text.strip().partition("-")
    plain = text.isascii() and year.isdecimal() and month.isdecimal()
    if not plain or len(year) != 4 or len(month) != 2 or not 1 <= int(month) <= 12:
        raise MonthsError(f"{text[:20]} is no month, like 2026-05")
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise MonthsError(f"{year} is too far away")
    return int(year) * 100 + int(month)
