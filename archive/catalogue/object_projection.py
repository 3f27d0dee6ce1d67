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


def sound(_event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`object.sound`."""
    rows.damaged_objects[data.text("digest")] = None
