"""`recorder register|list|show|assign`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.documents import custody_event
from api.messages import name_of
from archive.catalogue.duty_queries import DutyCheckRow
from archive.catalogue.rows import ClockRow, RecorderRow
from archive.catalogue.times import lower_bound, microseconds
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from ingest.times import utc_text
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.commands.registers import state, unit_name
from muniment.errors import AlreadyRegisteredError, UnknownNameError, WrongUsageError
from muniment.names import officer_id, unit_id
from muniment.opening import reading, writing
from muniment.receipt import local_text

_READINGS: Final = 10  # of its clock that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecorder:
    """What was typed."""

    serial: str
    make: str | None = None
    model: str | None = None
    officer: str | None = None  # badge
    unit: str | None = None  # name


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHolder:
    """What was typed."""

    serial: str
    officer: str | None = None  # badge
    unit: str | None = None  # name
    nobody: bool = False
    from_: str | None = None
    reason: str | None = None


def register_recorder(asked: Asked, new: NewRecorder) -> Answer:
    """Register a recorder; one that was only noticed keeps the id. Raises AlreadyRegisteredError."""
    serial = new.serial.strip()
    with writing(asked) as archive:
        row = archive.catalogue.recorder_by_serial(serial)
        if row is not None and row.registered:
            raise AlreadyRegisteredError(f"recorder {printable(serial)} is registered already")
        officer = officer_id(archive, new.officer, actor=asked.actor) if new.officer else None
        texts = {"serial": serial, "make": new.make, "model": new.model}
        event = Event(
            type="recorder.registered",
            subject=new_id("recorder") if row is None else row.id,
            actor=asked.actor,
            data={"unit": unit_id(archive, new.unit, actor=asked.actor), "officer": officer},
            text={name: text for name, text in texts.items() if text},
        )
        archive.record([event])
        archive.catalogue.catch_up()
        made = archive.catalogue.recorder(event.subject)
        document = {} if made is None else _recorder(archive, made)
    text = asked.words("recorder.registered", serial=printable(serial))
    return Answer(document=document, text=text)


def list_recorders(asked: Asked) -> Answer:
    """All recorders."""
    with reading(asked) as archive:
        documents = [_recorder(archive, row) for row in archive.catalogue.recorders()]
    if not documents:
        return Answer(document={"recorders": []}, text=asked.words("recorder.none"))
    return Answer(
        document={"recorders": documents}, text="\n".join(_recorder_lines(asked, documents))
    )


def show_recorder(asked: Asked, serial: str) -> Answer:
    """A recorder and what happened to it. Raises UnknownNameError."""
    with reading(asked) as archive:
        row = archive.catalogue.recorder_by_serial(serial)
        if row is None:
            raise UnknownNameError(f"there is no recorder {printable(serial)}")
        document = _recorder(archive, row)
        history = archive.catalogue.custody(row.id)
        document["assignments"] = _assignments(archive, row)
        document["checks"] = [_check(check) for check in archive.catalogue.duty_checks(row.id)]
        readings = archive.catalogue.clock_readings(row.id, limit=_READINGS)
        document["clock"] = [_clock(reading) for reading in readings]
        document["history"] = [custody_event(event) for event in history]
        zone = archive.settings.zone
    lines = _recorder_lines(asked, [document])
    lines += _holder_lines(asked, document, zone) + _clock_lines(asked, document, zone)
    lines += _check_lines(asked, document, zone)
    lines += ["", asked.words("recorder.history")]
    events = [
        [local_text(e.time, zone), name_of(asked.language, "event", e.type), e.type, e.actor]
        for e in history
    ]
    lines += (f"  {line}" for line in table([""] * 4, events)[1:])
    return Answer(document=document, text="\n".join(lines))


def _recorder_lines(asked: Asked, documents: list[dict[str, Any]]) -> list[str]:
    columns = ("recorder", "make", "model", "officer", "unit")
    rows = [[*(d[c] or "-" for c in columns), state(asked, d)] for d in documents]
    return table(asked.words("recorder.head").split("|"), rows)


def assign_recorder(asked: Asked, new: NewHolder) -> Answer:
    """Say who has a recorder from a moment on.

    Raises:
        WrongUsageError, TimeTextError, UnknownNameError: nothing was written.
    """
    if new.nobody == bool(new.officer or new.unit):
        raise WrongUsageError("say who has it: --officer, --unit, or --nobody alone")
    with writing(asked) as archive:
        zone = archive.settings.zone
        since = lower_bound(new.from_, zone) if new.from_ else datetime.now(UTC)
        row = archive.catalogue.recorder_by_serial(new.serial)
        if row is None:
            raise UnknownNameError(f"there is no recorder {printable(new.serial)}")
        officer = officer_id(archive, new.officer, actor=asked.actor) if new.officer else None
        unit = unit_id(archive, new.unit, actor=asked.actor) if new.unit else None
        event = Event(
            type="recorder.assigned",
            subject=row.id,
            actor=asked.actor,
            data={"officer": officer, "unit": unit, "from": utc_text(since)},
            text={"reason": new.reason} if new.reason else None,
        )
        archive.record([event])
        archive.catalogue.catch_up()
        document = _recorder(archive, row) | {"assignments": _assignments(archive, row)}
    holder = " ".join(name for name in (new.officer, new.unit) if name)
    text = asked.words(
        "recorder.assigned",
        serial=printable(row.serial or new.serial),
        holder=printable(holder) or asked.words("recorder.nobody"),
        time=local_text(utc_text(since), zone),
    )
    return Answer(document=document, text=text)


def _recorder(archive: Archive, row: RecorderRow) -> dict[str, Any]:
    now = microseconds(datetime.now(UTC))
    terms = [a for a in archive.catalogue.assignments(row.id) if a.from_us <= now]
    officer, unit = row.officer_id, row.unit_id
    if terms:
        officer, unit = terms[-1].officer_id, terms[-1].unit_id or row.unit_id
    return {
        "id": row.id,
        "recorder": row.serial,
        "make": row.make,
        "model": row.model,
        "firmware": row.firmware,
        "second_serial": row.second_serial,
        "officer": _badge(archive, officer),
        "unit": unit_name(archive, unit),
        "registered": row.registered,
    }


def _badge(archive: Archive, officer: str | None) -> str | None:
    row = archive.catalogue.officer(officer) if officer else None
    return officer if row is None else row.badge


def _assignments(archive: Archive, row: RecorderRow) -> list[dict[str, Any]]:
    """Who had a recorder, oldest first; before the first: who it was registered with."""
    return [
        {
            "from": a.from_,
            "by": _badge(archive, a.handed_by),
            "officer": _badge(archive, a.officer_id),
            "unit": unit_name(archive, a.unit_id),
            "reason": a.reason,
            "assigned_at": a.assigned_at,
        }
        for a in archive.catalogue.assignments(row.id)
    ]


def _check(row: DutyCheckRow) -> dict[str, Any]:
    """A look before duty."""
    return {
        "at": row.at,
        "ok": row.ok,
        "codes": list(row.codes),
        "battery": row.battery,
        "free_bytes": row.free_bytes,
        "offset_ms": row.offset_ms,
        "note": row.note,
    }


def _clock(row: ClockRow) -> dict[str, Any]:
    return {
        "what": "set" if row.was_set else "read",
        "time": row.host,
        "docking": row.docking,
        "raw": row.raw,
        "offset_us": row.offset_us,
        "uncertainty_us": row.uncertainty_us,
        "drift_ms_per_day": row.drift_ms_per_day,
        "drift_uncertainty_ms_per_day": row.drift_uncertainty,
    }


def _holder_lines(asked: Asked, document: dict[str, Any], zone: ZoneInfo) -> list[str]:
    rows = [
        [
            local_text(a["from"], zone),
            *(printable(a[c] or "-") for c in ("by", "officer", "unit", "reason")),
        ]
        for a in document["assignments"]
    ]
    if not rows:
        return []
    head = asked.words("recorder.holders_head").split("|")
    return ["", asked.words("recorder.holders"), *table(head, rows)]


def _clock_lines(asked: Asked, document: dict[str, Any], zone: ZoneInfo) -> list[str]:
    rows = [
        [
            local_text(c["time"], zone),
            seconds_text(c["offset_us"], 1e6),
            seconds_text(c["uncertainty_us"], 1e6).lstrip("+"),
            seconds_text(c["drift_ms_per_day"], 1e3),
            asked.words("recorder.clock_set" if c["what"] == "set" else "recorder.clock_read"),
        ]
        for c in document["clock"]
    ]
    if not rows:
        return []
    head = asked.words("recorder.clock_head").split("|")
    return ["", asked.words("recorder.clock"), *table(head, rows, flush_right=(1, 2, 3))]


def _check_lines(asked: Asked, document: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """The last look before duty."""
    if not document["checks"]:
        return []
    last, serial = document["checks"][0], printable(document["recorder"] or "-")
    said = asked.words("recorder.fit" if last["ok"] else "recorder.unfit", serial=serial)
    faults = [asked.words(f"recorder.fault.{code}") for code in last["codes"]]
    return ["", f"{local_text(last['at'], zone)}  {said}", *faults]


def seconds_text(value: int | None, unit: float) -> str:
    """A time with its sign, in seconds; a dash where it is unknown."""
    return "-" if value is None else f"{value / unit:+.3f} s"
