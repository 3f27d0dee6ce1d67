"""`officer add|list`, and how the registers' rows are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from archive.catalogue.duty_queries import CertificateRow
from archive.catalogue.rows import OfficerRow
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.commands.duty import certificate
from muniment.errors import AlreadyRegisteredError
from muniment.names import unit_id
from muniment.opening import reading, writing
from oversight.registers.certificates import KINDS, standing_of


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
    now = datetime.now(UTC)
    with reading(asked) as archive:
        documents = [_officer(archive, row) for row in archive.catalogue.officers()]
        held: dict[str, list[CertificateRow]] = {}
        for owned in archive.catalogue.all_certificates():
            held.setdefault(owned.officer_id, []).append(owned)
        day = now.astimezone(archive.settings.zone).date()
    for document in documents:
        own = held.get(document["id"], [])
        document["certificates"] = [certificate(one) for one in own]
        for kind in KINDS:
            of_kind = [one for one in own if one.kind == kind]
            document[kind] = standing_of(of_kind, now, day).state
    if not documents:
        return Answer(document={"officers": []}, text=asked.words("officer.none"))
    rows = [
        [
            *(d[column] or "-" for column in ("badge", "name", "unit")),
            state(asked, d),
            *(asked.words(f"officer.standing.{d[kind]}") for kind in KINDS),
        ]
        for d in documents
    ]
    lines = table(asked.words("officer.head").split("|"), rows)
    return Answer(document={"officers": documents}, text="\n".join(lines))


def state(asked: Asked, document: dict[str, Any]) -> str:
    """Whether somebody registered it, for people."""
    return asked.words("register.registered" if document["registered"] else "register.noticed")


def unit_name(archive: Archive, unit: str | None) -> str | None:
    """A unit's name; its id where it has none."""
    row = archive.catalogue.unit(unit) if unit else None
    return row.name if row is not None else unit


def _officer(archive: Archive, row: OfficerRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "badge": row.badge,
        "name": row.name,
        "unit": unit_name(archive, row.unit_id),
        "registered": row.registered,
    }
