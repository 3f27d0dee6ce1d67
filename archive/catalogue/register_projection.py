"""Rows of the registers: units, accounts, officers, recorders, and who has which recorder. See projection.py."""

from __future__ import annotations

import json

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Row, Rows
from archive.catalogue.times import known_us


def unit(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`unit.registered`."""
    rows.units.append({"id": event.subject, "name": written.text_or_none("name")})
    rows.names_changed = event.index


def account(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`account.added`."""
    rows.accounts.append(
        {
            "id": event.subject,
            "name": written.text_or_none("name"),
            "role": data.text("role"),
            "unit_id": data.text_or_none("unit"),
            "officer_id": data.text_or_none("officer"),
            "disabled": False,
        }
    )


def account_disabled(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    """`account.disabled`."""
    # None leaves what the row already says (writing.py).
    nothing: Row = dict.fromkeys(("name", "role", "unit_id", "officer_id"))
    rows.accounts.append({"id": event.subject, **nothing, "disabled": True})


def officer(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`officer.registered`, `officer.noticed`."""
    rows.officers.append(
        {
            "id": event.subject,
            "badge": written.text_or_none("badge"),
            "name": written.text_or_none("name"),
            "unit_id": data.text_or_none("unit"),
            "registered": event.type == "officer.registered",
        }
    )
    rows.names_changed = event.index


def recorder(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`recorder.registered`, `recorder.noticed`."""
    rows.recorders.append(
        {
            "id": event.subject,
            "serial": written.text_or_none("serial"),
            "make": written.text_or_none("make"),
            "model": written.text_or_none("model"),
            "unit_id": data.text_or_none("unit"),
            "officer_id": data.text_or_none("officer"),
            "registered": event.type == "recorder.registered",
        }
    )
    rows.names_changed = event.index


def assigned(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`recorder.assigned`."""
    since = data.text("from")
    since_us = known_us(since)
    if since_us is None:
        raise MalformedEventError("from")
    rows.assignments.append(
        {
            "index": event.index,
            "recorder_id": event.subject,
            "officer_id": data.text_or_none("officer"),
            "unit_id": data.text_or_none("unit"),
            "from": since,
            "from_us": since_us,
            "reason": written.text_or_none("reason"),
            "assigned_at": event.time,
            "actor": event.actor,
            "handed_by": data.text_or_none("by"),
        }
    )


def twin(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`recorder.twin_noticed`."""
    rows.twins.append(
        {
            "index": event.index,
            "recorder_id": event.subject,
            "noticed_at": event.time,
            "ports": json.dumps(data.texts("ports"), ensure_ascii=False),
        }
    )
