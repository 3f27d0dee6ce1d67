"""Unusual viewing: counted from what is recorded anyway, and an alarm from the policy's thresholds on.

What always holds: nothing is looked up while a range is served; what is counted is different clips, so a player that
asks a thousand times is one. An account that crosses a threshold is told of once an hour, or once a night. Counts are
of this process and begin anew with it; what was viewed stays in the ledger.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from api.approval.errors import PolicyError
from api.approval.policy import Policy, Unusual
from api.approval.policy_reading import policy_of, shipped
from api.rights.alarms import record_alarm
from archive.events import Event, record
from archive.ledger.entry import Entry
from archive.opening import Archive

MANY_VIEWS: Final = "many_views"
MANY_REFUSALS: Final = "many_refusals"
MANY_EXPORTS: Final = "many_exports"
VIEWS_AT_NIGHT: Final = "views_at_night"
_HOUR: Final = 3600.0
_KINDS: Final = {
    "clip.viewed": MANY_VIEWS,
    "access.refused": MANY_REFUSALS,
    "still.exported": MANY_EXPORTS,
}
_MOST_KEPT: Final = 2_000  # of one account and kind
_MOST_ACCOUNTS: Final = 10_000


def appending(archive: Archive, noticing: Noticing) -> Callable[[list[Event]], list[Entry]]:
    """What appends the events of a service, and has them counted once they are durable."""

    def append(events: list[Event]) -> list[Entry]:
        entries = record(archive, events)
        noticing.saw(events)
        return entries

    return append


@dataclass(slots=True)
class _Counted:
    """What one account did of one kind, oldest first."""

    seen: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_MOST_KEPT))
    told: float = 0.0  # no alarm before


class Noticing:
    """See the module. Threads may share it."""

    def __init__(self, archive: Archive, *, clock: Callable[[], float] = time.time) -> None:
        self._archive, self._clock = archive, clock
        self._counts: dict[tuple[str, str], _Counted] = {}
        self._lock = threading.Lock()

    def saw(self, events: Sequence[Event]) -> None:
        """Count what was recorded; raise what is due.

        Raises:
            ArchiveError: an alarm could not be appended.
        """
        counted = [e for e in events if e.type in _KINDS and e.actor.startswith("account-")]
        if not counted:
            return
        unusual, now = self._policy().unusual, self._clock()
        for event in counted:
            for code, count in self._crossed(event, unusual, now):
                account = event.actor
                record_alarm(
                    self._archive,
                    actor=self._archive.settings.station,
                    subject=account,
                    code=code,
                    account=account,
                    count=count,
                    clip=event.subject if event.type != "access.refused" else None,
                )

    def _crossed(self, event: Event, unusual: Unusual, now: float) -> list[tuple[str, int]]:
        code = _KINDS[event.type]
        limits = {
            MANY_VIEWS: unusual.clips_an_hour,
            MANY_REFUSALS: unusual.refusals_an_hour,
            MANY_EXPORTS: unusual.exports_an_hour,
        }
        # The clip; of refusals and stills each one counts.
        what = event.subject if code == MANY_VIEWS else str(now) + str(id(event))
        found = [(code, self._count(event.actor, code, what, now, _HOUR), limits[code], _HOUR)]
        if code == MANY_VIEWS and (left := self._night_left(event.actor, unusual, now)) is not None:
            spent, rest = left
            count = self._count(event.actor, VIEWS_AT_NIGHT, what, now, spent)
            found.append((VIEWS_AT_NIGHT, count, unusual.night_clips, rest))
        return [
            (name, count)
            for name, count, limit, silence in found
            if limit and count >= limit and self._tell(event.actor, name, now, silence)
        ]

    def _count(self, account: str, code: str, what: str, now: float, window: float) -> int:
        with self._lock:
            if len(self._counts) >= _MOST_ACCOUNTS:
                self._counts.clear()
            kept = self._counts.setdefault((account, code), _Counted()).seen
            while kept and kept[0][0] <= now - window:
                kept.popleft()
            kept.append((now, what))
            return len({one for _, one in kept})

    def _tell(self, account: str, code: str, now: float, silence: float) -> bool:
        with self._lock:
            counted = self._counts[account, code]
            if now < counted.told:
                return False
            counted.told = now + silence
            return True

    def _night_left(self, account: str, unusual: Unusual, now: float) -> tuple[float, float] | None:
        """Seconds of the night so far, and to come; None: it is day, or the account's unit is on duty."""
        local = datetime.fromtimestamp(now, UTC).astimezone(self._archive.settings.zone)
        night = unusual.night
        if local.time() not in night:
            return None
        duty = unusual.duty.get(self._unit_name(account) or "") if unusual.duty else None
        if duty is not None and local.time() in duty:
            return None
        begin = datetime.combine(local.date(), night.begin, local.tzinfo)
        begin = begin if begin <= local else begin - timedelta(days=1)
        end = datetime.combine(begin.date(), night.end, local.tzinfo)
        end = end if end > begin else end + timedelta(days=1)
        return (local - begin).total_seconds() + 1, (end - local).total_seconds()

    def _unit_name(self, account: str) -> str | None:
        catalogue = self._archive.catalogue
        row = catalogue.account(account)
        unit = None if row is None else row.unit_id
        if row is not None and unit is None and row.officer_id is not None:
            officer = catalogue.officer(row.officer_id)
            unit = None if officer is None else officer.unit_id
        found = None if unit is None else catalogue.unit(unit)
        return None if found is None else found.name

    def _policy(self) -> Policy:
        try:
            return policy_of(self._archive.root)
        except PolicyError:
            return shipped()  # nobody is granted anything by a broken policy; somebody still looks
