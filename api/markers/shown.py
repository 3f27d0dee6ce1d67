"""Markers and notes as the watch page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from api.gate import Seen
from api.mediawords import moment
from api.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerView:
    """One marker or note in words."""

    id: str
    from_us: int | None
    at: str
    text: str | None
    name: str
    set_at: str
    own: bool


def markers_of(service: Service, seen: Seen) -> list[MarkerView]:
    """Notes about all of the clip first, then in the film's order."""
    return [
        MarkerView(
            id=row.id,
            from_us=row.from_us,
            at="" if row.from_us is None else moment(row.from_us / 1_000_000),
            text=row.text,
            name=row.actor_name or row.actor,
            set_at=row.set_at,
            own=row.actor == seen.visitor.account.id,
        )
        for row in service.archive.catalogue.markers(seen.clip.clip)
    ]
