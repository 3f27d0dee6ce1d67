"""Rows of what people did with clips and put beside them: played, marked, exported, documents. See projection.py."""

from __future__ import annotations

import json
from typing import Final

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Rows

_MOST_SPANS: Final = 200


def played(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`clip.played`."""
    rows.plays.append(
        {
            "index": event.index,
            "clip": event.subject,
            "actor": event.actor,
            "session": data.text_or_none("session"),
            "what": data.text_or_none("what"),
            "spans": json.dumps(_spans(event.data.get("spans"))),
            "played_ms": data.number_or_none("played_ms"),
            "request": data.text_or_none("request"),
            "at": event.time,
        }
    )


def _spans(value: object) -> list[list[int]]:
    if not isinstance(value, list) or len(value) > _MOST_SPANS:
        raise MalformedEventError("spans")
    for span in value:
        match span:
            case [int(), int()]:
                continue
        raise MalformedEventError("spans")
    return value


def still_exported(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`still.exported`."""
    rows.stills.append(
        {
            "index": event.index,
            "clip": event.subject,
            "at_us": data.number("at_us"),
            "frame": data.number_or_none("frame"),
            "still": data.fields("still").text("object"),
            "exported": data.fields("exported").text("object"),
            "caption": written.text_or_none("caption"),
            "actor": event.actor,
            "at": event.time,
        }
    )


def marker_set(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`marker.set`."""
    text = written.text_or_none("text")
    rows.markers.append(
        {
            "id": data.text("marker"),
            "index": event.index,
            "clip": event.subject,
            "kind": data.text("kind"),
            "from_us": data.number_or_none("from_us"),
            "to_us": data.number_or_none("to_us"),
            "text": text,
            "actor": event.actor,
            "set_at": event.time,
        }
    )
    rows.add_words(event.index, text)


def marker_removed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`marker.removed`."""
    rows.removed_markers.append(
        {
            "the_id": data.text("marker"),
            "the_clip": event.subject,
            "removed_at": event.time,
            "removed_actor": event.actor,
            "removed_reason": written.text_or_none("reason"),
        }
    )


def document_added(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`document.added`."""
    original = data.fields("original")
    name, title = written.text_or_none("name"), written.text_or_none("title")
    rows.documents.append(
        {
            "id": data.text("document"),
            "index": event.index,
            "case_id": event.subject,
            "sha256": original.text("object"),
            "sm3": original.text_or_none("sm3"),
            "size": original.number("size"),
            "media_type": data.text("media_type"),
            "pages": data.number_or_none("pages"),
            "name": name,
            "title": title,
            "actor": event.actor,
            "added_at": event.time,
        }
    )
    rows.add_words(event.index, name, title)


def document_removed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`document.removed`."""
    rows.removed_documents.append(
        {
            "the_id": data.text("document"),
            "the_case": event.subject,
            "removed_at": event.time,
            "removed_actor": event.actor,
            "removed_reason": written.text_or_none("reason"),
        }
    )


def document_linked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`document.linked`."""
    note = written.text_or_none("note")
    rows.document_links.append(
        {
            "id": data.text("link"),
            "index": event.index,
            "case_id": event.subject,
            "document": data.text("document"),
            "page": data.number_or_none("page"),
            "paragraph": data.number_or_none("paragraph"),
            "clip": data.text("clip"),
            "from_us": data.number("from_us"),
            "to_us": data.number_or_none("to_us"),
            "note": note,
            "actor": event.actor,
            "linked_at": event.time,
        }
    )
    rows.add_words(event.index, note)


def document_unlinked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`document.unlinked`."""
    rows.unlinked_documents.append(
        {
            "the_id": data.text("link"),
            "the_case": event.subject,
            "unlinked_at": event.time,
            "unlinked_actor": event.actor,
            "unlinked_reason": written.text_or_none("reason"),
        }
    )
