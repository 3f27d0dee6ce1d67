"""Rows of legal reviews and of publications. See projection.py."""

from __future__ import annotations

import json

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.file_projection import listed
from archive.catalogue.projected import Row, Rows


def done(event: LedgerEvent, written: Fields, name: str) -> Row:
    """Of a step that was taken: when, by whom, why, and of what."""
    return {
        f"{name}_at": event.time,
        f"{name}_actor": event.actor,
        f"{name}_reason": written.text_or_none("reason"),
        "the_id": event.subject,
    }


def requested(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`review.requested`."""
    review: Row = {
        "id": event.subject,
        "index": event.index,
        "case_id": data.text("case"),
        "round": data.number("round"),
        "state": "requested",
        "documents": json.dumps(listed(data, "documents")),
        "clips": json.dumps(listed(data, "clips")),
        "question": written.text_or_none("question"),
        "requested_at": event.time,
        "requested_actor": event.actor,
    }
    rows.step("reviews", "add", review)


def taken(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`review.taken`: the newest reviewer counts until the answer."""
    reviewer = data.text("reviewer")
    row: Row = {"reviewer": reviewer, "taken_at": event.time, "the_id": event.subject}
    rows.step("reviews", "taken", row)


def answered(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`review.answered`."""
    points, notes = event.data.get("points"), event.written.get("notes")
    if not isinstance(points, list):
        raise MalformedEventError("points")
    row: Row = {
        **done(event, written, "answered"),
        "outcome": data.text("outcome"),
        "points": json.dumps(points, ensure_ascii=False),
        "notes": json.dumps(notes, ensure_ascii=False) if isinstance(notes, dict) else None,
        "answered_index": event.index,
    }
    rows.step("reviews", "answered", row)


def disputed(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`review.disputed`."""
    rows.step("reviews", "disputed", done(event, written, "disputed"))


def settled(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`review.settled`."""
    outcome = data.text("outcome")
    row: Row = {"settled_outcome": outcome, "settled_index": event.index}
    rows.step("reviews", "settled", {**done(event, written, "settled"), **row})


def proposed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.proposed`."""
    record = data.fields("record")
    names = (data.text_or_none(name) for name in ("case", "list", "officer"))
    publication: Row = {
        "id": event.subject,
        "index": event.index,
        "kind": data.text("kind"),
        "about": next((name for name in names if name is not None), None),
        "record": record.text("object"),
        "record_size": record.number_or_none("size"),
        "title": written.text_or_none("title"),
        "state": "proposed",
        "proposed_at": event.time,
        "proposed_actor": event.actor,
        "proposed_reason": written.text_or_none("reason"),
    }
    rows.step("publications", "add", publication)


def checked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.checked`: with the redacted record, where there is one."""
    anew = Fields(data.members).fields("record") if data.members.get("record") else None
    row: Row = {
        **done(event, written, "checked"),
        "secret": data.flag("secret"),
        "privacy": data.flag("privacy"),
        "redactions": data.number("redactions"),
        "record": None if anew is None else anew.text("object"),
        "record_size": None if anew is None else anew.number_or_none("size"),
    }
    rows.step("publications", "checked", row)


def approved(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.approved`."""
    rows.step("publications", "approved", done(event, written, "approved"))


def declined(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.declined`."""
    rows.step("publications", "declined", done(event, written, "declined"))


def published(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.published`."""
    row: Row = {
        **done(event, written, "published"),
        "feed": data.number("feed"),
        "expires": data.text_or_none("expires"),
        "published_index": event.index,
    }
    rows.step("publications", "published", row)


def withdrawn(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.withdrawn`: also of what is only about to be published."""
    row: Row = {**done(event, written, "withdrawn"), "withdrawn_index": event.index}
    rows.step("publications", "withdrawn", row)


def expired(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`publication.expired`."""
    rows.step("publications", "expired", done(event, written, "expired"))
