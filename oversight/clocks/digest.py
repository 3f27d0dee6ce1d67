"""What is near or missed, unit by unit, and the alarm that a unit gets of it.

What always holds: one alarm for a unit on one day at most, none that says what an open one says already; an alarm
counts and names nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from archive.cases import deciding
from archive.catalogue.times import known_us
from archive.events import Event
from oversight.clocks.keeping import refresh
from oversight.clocks.kept import Kept, Scope
from oversight.clocks.model import State
from oversight.clocks.standing import now_of, reckoner_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.opening import Archive
    from oversight.clocks.kept_rows import KeptClock

ALARM: Final = "deadlines_missed"
_LOOKED: Final = 50  # alarms about a unit
_FIRST: Final = 20  # named in a digest of each state


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDigest:
    """What a unit has to do; the first of each state by name."""

    unit: str | None  # None: the whole agency, or no unit
    counts: Mapping[tuple[str, State], int]  # by rule and state
    missed: tuple[KeptClock, ...]
    nearing: tuple[KeptClock, ...]

    def count(self, state: State) -> int:
        """How many are in a state."""
        return sum(n for (_, each), n in self.counts.items() if each == state)


def digests(kept: Kept, now: int, *, unit: str | None = None) -> list[UnitDigest]:
    """Of every unit with something near or missed, or of one; those with most missed first."""
    found = [
        UnitDigest(
            unit=id_,
            counts=counts,
            missed=_first(kept, now, id_, "missed"),
            nearing=_first(kept, now, id_, "nearing"),
        )
        for id_, counts in kept.worrying(now).items()
        if unit is None or id_ == unit
    ]
    return sorted(
        found, key=lambda one: (-one.count("missed"), -one.count("nearing"), one.unit or "")
    )


def tell(archive: Archive, kept: Kept, *, now: int | None = None) -> int:
    """Count, and raise the day's alarms. Publishes nothing; answers with how many were raised.

    Raises:
        OversightError, ArchiveError, OSError: it is not all told; tried again it is, and nothing twice.
    """
    refresh(archive, kept)
    now, station = now or now_of(archive), archive.settings.station
    day = reckoner_of(archive).day_of(now)
    with deciding(archive):
        archive.catalogue.catch_up()
        raised = [
            Event(
                type="alarm.raised",
                subject=unit or station,
                actor=station,
                data={"code": ALARM, "account": None, "count": missed},
            )
            for unit, counts in sorted(kept.worrying(now).items(), key=lambda row: row[0] or "")
            if (missed := sum(n for (_, state), n in counts.items() if state == "missed"))
            and not _is_told(archive, unit or station, missed, now)
        ]
        if raised:
            archive.record(raised)
    archive.catalogue.catch_up()
    kept.set_told(str(day))
    return len(raised)


def is_due(archive: Archive, kept: Kept) -> bool:
    """Whether the day's digest was not told yet."""
    day = reckoner_of(archive).day_of(now_of(archive))
    return kept.told() != str(day)


def _first(kept: Kept, now: int, unit: str | None, state: State) -> tuple[KeptClock, ...]:
    scope = Scope(agency=True) if unit is None else Scope(unit=unit)
    return tuple(kept.clocks(now, states=(state,), scope=scope, limit=_FIRST))


def _is_told(archive: Archive, subject: str, missed: int, now: int) -> bool:
    """Whether there was one today, or an open one says the same."""
    standing = archive.catalogue.open_alarm(subject, ALARM, since="")
    if standing is not None and standing.count == missed:
        return True
    day_of = reckoner_of(archive).day_of
    for row in archive.catalogue.newest(subject, "alarm.raised", limit=_LOOKED):
        if row.data.get("code") == ALARM:
            raised = known_us(row.time)
            return raised is not None and day_of(raised) == day_of(now)
    return False
