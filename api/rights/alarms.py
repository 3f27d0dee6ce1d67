"""Alarms: what somebody has to look at, into the ledger, until somebody has and says what came of it.

What always holds: an alarm that was raised stays, settled or not; the same one (code and subject) that is open and
younger than ten minutes is counted and not written again, so that a flood costs one entry; nobody settles an alarm
about themselves. Codes: docs/access.md, "Alarms".
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from archive.events import Event
from archive.opening import Archive

if TYPE_CHECKING:
    from api.service import Service

AGAIN_AFTER: Final = timedelta(minutes=10)
_MOST_COUNTED: Final = 10_000  # kinds and subjects; past it counts begin anew, entries do not


@dataclass(slots=True)
class Repeats:
    """How often this process met an alarm that was written already."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)


async def raise_alarm(
    service: Service,
    *,
    subject: str,
    code: str,
    account: str | None = None,
    count: int | None = None,
    request: str | None = None,
    clip: str | None = None,
) -> None:
    """Raise an alarm; durable on return.

    Args:
        service: whose archive.
        subject: an account's id, or the station's: what it is about.
        code: of docs/access.md.
        account: whose doing it is, where that is known.
        count: how many of what the code says.
        request: by which footage was opened.
        clip: that it was about.

    Raises:
        ArchiveError: it could not be appended.
    """
    event = alarm_of(
        actor=service.archive.settings.station,
        subject=subject,
        code=code,
        account=account,
        count=count,
        request=request,
        clip=clip,
    )
    if await asyncio.to_thread(_record, service.archive, event, service.repeats):
        service.freshness.changed()


def record_alarm(
    archive: Archive,
    *,
    actor: str,
    subject: str,
    code: str,
    account: str | None = None,
    count: int | None = None,
    request: str | None = None,
    clip: str | None = None,
) -> None:
    """The same where no service runs: the command line. Raises as `Archive.record`."""
    event = alarm_of(
        actor=actor,
        subject=subject,
        code=code,
        account=account,
        count=count,
        request=request,
        clip=clip,
    )
    _record(archive, event, Repeats())


def alarm_of(
    *,
    actor: str,
    subject: str,
    code: str,
    account: str | None = None,
    count: int | None = None,
    request: str | None = None,
    clip: str | None = None,
) -> Event:
    """The entry of an alarm, for a batch that it must not be missing from; else `raise_alarm` or `record_alarm`."""
    data = {"code": code, "account": account, "count": count}
    data |= {"request": request} if request else {}
    data |= {"clip": clip} if clip else {}
    return Event(type="alarm.raised", subject=subject, actor=actor, data=data)


def _record(archive: Archive, event: Event, repeats: Repeats) -> bool:
    """Append it unless the same is open and young; says whether it did."""
    code = str(event.data["code"])
    key = event.subject, code
    since = datetime.now(UTC) - AGAIN_AFTER
    with repeats.lock:
        archive.catalogue.catch_up()
        before = repeats.counts.get(key, 0)
        if archive.catalogue.open_alarm(*key, since=since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")):
            if len(repeats.counts) >= _MOST_COUNTED:
                repeats.counts.clear()
            repeats.counts[key] = before + 1
            return False
        if before and event.data["count"] is None:
            event.data["count"] = before + 1  # this one, and those that were not written
        archive.record([event])
        repeats.counts.pop(key, None)
        return True


def settle(archive: Archive, *, actor: str, index: int, subject: str, reason: str) -> None:
    """Say that an alarm was looked at, and what came of it; the first word counts. Raises as `Archive.record`."""
    data = {"alarm": index}
    settled = Event(
        type="alarm.settled", subject=subject, actor=actor, data=data, text={"reason": reason}
    )
    archive.record([settled])
