"""Whose a clip is: the officer named by hand, else who had the recorder then, else its name's badge, else the device's.

Holds: the register's word is the one of the moment at which the clip was made, by the corrected clock. Where the
recorder or a clip's name says another officer than the register, the register counts, and the dispute is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from archive.catalogue.rows import Assignment
from archive.catalogue.times import microseconds
from archive.events import Event

_FIELD: Final = 6  # characters: userNo in GA/T 947's ZFY_INFO; longer badges do not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Officer and unit (ids) that a clip belongs to."""

    officer: str | None
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Two officers (ids) for one clip."""

    assigned: str  # by the register
    carried: str
    by: Literal["device", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """What is known of the officers that clips of one docking may belong to. A value; asks nobody."""

    by_hand: str | None
    history: Sequence[Assignment]  # by `from_us`
    registered: Owner  # before the first assignment
    device: str | None  # the badge that the recorder was set up for
    officers: Mapping[str, str]  # badge -> id, of all badges that the clips or the recorder carry
    badges: Mapping[str, str | None]  # id -> badge, of officers the register names
    units: Mapping[str, str | None]  # officer -> unit
    unit: str | None  # the station's

    def of(self, start: datetime | None, badge: str | None) -> Owner:
        """The owner of a clip.

        Args:
            start: when it began, corrected; None where nobody knows: then who has the recorder now.
            badge: the one in its name.
        """
        term = self._term(start)
        carried = self.officers.get(badge or "") or self.officers.get(self.device or "")
        officer = self.by_hand or term.officer or carried
        unit = self.units.get(officer or "") or term.unit or self.registered.unit or self.unit
        return Owner(officer=officer, unit=unit)

    def disputes(self, start: datetime | None, badge: str | None) -> list[Dispute]:
        """Who else is said to have made a clip that the register ties to an officer."""
        assigned = self._term(start).officer
        if self.by_hand is not None or assigned is None:
            return []
        found: list[Dispute] = []
        named = self.officers.get(badge or "")
        if named is not None and named != assigned:
            found.append(Dispute(assigned=assigned, carried=named, by="name"))
        device = self.officers.get(self.device or "")
        if device is not None and device != assigned and not self._fits(assigned):
            found.append(Dispute(assigned=assigned, carried=device, by="device"))
        return found

    def _term(self, start: datetime | None) -> Owner:
        moment = microseconds(start or datetime.now(UTC))
        for term in reversed(self.history):
            if term.from_us <= moment:
                return Owner(officer=term.officer_id, unit=term.unit_id)
        return self.registered

    def _fits(self, assigned: str) -> bool:
        """Whether the device's short field holds a part of the assigned officer's longer badge."""
        badge, field = self.badges.get(assigned) or "", self.device or ""
        return len(field) == _FIELD < len(badge) and (
            badge.startswith(field) or badge.endswith(field)
        )


def device_badge(said: str | None) -> str | None:
    """A badge that a recorder says, as text; None where it says none: empty, or zeros as it left the factory."""
    badge = (said or "").encode("utf-8", "backslashreplace").decode().strip().strip("\0")
    return None if not badge.strip("0") else badge


def dispute_events(
    owners: Owners,
    clips: Iterable[tuple[datetime | None, str | None]],
    *,
    docking: str,
    recorder: str,
    actor: str,
) -> list[Event]:
    """One event for each pair of officers that clips (start, badge in the name) are disputed between."""
    counts = Counter(d for start, badge in clips for d in owners.disputes(start, badge))
    return [
        Event(
            type="officer.disputed",
            subject=docking,
            actor=actor,
            data={
                "recorder": recorder,
                "assigned": pair.assigned,
                "carried": pair.carried,
                "by": pair.by,
                "clips": count,
            },
        )
        for pair, count in counts.items()
    ]
