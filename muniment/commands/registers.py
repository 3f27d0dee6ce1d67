"""`officer add|list`, `recorder register|list|show`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.documents import custody_event
from archive.catalogue.rows import OfficerRow, RecorderRow
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import AlreadyRegisteredError, UnknownNameError
from muniment.names import officer_id, unit_id
from muniment.opening import reading, writing
from muniment.receipt import local_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecorder:
    """What was typed."""

    serial: str
    make: str | None = None
    model: str | None = None
    officer: str | None = None  # badge
    unit: str | None = None  # name


def add_officer(asked: Asked, *, badge: str, name: str | None, unit: str | None) -> Answer:
    """Register an officer; one that was only noticed keeps the id. Raises AlreadyRegisteredError."""
    badge = badge.strip()
    with writing(asked) as archive:
        row = archive.catalogue.officer_by_badge(badge)
        if row is not None and row.registered:
            raise AlreadyRegisteredError(f"officer {printable(badge)} is registered already")
        event = Event(
            type="officer.registered",
            subject=new_id("officer") if row is None else row.id,
            actor=asked.actor,
            data={"unit": unit_id(archive, unit, actor=asked.actor)},
            text={"badge": badge} | ({"name": name} if name else {}),
        )
        archive.record([event])
        archive.catalogue.catch_up()
        made = archive.catalogue.officer(event.subject)
        document = {} if made is None else _officer(archive, made)
    return Answer(document=document, text=asked.words("officer.added", badge=printable(badge)))


def list_officers(asked: Asked) -> Answer:
    """All officers."""
    with reading(asked) as archive:
        documents = [_officer(archive, row) for row in archive.catalogue.officers()]
    if not documents:
        return Answer(document={"officers": []}, text=asked.words("officer.none"))
    rows = [
        [d["badge"] or "-", d["name"] or "-", d["unit"] or "-", _state(asked, d)] for d in documents
    ]
    lines = table(asked.words("officer.head").split("|"), rows)
    return Answer(document={"officers": documents}, text="\n".join(lines))


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
        document["history"] = [custody_event(event) for event in history]
        zone = archive.settings.zone
    lines = _recorder_lines(asked, [document])
    lines += ["", *(f"  {local_text(e.time, zone)}  {e.type}  {e.actor}" for e in history)]
    return Answer(document=document, text="\n".join(lines))


def _recorder_lines(asked: Asked, documents: list[dict[str, Any]]) -> list[str]:
    columns = ("recorder", "make", "model", "officer", "unit")
    rows = [[*(d[c] or "-" for c in columns), _state(asked, d)] for d in documents]
    return table(asked.words("recorder.head").split("|"), rows)


def _state(asked: Asked, document: dict[str, Any]) -> str:
    return asked.words("register.registered" if document["registered"] else "register.noticed")


def _unit_name(archive: Archive, unit: str | None) -> str | None:
    row = archive.catalogue.unit(unit) if unit else None
    return row.name if row is not None else unit


def _officer(archive: Archive, row: OfficerRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "badge": row.badge,
        "name": row.name,
        "unit": _unit_name(archive, row.unit_id),
        "registered": row.registered,
    }


def _recorder(archive: Archive, row: RecorderRow) -> dict[str, Any]:
    officer = archive.catalogue.officer(row.officer_id) if row.officer_id else None
    return {
        "id": row.id,
        "recorder": row.serial,
        "make": row.make,
        "model": row.model,
        "officer": row.officer_id if officer is None else officer.badge,
        "unit": _unit_name(archive, row.unit_id),
        "registered": row.registered,
    }
