"""Rows of dockings: what a recorder was asked, what it said, what became of its clips. See projection.py."""

from __future__ import annotations

from typing import Final

from archive.catalogue.events import Fields, LedgerEvent
from archive.catalogue.projected import Rows
from archive.catalogue.times import known_us

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
    "port",
    "battery",
    "make",
    "model",
    "firmware",
    "second_serial",
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


def docking_started(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`docking.started`."""
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
            "port": data.text_or_none("port"),
            "battery": data.number_or_none("battery"),
            "make": written.text_or_none("make"),
            "model": written.text_or_none("model"),
            "firmware": written.text_or_none("firmware"),
            "second_serial": written.text_or_none("second_serial"),
            "ended_at": None,
            **dict.fromkeys((*_ENDED, "stopped")),
        }
    )


def docking_ended(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`docking.ended`."""
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


def clip_sighted(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`clip.sighted_again`."""
    rows.sightings.append(
        {
            "index": event.index,
            "clip": event.subject,
            "docking": data.text("docking"),
            "by": data.text_or_none("by"),
        }
    )


def clip_refused(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`clip.refused`."""
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


def clock_read(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`recorder.clock_read`."""
    host = data.text("host")
    rows.clock_readings.append(
        {
            "index": event.index,
            "recorder_id": event.subject,
            "docking": data.text_or_none("docking"),
            "was_set": False,
            "device": data.text_or_none("device"),
            "host": host,
            "host_us": known_us(host),
            "offset_us": data.number_or_none("offset_us"),
            "uncertainty_us": data.number_or_none("uncertainty_us"),
            "drift_ms_per_day": data.number_or_none("drift_ms_per_day"),
            "drift_uncertainty": data.number_or_none("drift_uncertainty_ms_per_day"),
            "raw": written.text_or_none("raw"),
        }
    )


def clock_set(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`recorder.clock_set`. Read again just before the entry, so its time is the host's."""
    rows.clock_readings.append(
        {
            "index": event.index,
            "recorder_id": event.subject,
            "docking": data.text_or_none("docking"),
            "was_set": True,
            "device": None,
            "host": event.time,
            "host_us": known_us(event.time),
            "offset_us": data.number_or_none("offset_us"),
            "uncertainty_us": data.number_or_none("uncertainty_us"),
            "drift_ms_per_day": None,
            "drift_uncertainty": None,
            "raw": written.text_or_none("raw"),
        }
    )


def disputed(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`officer.disputed`."""
    rows.disputes.append(
        {
            "index": event.index,
            "docking": event.subject,
            "recorder_id": data.text_or_none("recorder"),
            "assigned": data.text("assigned"),
            "carried": data.text("carried"),
            "by": data.text_or_none("by"),
            "clips": data.number_or_none("clips"),
            "disputed_at": event.time,
            "settled_index": None,
        }
    )


def settled(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    """`officer.settled`."""
    rows.settled.append({"docking": event.subject, "settled_index": event.index})


def owned(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`clip.accepted`, `clip.reassigned`: whose the clip is from now on."""
    rows.owned.append(
        {
            "the_clip": event.subject,
            "officer_id": data.text_or_none("officer"),
            "unit_id": data.text_or_none("unit"),
            "accepted_index": event.index if event.type == "clip.accepted" else None,
        }
    )


def erased(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    """`recorder.erased`."""
    rows.erased.append({"the_clip": event.subject, "erased_at": event.time})
