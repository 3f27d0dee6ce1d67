"""An archive with clips in it that were ingested and examined, by name, start, length and facts of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.catalogue.recording_queries import RecordingRow
from archive.catalogue.rows import ClipRow
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from ingest.recordings import join

ACTOR = "local-0"
VIDEO: dict[str, Any] = {
    "kind": "video",
    "container": "mp4",
    "video": "h264",
    "audio": "aac",
    "width": 1280,
    "height": 720,
    "rate": "25/1",
    "damaged": False,
    "damage": [],
    "playable": True,
    "tool": "muniment.media",
    "version": "2",
}


def row(name: str, start: str | None, seconds: float | None, **changes: Any) -> ClipRow:
    """A clip as the catalogue has it, without an archive."""
    whole: dict[str, Any] = dict.fromkeys(ClipRow._fields) | VIDEO
    whole |= {"clip": f"clip-{name}", "path": f"DCIM/{name}", "sha256": name, "recorder_id": "T1"}
    whole |= {"start": start, "start_source": "name", "duration": seconds, "examined": True}
    whole |= {"modified": start, "ingested_index": 0}
    return ClipRow(**{k: v for k, v in (whole | changes).items() if k in ClipRow._fields})


class Shelf:
    """The archive, and what is put into it."""

    def __init__(self, root: Path) -> None:
        create_archive(root, origin="shelf.test/archive")
        self.archive: Archive = open_archive(root, write=True)
        self.names: dict[str, str] = {}  # clip -> name
        self.recorders: dict[str, str] = {}

    def recorder(self, serial: str) -> str:
        """The id of a recorder, registered when it is first asked for."""
        if serial not in self.recorders:
            self.recorders[serial] = new_id("recorder")
            self.archive.record(
                [
                    Event(
                        type="recorder.registered",
                        subject=self.recorders[serial],
                        actor=ACTOR,
                        data={"unit": None, "officer": None},
                        text={"serial": serial},
                    )
                ]
            )
        return self.recorders[serial]

    def clip(
        self,
        name: str,
        *,
        start: str | None,
        seconds: float | None,
        source: str = "name",
        serial: str = "T1",
        offset_ms: int | None = None,
        facts: Mapping[str, object] | None = None,
        content: bytes | None = None,
        belongs_to: str | None = None,
        examined: Mapping[str, object] | None = None,
        modified: str = "2026-01-01T12:00:00Z",
    ) -> str:
        """Put a clip in; `start` is by the recorder's own clock, what its error adds comes on top."""
        clip = new_id("clip")
        self.names[clip] = name
        if start is not None and offset_ms is not None:
            moment = datetime.fromisoformat(start) + timedelta(milliseconds=offset_ms)
            start = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        recorder = self.recorder(serial)
        with self.archive.store.writing() as writing:
            original, document = writing.put(
                [content or f"{name} {serial}".encode()]
            ) + writing.put([json.dumps(facts or {}).encode()])
            ingested = Event(
                type="clip.ingested",
                subject=clip,
                actor=ACTOR,
                data={
                    "docking": new_id("docking"),
                    "recorder": recorder,
                    "officer": None,
                    "unit": None,
                    "original": {"object": original.digest, "size": original.size},
                    "modified": modified,
                    "kind": "video",
                    "start": modified if start is None else start,
                    "start_source": "modified" if start is None else source,
                    "offset_ms": offset_ms,
                    "uncertainty_ms": None if offset_ms is None else 500,
                    "marked": "_IMP" in name,
                    "late": False,
                    "same_as": None,
                    "resumed": None,
                    "quarantined": False,
                },
                text={"path": f"DCIM/{name}", "start_raw": None, "belongs_to": belongs_to},
            )
            seen = Event(
                type="clip.examined",
                subject=clip,
                actor=ACTOR,
                data={
                    **VIDEO,
                    "duration_us": None if seconds is None else round(seconds * 1_000_000),
                    "created": start if source == "container" else None,
                    "facts": {"object": document.digest, "size": document.size},
                    **(examined or {}),
                },
            )
            self.archive.record([ingested, seen])
        return clip

    def join(self, clips: list[str] | None = None) -> int:
        """Run the stage; how many entries it wrote."""
        return join(self.archive, clips, actor=ACTOR)

    def recordings(self) -> list[RecordingRow]:
        """All there are, by their first segment's name."""
        self.archive.catalogue.catch_up()
        ids = {
            part.recording for part in self.archive.catalogue.parts_of(list(self.names)).values()
        }
        found = [row for id_ in ids if (row := self.archive.catalogue.recording(id_)) is not None]
        return sorted(found, key=lambda row: self.names[row.segments[0].clip])

    def named(self) -> list[list[str]]:
        """Names of the segments of every recording."""
        return [[self.names[s.clip] for s in row.segments] for row in self.recordings()]


def document(
    *,
    first_us: int = 0,
    frames: int = 250,
    fps: int = 25,
    timecode: str | None = None,
    gps: str | None = None,
    sound_us: int | None = None,
) -> dict[str, object]:
    """Media facts of a film of so many frames."""
    ticks = 90_000 // fps
    clocks = [("timecode", timecode, None), ("gps", gps, gps)]
    return {
        "format": 2,
        "streams": [
            {"index": 0, "type": "video", "start_us": first_us, "rate": f"{fps}/1"},
            {"index": 1, "type": "audio", "start_us": first_us},
        ],
        "frames": {
            "stream": 0,
            "time_base": "1/90000",
            "first": first_us * 9 // 100,
            "runs": [[frames, ticks]],
            "count": frames,
        },
        "av_offset_us": sound_us,
        "clocks": [
            {"source": source, "raw": raw, "utc": utc} for source, raw, utc in clocks if raw
        ],
    }
