"""Rows of findings on objects: open from `object.damaged` until `object.sound`. See projection.py."""

from __future__ import annotations

from archive.catalogue.events import Fields, LedgerEvent
from archive.catalogue.projected import Rows


def damaged(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`object.damaged`."""
    digest = data.text("digest")
    rows.damaged_objects[digest] = {
        "digest": digest,
        "subject": event.subject,
        "code": data.text_or_none("code"),
        "found_by": data.text_or_none("found_by"),
        "index": event.index,
        "found_at": event.time,
    }


def sound(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`object.sound`: closes the finding that it names and those before, never one that came later."""
    digest, named = data.text("digest"), data.number_or_none("damaged")
    closes = event.index if named is None else named
    known = rows.damaged_objects.get(digest)
    if isinstance(known, int):
        rows.damaged_objects[digest] = max(known, closes)
    elif known is None or known["index"] <= closes:
        rows.damaged_objects[digest] = closes
