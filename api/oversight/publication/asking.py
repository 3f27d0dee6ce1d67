"""What a visitor is shown of publications and of a year's figures.

What always holds: whoever sees all facts is shown all; a supervisor and an officer what is of their unit and cases, and
of the figures likewise. A figure that is shown leads to just the cases that it counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from api.documents import Document
from api.errors import InvalidInputError
from api.gate import Visitor
from api.oversight.publication.acting import is_own
from api.service import Service
from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.report_queries import DoneCase
from oversight.report import annual
from oversight.report.counting import rows_of

STATES: Final = (
    *("proposed", "checked", "approved", "published"),
    *("withdrawn", "declined", "expired"),
)
MOST: Final = 200
_LOOKED: Final = 2_000
MOST_CASES: Final = 1_000
_kept: Final[dict[tuple[str, int], tuple[int, Document]]] = {}


def states_of(asked: str | None) -> tuple[str, ...]:
    """The states that were asked for. Raises InvalidInputError."""
    wanted = {part.strip() for part in (asked or "").split(",") if part.strip()}
    if not wanted <= set(STATES):
        raise InvalidInputError(f"a state is one of {', '.join(STATES)}")
    return tuple(state for state in STATES if state in wanted) or STATES


def listed(service: Service, visitor: Visitor, states: Iterable[str]) -> list[PublicationRow]:
    """Publications that the visitor has to do with, oldest first."""
    catalogue, found = service.archive.catalogue, []
    for row in catalogue.publications(*states, limit=_LOOKED):
        case = None if row.about is None else catalogue.case(row.about)
        if row.kind != "decision" or (case is not None and is_own(visitor, case)):
            found.append(row)
    return found[-MOST:]


async def report_of(service: Service, visitor: Visitor, year: int) -> Document:
    """The figures of a year that the visitor is shown. Raises ReportError, RuleFileError."""
    await service.freshness.for_search()
    found = await asyncio.to_thread(_report, service, year)
    if visitor.reach.all:
        return found
    lines = [line for line in found["lines"] if line["unit_id"] == _unit(visitor)]
    total = {
        name: sum(line[name] for line in lines) if isinstance(value, int) else value
        for name, value in found["total"].items()
    }
    return found | {"lines": lines, "total": total}


async def rows_behind(
    service: Service,
    visitor: Visitor,
    year: int,
    figure: str,
    *,
    unit: str | None,
    act: str | None,
) -> tuple[list[DoneCase], int]:
    """The first cases that a figure counts, and how many it does. Raises ReportError, RuleFileError."""
    await service.freshness.for_search()
    only = unit if visitor.reach.all else _unit(visitor)

    def look() -> tuple[list[DoneCase], int]:
        first: list[DoneCase] = []
        count = 0
        for row in rows_of(service.archive, year, figure, unit=only, act=act):
            count += 1
            if len(first) < MOST_CASES:
                first.append(row)
        return first, count

    return await asyncio.to_thread(look)


def _report(service: Service, year: int) -> Document:
    """Counted anew only where the ledger has grown since."""
    key = str(service.archive.root), year
    size = service.archive.catalogue.head().size
    there = _kept.get(key)
    if there is not None and there[0] == size:
        return there[1]
    found = annual.report(service.archive, year)
    _kept[key] = size, found
    return found


def _unit(visitor: Visitor) -> str:
    return visitor.account.unit or "none"  # no unit has this id
