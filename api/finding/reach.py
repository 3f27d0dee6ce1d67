"""What a visitor's searches reach: the catalogue's form of it, and whether a search would find anything at all."""

from __future__ import annotations

from api.access import Reach
from api.gate import Visitor
from api.service import Service
from archive.catalogue.finding_queries import MOST_COUNTED
from archive.catalogue.search import FindQuery, Scope


def scope_of(reach: Reach) -> Scope:
    """The catalogue's form of what somebody may know of."""
    return Scope(all=reach.all, units=reach.units, officers=reach.officers, requests=reach.requests)


def finds_any(
    service: Service,
    visitor: Visitor,
    *,
    case: str | None = None,
    number: str | None = None,
    officer: str | None = None,
    recorder: str | None = None,
    unit: str | None = None,
) -> bool:
    """Whether a search for these words would find anything in the visitor's reach. Shows nothing, records nothing."""
    query = FindQuery(
        case=case,
        number=number,
        officer=officer,
        recorder=recorder,
        unit=unit,
        limit=1,
        total=0,
        most_counted=MOST_COUNTED,
        scope=scope_of(visitor.reach),
    )
    return bool(service.archive.catalogue.find(query).clips)
