"""Custody events to build catalogues from: a ledger and text rows in memory, and a story-teller that fills them
or a real archive.

`MemoryLedger` and `MemoryTexts` pass the same suite as the real ones: tests/contract/test_catalogue_sources.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from archive.canonical import encode
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.sqlite import SqliteDatabase
from archive.events import Event
from archive.ledger.entry import Draft, Entry, Link, build
from archive.ledger.merkle import Frontier
from archive.texts import TextRef
from tests import postgres

# What a recorder says of itself: text, beside a docking's entry.
SAID = ("make", "model", "firmware", "second_serial")


class MemoryLedger:
    """A ledger that is not on a disk: the same entries, chained the same way."""

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self._links: dict[str, Link] = {}

    def size(self) -> int:
        return len(self.kept)

    def root(self, size: int) -> bytes:
        if size > len(self.kept):
            raise ValueError(size)
        tree = Frontier()
        for entry in self.kept[:size]:
            tree.append(entry.leaf)
        return tree.root()

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        yield from self.kept[start : self.size() if stop is None else stop]

    def entry(self, index: int) -> Entry:
        return self.kept[index]

    def append(self, event: Event, data: dict[str, Any]) -> None:
        index = len(self.kept)
        raw = build(
            Draft(type=event.type, subject=event.subject, actor=event.actor, data=data),
            time=f"2026-01-18T{index // 3600 % 24:02d}:{index // 60 % 60:02d}:{index % 60:02d}.000000Z",
            clock="host",
            prev=self.kept[-1].leaf if self.kept else None,
            before=self._links.get(event.subject),
        )
        entry = Entry(index=index, raw=raw)
        count = self._links[event.subject].count + 1 if event.subject in self._links else 1
        self._links[event.subject] = Link(count=count, index=index, leaf=entry.leaf)
        self.kept.append(entry)


class MemoryTexts:
    """Text rows that are not in a store."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.reads = 0

    def read(self, ref: TextRef) -> dict[str, Any] | None:
        self.reads += 1
        return self.rows.get(ref.row)

    def write(self, row: dict[str, Any]) -> TextRef:
        line = encode({**row, "salt": f"{len(self.rows):032x}"})
        name = hashlib.sha256(line).hexdigest()
        self.rows[name] = {**row, "salt": f"{len(self.rows):032x}"}
        return TextRef(
            object=hashlib.sha256(line + b"\n").hexdigest(), size=len(line) + 1, row=name
        )


class MemoryArchive:
    """What the catalogue, the case register and the linking rule need of an archive."""

    def __init__(self, root: Path, new_url: Callable[[], str] | None = None) -> None:
        self.root = root
        self.ledger = MemoryLedger()
        self.texts = MemoryTexts()
        self._new_url = new_url
        self.urls: dict[str, str] = {}
        self.catalogue = self.new_catalogue()

    def new_catalogue(self, name: str = "catalogue.db") -> Catalogue:
        return Catalogue(self.url(name), reader=self.ledger, texts=self.texts)

    def url(self, name: str = "catalogue.db") -> str:
        """Of the catalogue of this name."""
        if name not in self.urls:
            path = f"sqlite:///{self.root / name}"
            self.urls[name] = path if self._new_url is None else self._new_url()
        return self.urls[name]

    def tables(self, name: str = "catalogue.db") -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table of the catalogue of this name."""
        return tables(self.url(name))

    @property
    def file(self) -> SqliteDatabase:
        """The catalogue's file, where it is one."""
        assert isinstance(self.catalogue._file, SqliteDatabase)
        return self.catalogue._file

    def record(self, events: list[Event]) -> None:
        for event in events:
            data = dict(event.data)
            if event.text:
                data["text"] = self.texts.write(event.text).as_data()
            self.ledger.append(event, data)


