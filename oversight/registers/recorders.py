"""Recorders: from whose hands into whose (谁、何时、交接), and the look at one before duty.

What always holds: who gives a recorder away is who had it then; hand-overs of one recorder follow each other in time.
A check before duty looks at battery, card and clock, all three, against the limits in force on its day: what was not
looked at is not in order. A decision is looked at, made and appended while the case register is held.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from archive.cases import deciding
from archive.catalogue.duty_queries import DutyCheckRow
from archive.catalogue.rows import Assignment, RecorderRow
from archive.catalogue.times import microseconds
from archive.events import Event
from archive.opening import Archive
from oversight.registers.errors import DutyCheckError, HandOverError, NotRegisteredError
from oversight.rules.book import RuleBook
from oversight.rules.own import book_of

_MEGABYTE: Final = 1_000_000
_MOST: Final = 2**53 - 1
_MOST_TEXT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One hand-over; ids."""

    to: str | None  # None: it was handed in
    by: str | None = None  # None: whoever has it
    at: datetime | None = None  # aware; None: now
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody saw of a recorder before duty; None: not looked at."""

    battery: int | None  # per cent
    free_bytes: int | None
    offset_ms: int | None  # true time − the recorder's clock
    officer: str | None = None  # id: whose duty
    at: datetime | None = None  # aware; None: now
    note: str | None = None


def holder_at(archive: Archive, recorder: RecorderRow, moment: datetime) -> str | None:
    """Which officer (id) has a recorder at a moment: as told last, else as it was registered."""
    found, now = recorder.officer_id, microseconds(moment)
    for term in archive.catalogue.assignments(recorder.id):
        if term.from_us <= now:
            found = term.officer_id
    return found


def hand_over(archive: Archive, recorder: str, new: HandOver, *, actor: str) -> Assignment:
    """Write down that a recorder (id) went from hand to hand.

    Raises:
        NotRegisteredError, HandOverError: nothing was done.
    """
    now = datetime.now(UTC)
    at = now if new.at is None else new.at.astimezone(UTC)
    with deciding(archive):
        row = _need_recorder(archive, recorder)
        for officer in (new.to, new.by):
            if officer is not None and archive.catalogue.officer(officer) is None:
                raise NotRegisteredError("there is no such officer: `muniment officer add`")
        terms = archive.catalogue.assignments(row.id)
        if at > now or any(term.from_us > microseconds(at) for term in terms):
            raise HandOverError("a hand-over is not in the future, and not before the last one")
        holder = holder_at(archive, row, at)
        if new.by is not None and new.by != holder:
            raise HandOverError("whoever is to hand it over does not have it then")
        if new.to == holder:
            raise HandOverError("it is in these hands already")
        data = {"officer": new.to, "unit": None, "from": _text(at)}
        if holder is not None:
            data["by"] = holder
        why = _line(new.reason)
        event = Event(
            type="recorder.assigned",
            subject=row.id,
            actor=actor,
            data=data,
            text={"reason": why} if why else None,
        )
        archive.record([event])
        archive.catalogue.catch_up()
        return archive.catalogue.assignments(row.id)[-1]


def check(archive: Archive, recorder: str, look: Look, *, actor: str) -> DutyCheckRow:
    """Write down a look at a recorder (id) before duty, and whether it is in order.

    Raises:
        NotRegisteredError, DutyCheckError: nothing was done.
        RuleFileError, NoRuleError: it cannot be said what is in order. Nothing was done.
    """
    now = datetime.now(UTC)
    at = now if look.at is None else look.at.astimezone(UTC)
    if at > now:
        raise DutyCheckError("a check is not in the future")
    if look.battery is not None and not 0 <= look.battery <= 100:
        raise DutyCheckError("a battery has 0 to 100 per cent")
    if look.free_bytes is not None and not 0 <= look.free_bytes <= _MOST:
        raise DutyCheckError("a card has no such room")
    if look.offset_ms is not None and abs(look.offset_ms) > _MOST:
        raise DutyCheckError("no clock is off by that much")
    codes, note = faults(archive, book_of(archive.root), look, at), _line(look.note)
    with deciding(archive):
        _need_recorder(archive, recorder)
        if look.officer is not None and archive.catalogue.officer(look.officer) is None:
            raise NotRegisteredError("there is no such officer: `muniment officer add`")
        data = {
            "officer": look.officer,
            "ok": not codes,
            "codes": codes,
            "battery": look.battery,
            "free_bytes": look.free_bytes,
            "offset_ms": look.offset_ms,
            "at": _text(at),
        }
        event = Event(
            type="recorder.checked",
            subject=recorder,
            actor=actor,
            data=data,
            text={"note": note} if note else None,
        )
        archive.record([event])
        archive.catalogue.catch_up()
        found = archive.catalogue.duty_checks(recorder)
        return max(found, key=lambda row: row.index)


def faults(archive: Archive, book: RuleBook, look: Look, at: datetime) -> list[str]:
    """What is not in order: codes; empty: all is. Raises NoRuleError."""
    day = at.astimezone(archive.settings.zone).date()
    free = None if look.free_bytes is None else look.free_bytes // _MEGABYTE
    off = None if look.offset_ms is None else abs(look.offset_ms)
    found = []
    for what, rule, value, wrong in (
        ("battery", "duty_battery", look.battery, "low"),
        ("card", "duty_free_megabytes", free, "full"),
        ("clock", "duty_clock_ms", off, "off"),
    ):
        if value is None:
            found.append(f"{what}_not_looked_at")
        elif not book.limit(rule, day).allows(value):
            found.append(f"{what}_{wrong}")
    return found


def _need_recorder(archive: Archive, recorder: str) -> RecorderRow:
    row = archive.catalogue.recorder(recorder)
    if row is None:
        raise NotRegisteredError("there is no such recorder")
    return row


def _line(text: str | None) -> str | None:
    """What people said of it, trimmed. Raises DutyCheckError."""
    shown = unicodedata.normalize("NFC", text or "").strip()
    if len(shown) > _MOST_TEXT or any(unicodedata.category(c) in {"Cc", "Cs"} for c in shown):
        raise DutyCheckError(f"a note is one line of at most {_MOST_TEXT} characters")
    return shown or None


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
