"""What is due, from what the ledger says was done: dockings that nobody finished, audits, timestamps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.errors import ArchiveBusyError
from archive.opening import Archive
from archive.store.area import Area, recorder_area
from archive.timestamps.stamping import due

INCREMENTAL_EVERY: Final = timedelta(days=1)
FULL_EVERY: Final = timedelta(days=28)
_SETTLED: Final = timedelta(
    minutes=10
)  # a docking's own command has read back by then, or has died
_RECENT: Final = 50  # dockings that may have ended since the last look


class LastAudit(NamedTuple):
    """An audit on record."""

    at: datetime
    full: bool
    ok: bool
    size: int  # of the ledger it audited


class DueAudit(NamedTuple):
    """An audit to be run: of all when `since` is None, else of what was named from that index on."""

    since: int | None


def due_audit(audits: list[LastAudit], now: datetime) -> DueAudit | None:
    """The audit that is due: of all every 28 days, and each day of what is new since one that found nothing."""
    fulls = [audit for audit in audits if audit.full]
    if not fulls or now - fulls[-1].at >= FULL_EVERY:
        return DueAudit(since=None)
    if now - audits[-1].at < INCREMENTAL_EVERY:
        return None
    good = [audit.size for audit in audits if audit.ok]
    return DueAudit(since=max(good) if good else None)


def audits_on_record(archive: Archive) -> list[LastAudit]:
    """Every `audit.run` of this archive's station that stands for what came before it, oldest first."""
    archive.catalogue.catch_up()
    rows = archive.catalogue.custody(archive.settings.station)
    return [
        _last(datetime.fromisoformat(row.time), row.data)
        for row in rows
        if row.type == "audit.run" and row.data.get("mode") in {"full", "since"}
    ]


def _last(at: datetime, data: dict[str, Any]) -> LastAudit:
    return LastAudit(
        at=at, full=data["mode"] == "full", ok=bool(data["ok"]), size=int(data["size"])
    )


def timestamp_due(archive: Archive, now: datetime, tried: datetime | None) -> bool:
    """Whether a token is to be had: after each docking, and every so often where something came since the last one.

    Args:
        archive: the archive.
        now: the time.
        tried: when the station asked last, whatever came of it; None: not yet.
    """
    if not due(archive):
        return False
    newest = max((row.index for row in archive.catalogue.newest_timestamps().values()), default=-1)
    if tried is None and newest < 0:
        return True
    last = tried or datetime.fromisoformat(archive.reader.entry(newest).time)
    pause = timedelta(minutes=archive.settings.timestamps.every_minutes)
    if now >= last + pause or now < last:  # the clock was put back: who can tell how long it was
        return True
    ended = (row.ended_at for row in archive.catalogue.dockings(_RECENT))
    return any(end is not None and datetime.fromisoformat(end) > last for end in ended)


def left_dockings(archive: Archive, now: datetime) -> list[str]:
    """Dockings with clips that were never read back, and that nobody works at any more."""
    archive.catalogue.catch_up()
    dockings = dict.fromkeys(clip.docking for clip in archive.catalogue.unverified())
    return [id_ for id_ in dockings if id_ is not None and _is_left(archive, id_, now)]


def _is_left(archive: Archive, docking: str, now: datetime) -> bool:
    row = archive.catalogue.docking(docking)
    if row is None:
        return False
    if now - datetime.fromisoformat(row.ended_at or row.started_at) < _SETTLED:
        return False
    return row.ended_at is not None or not _is_running(archive, row.recorder_id)


def _is_running(archive: Archive, recorder: str | None) -> bool:
    try:
        Area(archive.store.incoming, recorder_area(recorder or ""), archive.disk).close()
    except ArchiveBusyError:
        return True
    return False
