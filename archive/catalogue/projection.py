"""From ledger entries to catalogue rows: a pure function, the same rows for the same entries for ever.

`project` takes events in ledger order and says what is to be written; `archive.catalogue.writing` writes it.
Within one call rows of one kind keep the ledger's order. A type that is not known, or an entry that lacks what
its type calls for, is a custody event all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.times import UNKNOWN_START, known_us, moment_text
from archive.catalogue.words import fold, number_key, tokens
from archive.ledger.entry import named_objects

Row = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """What a stretch of the ledger adds to each table. Names are those of the tables."""

    custody: list[Row] = field(default_factory=list)
    units: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    officers: list[Row] = field(default_factory=list)
    recorders: list[Row] = field(default_factory=list)
    dockings: list[Row] = field(default_factory=list)
    refusals: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    clips: list[Row] = field(default_factory=list)
    verified: list[Row] = field(default_factory=list)
    examined: list[Row] = field(default_factory=list)
    renditions: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    case_officers: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    objects: dict[str, int | None] = field(default_factory=dict)
    words: list[tuple[int, str]] = field(default_factory=list)  # entry index, tokens
    names_changed: int | None = None  # last entry that changed a register

    def add_words(self, index: int, *texts: str | None) -> None:
        """Index texts under the entry that brought them."""
        found = [token for text in texts if text for token in tokens(text)]
        if found:
            self.words.append((index, " ".join(found)))


def project(events: Iterable[LedgerEvent]) -> Rows:
    """The rows that these events, in ledger order, add."""
    rows = Rows()
    for event in events:
        rows.custody.append(
            {
                "index": event.index,
                "subject": event.subject,
                "type": event.type,
                "time": event.time,
                "clock": event.clock,
                "actor": event.actor,
            }
        )
        for digest, size in named_objects(event.data):
            if rows.objects.get(digest) is None:
                rows.objects[digest] = size
        handler = _HANDLERS.get(event.type)
        if handler is not None:
            try:
                handler(event, Fields(event.data), Fields(event.written), rows)
            except MalformedEventError:
                continue
    return rows


def _unit(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    rows.units.append({"id": event.subject, "name": written.text_or_none("name")})
    rows.names_changed = event.index


def _account(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
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


def _account_disabled(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    # None leaves what the row already says (writing.py).
    nothing: Row = dict.fromkeys(("name", "role", "unit_id", "officer_id"))
    rows.accounts.append({"id": event.subject, **nothing, "disabled": True})


def _officer(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
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


def _recorder(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
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


_STARTED: Final = (
    "station",
    "recorder_id",
    "officer_id",
    "unit_id",
    "case_id",
    "source_kind",
    "source",
    "profile",
    "registered",
    "entries",
    "reread",
)
_ENDED: Final = (
    "ingested",
    "known",
    "refused",
    "partial",
    "quarantined",
    "bytes",
    "milliseconds",
    "late",
)


def _docking_started(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    rows.dockings.append(
        {
            "id": event.subject,
            "started_index": event.index,
            "started_at": event.time,
            "station": data.text_or_none("station"),
            "recorder_id": data.text("recorder"),
            "officer_id": data.text_or_none("officer"),
            "unit_id": data.text_or_none("unit"),
            "case_id": data.text_or_none("case"),
            "source_kind": data.text_or_none("source"),
            "source": written.text_or_none("source"),
            "profile": written.text_or_none("profile"),
            "registered": data.flag("registered"),
            "entries": data.number_or_none("entries"),
            "reread": data.flag("reread"),
            "ended_at": None,
            **dict.fromkeys((*_ENDED, "stopped")),
        }
    )


def _docking_ended(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    rows.dockings.append(
        {
            "id": event.subject,
            "started_index": event.index,
            "started_at": event.time,
            **dict.fromkeys(_STARTED),
            "ended_at": event.time,
            **{name: data.number_or_none(name) for name in _ENDED},
            "stopped": data.text_or_none("stopped"),
        }
    )


def _clip_ingested(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    original = data.fields("original")
    path, encoded = written.text_or_none("path"), written.text_or_none("path_base64")
    start = data.text_or_none("start")
    start_us = known_us(start)
    rows.clips.append(
        {
            "ingested_index": event.index,
            "clip": event.subject,
            "path": path,
            "path_base64": encoded,
            "recorder_id": data.text("recorder"),
            "officer_id": data.text_or_none("officer"),
            "unit_id": data.text_or_none("unit"),
            "docking": data.text_or_none("docking"),
            "sha256": original.text("object"),
            "sm3": original.text_or_none("sm3"),
            "size": original.number("size"),
            "modified": data.text_or_none("modified"),
            "start": None if start_us is None else start,
            "start_us": UNKNOWN_START if start_us is None else start_us,
            "start_source": None if start_us is None else data.text_or_none("start_source"),
            "start_raw": written.text_or_none("start_raw"),
            "offset_ms": data.number_or_none("offset_ms"),
            "uncertainty_ms": data.number_or_none("uncertainty_ms"),
            "kind": data.text_or_none("kind"),
            "marked": data.flag("marked"),
            "late": data.flag("late"),
            "quarantined": data.flag("quarantined"),
            "same_as": data.text_or_none("same_as"),
            "belongs_to": written.text_or_none("belongs_to"),
        }
    )
    rows.add_words(event.index, path)


def _clip_sighted(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    rows.sightings.append(
        {
            "index": event.index,
            "clip": event.subject,
            "docking": data.text("docking"),
            "by": data.text_or_none("by"),
        }
    )


def _clip_refused(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    rows.refusals.append(
        {
            "index": event.index,
            "docking": event.subject,
            "code": data.text_or_none("code"),
            "partial": data.flag("partial"),
            "path": written.text_or_none("path"),
            "path_base64": written.text_or_none("path_base64"),
            "reason": written.text_or_none("reason"),
        }
    )


def _clip_verified(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    rows.verified.append({"the_clip": event.subject, "verified_at": event.time})


def _clip_examined(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    rate = data.members.get("rate")
    created = data.text_or_none("created")
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
            "created": created,
            "created_us": known_us(created),
        }
    )


def container_start(created_us: int, offset_ms: int | None) -> tuple[str, int]:
    """A clip's corrected start by its container: device time + measured offset (architecture, Time)."""
    corrected = created_us + (offset_ms or 0) * 1000
    return moment_text(corrected), corrected


