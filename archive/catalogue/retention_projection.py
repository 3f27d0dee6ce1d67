"""Rows of categories, holds and disposals. See projection.py."""

from __future__ import annotations

import json

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.file_projection import listed
from archive.catalogue.legal_projection import done
from archive.catalogue.projected import Row, Rows
from archive.removals import seen_by


def classified(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`clip.classified`, `case.classified`: all categories anew; none: it is unclassified again."""
    if not isinstance(event.data.get("categories"), list):
        raise MalformedEventError("categories")
    found: Row = {
        "subject": event.subject,
        "categories": json.dumps(sorted(listed(data, "categories"))),
        "by": data.text_or_none("by"),
        "rule": data.text_or_none("rule"),
        "reason": written.text_or_none("reason"),
        "index": event.index,
        "actor": event.actor,
        "said_at": event.time,
    }
    rows.step("classes", "replace", found)


def placed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`hold.placed`."""
    about = data.text_or_none("case") or data.text("clip")
    hold: Row = {
        "id": event.subject,
        "index": event.index,
        "about": about,
        "placed_at": event.time,
        "placed_actor": event.actor,
        "placed_reason": written.text_or_none("reason"),
    }
    rows.step("holds", "add", hold)


def lifted(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`hold.lifted`."""
    row: Row = {**done(event, written, "lifted"), "lifted_index": event.index}
    rows.step("holds", "lifted", row)


def proposed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`disposal.proposed`."""
    found, rules = data.fields("list"), data.members.get("rules")
    disposal: Row = {
        "id": event.subject,
        "index": event.index,
        "list": found.text("object"),
        "list_size": found.number_or_none("size"),
        "rules": data.fields("rules").text("object") if rules else None,
        "items": data.number("items"),
        "bytes": data.number_or_none("bytes"),
        "state": "proposed",
        "done": 0,
        "proposed_at": event.time,
        "proposed_actor": event.actor,
        "proposed_reason": written.text_or_none("reason"),
    }
    rows.step("disposals", "add", disposal)


def approved(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`disposal.approved`."""
    rows.step("disposals", "approved", done(event, written, "approved"))


def declined(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`disposal.declined`."""
    rows.step("disposals", "declined", done(event, written, "declined"))


def disposed(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`disposal.done`: one clip's bytes and text are gone; what the entries say stays."""
    disposal, removed, texts = data.text("disposal"), data.texts("removed"), _texts(event)
    clip: Row = {
        "clip": event.subject,
        "disposal": disposal,
        "index": event.index,
        "bytes": data.number_or_none("bytes"),
        "disposed_at": event.time,
    }
    rows.step("disposed_clips", "add", clip)
    if not data.flag("again"):
        rows.step("disposals", "counted", {"the_id": disposal})
    rows.disposed.append(
        {"disposed_at": event.time, "the_clip": event.subject, "the_index": event.index}
    )
    # What an entry that nobody had seen names has to be there.
    last_seen = seen_by(event.data, event.index) - 1
    for digest in dict.fromkeys(removed):
        rows.step("removed_objects", "replace", {"digest": digest, "index": last_seen})
    for old, new in texts:
        size = None if new is None else new.number("size")
        name = None if new is None else new.text("object")
        moved: Row = {"old": old, "new": name, "size": size, "index": event.index}
        rows.step("moved_texts", "replace", moved)


def _texts(event: LedgerEvent) -> list[tuple[str, Fields | None]]:
    found = []
    listed_texts = event.data.get("texts", [])
    for member in listed_texts if isinstance(listed_texts, list) else []:
        moved = Fields(member if isinstance(member, dict) else {})
        gone = moved.members.get("new") is None
        found.append((moved.text("old"), None if gone else moved.fields("new")))
    return found


def ended(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`disposal.ended`."""
    codes = event.data.get("codes")
    row: Row = {
        **done(event, written, "ended"),
        "kept": data.number_or_none("kept"),
        "codes": json.dumps(codes) if isinstance(codes, dict) else None,
    }
    rows.step("disposals", "ended", row)