class Story:
    """Tells custody events, each with what its type calls for."""

    def __init__(self, record: Callable[[list[Event]], None]) -> None:
        self._record = record
        self._count = 0

    def event(
        self,
        type_: str,
        subject: str,
        data: dict[str, Any] | None = None,
        text: dict[str, Any] | None = None,
    ) -> None:
        self._record(
            [Event(type=type_, subject=subject, actor="local-0", data=data or {}, text=text)]
        )

    def unit(self, name: str) -> str:
        unit = self._new("unit")
        self.event("unit.registered", unit, text={"name": name})
        return unit

    def officer(self, badge: str, *, unit: str | None = None) -> str:
        officer = self._new("officer")
        self.event("officer.registered", officer, {"unit": unit}, {"badge": badge})
        return officer

    def recorder(self, serial: str) -> str:
        recorder = self._new("recorder")
        self.event(
            "recorder.noticed", recorder, {"unit": None, "officer": None}, {"serial": serial}
        )
        return recorder

    def assigned(
        self,
        recorder: str,
        officer: str | None,
        since: str = "2026-01-01T00:00:00Z",
        *,
        unit: str | None = None,
    ) -> None:
        data = {"officer": officer, "unit": unit, "from": since}
        self.event("recorder.assigned", recorder, data, {"reason": "handed over"})

    def twins(self, recorder: str, *ports: str) -> None:
        self.event("recorder.twin_noticed", recorder, {"ports": list(ports)})

    def clock_read(
        self,
        recorder: str,
        docking: str = "docking-1",
        *,
        offset_us: int = 0,
        uncertainty_us: int = 500_000,
        host: str = "2026-01-17T08:00:00Z",
        drift: tuple[int, int] | None = None,
    ) -> None:
        data = {
            "docking": docking,
            "device": host,
            "host": host,
            "offset_us": offset_us,
            "uncertainty_us": uncertainty_us,
            "drift_ms_per_day": drift and drift[0],
            "drift_uncertainty_ms_per_day": drift and drift[1],
        }
        self.event("recorder.clock_read", recorder, data, {"raw": "20260117T160000"})

    def clock_set(self, recorder: str, docking: str = "docking-1", *, offset_us: int = 0) -> None:
        data = {"docking": docking, "offset_us": offset_us, "uncertainty_us": 500_000}
        self.event("recorder.clock_set", recorder, data, {"raw": "20260117T160000"})

    def disputed(
        self, docking: str, assigned: str, carried: str, *, by: str = "name", clips: int = 1
    ) -> None:
        pair = {"recorder": "recorder-1", "assigned": assigned, "carried": carried}
        self.event("officer.disputed", docking, {**pair, "by": by, "clips": clips})

    def settled(self, docking: str, officer: str) -> None:
        self.event("officer.settled", docking, {"officer": officer, "clips": 1}, {"reason": "he"})

    def accepted(self, clip: str, officer: str | None = None, unit: str | None = None) -> None:
        self.event("clip.accepted", clip, {"officer": officer, "unit": unit}, {"reason": "is ours"})

    def reassigned(self, clip: str, officer: str | None = None, unit: str | None = None) -> None:
        self.event(
            "clip.reassigned", clip, {"officer": officer, "unit": unit}, {"reason": "wore it"}
        )

    def erased(self, clip: str, docking: str = "docking-1") -> None:
        erased = {"object": "0" * 64, "size": 1}
        data = {"docking": docking, "recorder": "recorder-1", "erased": erased}
        self.event("recorder.erased", clip, {**data, "compared": "sample"})

    def docking(self, recorder: str, *, case: str | None = None, **more_data: Any) -> str:
        docking = self._new("docking")
        said = {n: more_data.pop(n) for n in SAID if n in more_data}
        data = {
            "station": "station-1",
            "recorder": recorder,
            "officer": None,
            "unit": None,
            "case": case,
        }
        more = {"source": "folder", "registered": False, "entries": 1, "reread": False, **more_data}
        text = {"source": "card", "profile": "generic", **said}
        self.event("docking.started", docking, {**data, **more}, text)
        return docking

    def clip(
        self,
        path: str = "DCIM/1.mp4",
        *,
        start: str | None = "2026-01-17T08:00:00Z",
        source: str | None = "name",
        text: dict[str, Any] | None = None,
        **data: Any,
    ) -> str:
        clip = self._new("clip")
        full = {
            "docking": "docking-1",
            "recorder": "recorder-1",
            "officer": None,
            "unit": None,
            "original": {"object": f"{self._count:064x}", "size": 100 + self._count},
            "modified": "2026-01-17T08:00:00.000000000Z",
            "kind": "video",
            "start": start,
            "start_source": source if start else None,
            "offset_ms": None,
            "uncertainty_ms": None,
            "marked": False,
            "late": False,
            "same_as": None,
            "resumed": None,
            "quarantined": False,
            **data,
        }
        self.event(
            "clip.ingested",
            clip,
            full,
            {"path": path, "start_raw": None, "belongs_to": None, **(text or {})},
        )
        return clip

    def examined(self, clip: str, **data: Any) -> None:
        full = {
            "kind": "video",
            "container": "mp4",
            "duration_us": 60_000_000,
            "video": "h264",
            "audio": "aac",
            "width": 640,
            "height": 360,
            "rate": None,
            "created": None,
            "damaged": False,
            "damage": [],
            "playable": True,
            "tool": "av",
            "version": "18",
        }
        self.event("clip.examined", clip, {**full, **data})

    def rendition(self, clip: str, kind: str = "poster", **more: Any) -> None:
        made = {"object": f"{self._count + 10**6:064x}", "size": 10}
        data = {
            "kind": kind,
            "rendition": made,
            "media_type": "image/jpeg",
            "tool": "av",
            "version": "18",
        }
        self.event(
            "rendition.made", clip, {**data, "parameters": {"width": 640}, "of": "0" * 64, **more}
        )

    def failed(self, clip: str, kind: str, code: str = "nothing_left") -> None:
        data = {"kind": kind, "code": code, "tool": "av", "version": "18"}
        self.event("rendition.failed", clip, data)

    def assessed(self, clip: str, *codes: str, clock: str | None = None) -> None:
        findings = [{"code": code, "from_ms": 0, "to_ms": 900} for code in codes]
        data: dict[str, object] = {"findings": findings, "tool": "av", "version": "18"}
        if clock:
            data["clock_at_ms"] = 5000
        self.event("clip.assessed", clip, data, {"clock": clock} if clock else None)

    def joined(self, recording: str, *clips: str) -> None:
        segments = [
            {
                "clip": clip,
                "from_ms": 60_000 * n,
                "length_ms": 60_000,
                "gap_ms": 20 if n else None,
                "uncertainty_ms": 5,
                "by": "timestamps",
            }
            for n, clip in enumerate(clips)
        ]
        data = {"recorder": "recorder-1", "segments": segments, "silent_before_ms": None}
        self.event("recording.joined", recording, {**data, "tool": "av", "version": "18"})

    def case(
        self,
        number: str,
        *,
        officers: Sequence[str] = (),
        window: tuple[str, str] | None = None,
        unit: str | None = None,
        **text: str,
    ) -> str:
        case = self._new("case")
        begin, end = window or (None, None)
        data = {"unit": unit, "officers": list(officers), "from": begin, "to": end}
        self.event("case.opened", case, data, {"number": number, **text})
        return case

    def link(self, clip: str, case: str, reason: str = "seen there") -> None:
        self.event(
            "clip.linked", clip, {"case": case, "by": "hand", "rule": None}, {"reason": reason}
        )

    def unlink(self, clip: str, case: str, reason: str = "not that one") -> None:
        self.event("clip.unlinked", clip, {"case": case}, {"reason": reason})

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count:026d}"


def link_events(entries: Sequence[Entry]) -> list[Entry]:
    """The links and unlinks among entries."""
    return [entry for entry in entries if entry.type in {"clip.linked", "clip.unlinked"}]


def tables(where: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, the text index's own too; of a SQLite file, or of a catalogue's URL."""
    return postgres.tables(where if isinstance(where, str) else f"sqlite:///{where}")
