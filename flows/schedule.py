"""What is due, from what the ledger says was done: dockings that nobody finished, audits, timestamps; the digest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.audit import Full, Turn
from archive.audit.modes import TURNS
from archive.errors import ArchiveBusyError
from archive.opening import Archive
from archive.store.area import Area, recorder_area
from archive.timestamps.stamping import due
from oversight.clocks.digest import is_due
from oversight.clocks.kept import Kept

EVERY: Final = timedelta(days=1)  # an audit
_AUDITS: Final = 400  # that are looked at: more than a year of them
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
    turn: int | None = None  # the next turn after those that it read; None: it read no turns


def due_audit(audits: list[LastAudit], now: datetime) -> Full | Turn | None:
    """The audit that is due, where one is.

    Of all, the first time, and while none was without findings. Then each day of what is new since one that found
    nothing and of the objects whose turn it is, with the turns of days on which nothing ran: so every byte is
    read at least once in `TURNS` days.
    """
    whole = [audit for audit in audits if audit.full or audit.turn is not None]
    good = [audit.size for audit in audits if audit.ok]
    if whole and now - audits[-1].at < EVERY:
        return None
    if not whole or not good:
        return Full()
    last = whole[-1]
    begin = next((audit.turn for audit in reversed(whole) if audit.turn is not None), None)
    first = _turn(last.at) + 1 if begin is None else begin
    missed = now - last.at >= TURNS * EVERY
    count = TURNS if missed else (_turn(now) - first) % TURNS + 1
    return Turn(first=first % TURNS, count=count, since=max(good))


def _turn(moment: datetime) -> int:
    """The turn of a day, UTC: an audit that takes hours does not move those after it."""
    return int(moment.timestamp() // EVERY.total_seconds()) % TURNS


def audits_on_record(archive: Archive) -> list[LastAudit]:
    """The newest audits of this archive's station that stand for what came before them, oldest first."""
    archive.catalogue.catch_up()
    rows = archive.catalogue.newest(archive.settings.station, "audit.run", limit=_AUDITS)
    return [
        _last(datetime.fromisoformat(row.time), row.data)
        for row in reversed(rows)
        if row.data.get("mode") in {"full", "since", "turn"}
    ]


def _last(at: datetime, data: dict[str, Any]) -> LastAudit:
    turn = None
    if data["mode"] == "turn" and data["of"] == TURNS:
        turn = (int(data["turn"]) + int(data["turns"])) % TURNS
    return LastAudit(
        at=at, full=data["mode"] == "full", ok=bool(data["ok"]), size=int(data["size"]), turn=turn
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


def deadlines_due(archive: Archive) -> bool:
    """Whether nobody told the day's digest of deadlines yet. Raises RuleFileError."""
    return is_due(archive, Kept(archive.root))


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