def _rendition_made(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    rendition = data.fields("rendition")
    parameters = data.members.get("parameters")
    rows.renditions.append(
        {
            "index": event.index,
            "clip": event.subject,
            "kind": data.text("kind"),
            "sha256": rendition.text("object"),
            "size": rendition.number("size"),
            "media_type": data.text_or_none("media_type"),
            "tool": data.text_or_none("tool"),
            "version": data.text_or_none("version"),
            "parameters": json.dumps(
                parameters if isinstance(parameters, dict) else {},
                ensure_ascii=False,
                sort_keys=True,
            ),
            "of": data.text_or_none("of"),
        }
    )


def _case_opened(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    number, place = written.text_or_none("number"), written.text_or_none("place")
    title, subject = written.text_or_none("title"), written.text_or_none("subject")
    officers = data.texts("officers")
    rows.cases.append(
        {
            "id": event.subject,
            "opened_index": event.index,
            "opened_at": event.time,
            "number": number,
            "number_key": None if number is None else number_key(number),
            "title": title,
            "subject": subject,
            "place": place,
            "place_key": None if place is None else fold(place),
            "unit_id": data.text_or_none("unit"),
            "officers": json.dumps(officers),
            "from": data.text_or_none("from"),
            "to": data.text_or_none("to"),
            "from_us": known_us(data.text_or_none("from")),
            "to_us": known_us(data.text_or_none("to")),
            "closed_at": None,
            "closed_reason": None,
        }
    )
    rows.case_officers += [{"officer_id": o, "case_id": event.subject} for o in officers]
    rows.add_words(event.index, number, title, subject, place)


_CASE_TEXTS: Final = ("number", "number_key", "title", "subject", "place", "place_key", "unit_id")


def _case_closed(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    rows.cases.append(
        {
            "id": event.subject,
            "opened_index": event.index,
            "opened_at": event.time,
            **dict.fromkeys((*_CASE_TEXTS, "officers", "from", "to", "from_us", "to_us")),
            "closed_at": event.time,
            "closed_reason": written.text_or_none("reason"),
        }
    )


def _clip_linked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    reason = written.text_or_none("reason")
    rows.links.append(
        {
            "case_id": data.text("case"),
            "clip": event.subject,
            "linked": True,
            "by": data.text_or_none("by"),
            "rule": data.text_or_none("rule"),
            "reason": reason,
            "linked_index": event.index,
            "linked_at": event.time,
        }
    )
    rows.add_words(event.index, reason)


def _clip_unlinked(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    nothing: Row = dict.fromkeys(("by", "rule", "reason", "linked_index", "linked_at"))
    rows.links.append(
        {"case_id": data.text("case"), "clip": event.subject, "linked": False, **nothing}
    )


_HANDLERS: Final[dict[str, Callable[[LedgerEvent, Fields, Fields, Rows], None]]] = {
    "unit.registered": _unit,
    "account.added": _account,
    "account.disabled": _account_disabled,
    "officer.registered": _officer,
    "officer.noticed": _officer,
    "recorder.registered": _recorder,
    "recorder.noticed": _recorder,
    "docking.started": _docking_started,
    "docking.ended": _docking_ended,
    "clip.ingested": _clip_ingested,
    "clip.sighted_again": _clip_sighted,
    "clip.refused": _clip_refused,
    "clip.verified": _clip_verified,
    "clip.examined": _clip_examined,
    "rendition.made": _rendition_made,
    "case.opened": _case_opened,
    "case.closed": _case_closed,
    "clip.linked": _clip_linked,
    "clip.unlinked": _clip_unlinked,
}
