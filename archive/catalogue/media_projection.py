"""Rows of what examining and deriving found. See projection.py.

What always holds: of several words on one clip and kind in a stretch, the last one is kept, so that any cut of the
ledger gives the same rows.
"""

from __future__ import annotations

import json
from typing import Any, Final

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Row, Rows
from archive.catalogue.times import known_us

_QUALITY: Final = "quality"  # the kind that `clip.assessed` stands for
_BY: Final = "by"


def examined(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`clip.examined`: what it says is due is due from now on, and nothing else."""
    rate = data.members.get("rate")
    created = data.text_or_none("created")
    facts = _named(data, "facts")
    rows.examined.append(
        {
            "the_clip": event.subject,
            "examined_index": event.index,
            "kind": data.text_or_none("kind"),
            "container": data.text_or_none("container"),
            "duration_us": data.number_or_none("duration_us"),
            "video": data.text_or_none("video"),
            "audio": data.text_or_none("audio"),
            "width": data.number_or_none("width"),
            "height": data.number_or_none("height"),
            "rate": None if rate is None else str(rate),
            "damaged": data.flag("damaged"),
            "damage": json.dumps(data.texts("damage")),
            "playable": data.flag("playable"),
            "facts": facts.text_or_none("object"),
            "facts_size": facts.number_or_none("size"),
            "protected": data.flag("protected") or None,
            "created": created,
            "created_us": known_us(created),
        }
    )
    rows.due_anew[event.subject] = None
    rows.due[event.subject] = dict.fromkeys(data.texts("due"), event.index)


def made(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`rendition.made`."""
    rendition, index = data.fields("rendition"), _named(data, "index")
    kind = data.text("kind")
    rows.renditions.append(
        {
            "index": event.index,
            "clip": event.subject,
            "kind": kind,
            "sha256": rendition.text("object"),
            "size": rendition.number("size"),
            "media_type": data.text_or_none("media_type"),
            "tool": data.text_or_none("tool"),
            "version": data.text_or_none("version"),
            "parameters": _json(_members(data, "parameters")),
            "of": data.text_or_none("of"),
            "index_sha256": index.text_or_none("object"),
            "index_size": index.number_or_none("size"),
            "index_media_type": index.text_or_none("media_type"),
            "sources": _json(data.texts("sources")),
            "made_at": event.time,
        }
    )
    _settled(rows, event.subject, kind)


def failed(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`rendition.failed`."""
    row: Row = {
        "clip": event.subject,
        "kind": data.text("kind"),
        "index": event.index,
        "code": data.text("code"),
        "tool": data.text_or_none("tool"),
        "version": data.text_or_none("version"),
    }
    _settled(rows, event.subject, row["kind"])
    rows.failures[event.subject, row["kind"]] = row


def assessed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`clip.assessed`."""
    found = data.members.get("findings")
    findings = [
        {"code": one.text("code"), "from_ms": one.number("from_ms"), "to_ms": one.number("to_ms")}
        for one in _listed(found)
    ]
    rows.assessments[event.subject] = {
        "clip": event.subject,
        "index": event.index,
        "assessed_at": event.time,
        "findings": _json(findings),
        "clock": written.text_or_none("clock"),
        "clock_at_ms": data.number_or_none("clock_at_ms"),
        "tool": data.text_or_none("tool"),
        "version": data.text_or_none("version"),
    }
    _settled(rows, event.subject, _QUALITY)


def joined(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`recording.joined`: the whole recording as it is now known."""
    segments: list[Row] = [
        {
            "recording": event.subject,
            "position": position,
            "clip": one.text("clip"),
            "from_ms": one.number("from_ms"),
            "length_ms": one.number("length_ms"),
            "gap_ms": one.number_or_none("gap_ms"),
            "uncertainty_ms": one.number_or_none("uncertainty_ms"),
            "by": one.text_or_none(_BY),
            "missing": one.number_or_none("missing"),
        }
        for position, one in enumerate(_listed(data.members.get("segments")))
    ]
    rows.recordings[event.subject] = {
        "id": event.subject,
        "index": event.index,
        "joined_at": event.time,
        "recorder_id": data.text_or_none("recorder"),
        "silent_before_ms": data.number_or_none("silent_before_ms"),
        "tool": data.text_or_none("tool"),
        "version": data.text_or_none("version"),
    }
    rows.recording_segments[event.subject] = segments


def _settled(rows: Rows, clip: str, kind: str) -> None:
    rows.due.setdefault(clip, {})[kind] = None
    rows.failures[clip, kind] = None


def _named(data: Fields, name: str) -> Fields:
    """An object that an entry may name; without members where it does not."""
    value = data.members.get(name)
    return Fields(value if isinstance(value, dict) else {})


def _members(data: Fields, name: str) -> dict[str, Any]:
    return _named(data, name).members


def _listed(value: object) -> list[Fields]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise MalformedEventError("a list of objects")
    return [Fields(one) for one in value]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
