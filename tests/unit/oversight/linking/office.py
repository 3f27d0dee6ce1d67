"""An archive with officers, clips and cases to link."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive import cases
from archive.catalogue.link_queries import ProposalRow
from archive.catalogue.times import microseconds, moment_text
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from oversight.linking.kept import Kept

ACTOR = "local-0"


@dataclass(kw_only=True)
class Office:
    """One archive."""

    archive: Archive
    kept: Kept
    ids: dict[str, str] = field(default_factory=dict)

    def officer(self, badge: str) -> str:
        """Register one; answers with the id."""
        unit = {"unit": self.archive.settings.unit}
        return self._registered("officer", badge, {"badge": badge}, unit)

    def recorder(self, serial: str) -> str:
        """Register one; answers with the id."""
        return self._registered(
            "recorder", serial, {"serial": serial}, {"unit": None, "officer": None}
        )

    def clip(self, start: str, *, seconds: int = 60, **said: Any) -> str:
        """A clip that was recorded at a local time; `said`: officer, recorder (ids), unit, marked, track."""
        id_, archive = new_id("clip"), self.archive
        began = datetime.fromisoformat(start).replace(tzinfo=archive.settings.zone)
        with archive.store.writing() as writing:
            video = writing.put([id_.encode()])[0]
            track = writing.put([said["track"]])[0] if "track" in said else None
            original = {"object": video.digest, "size": video.size}
            data = {
                "docking": new_id("docking"),
                "recorder": said.get("recorder", new_id("recorder")),
                "officer": said.get("officer"),
                "unit": said.get("unit", archive.settings.unit),
                "original": original,
                "modified": "2026-01-01T00:00:00Z",
                "kind": "video",
                "start": moment_text(microseconds(began)),
                "start_source": "name",
                "offset_ms": None,
                "uncertainty_ms": None,
                "marked": said.get("marked", False),
                "late": False,
                "same_as": None,
                "resumed": None,
                "quarantined": False,
            }
            events = [
                self._event(
                    "clip.ingested",
                    id_,
                    data,
                    {"path": f"{id_}.mp4", "start_raw": None, "belongs_to": None},
                )
            ]
            examined = {"kind": "video", "duration_us": seconds * 1_000_000, "damage": []}
            examined |= {"damaged": False, "playable": True, "tool": "t", "version": "1"}
            events.append(self._event("clip.examined", id_, examined, None))
            if track is not None:
                made = {"object": track.digest, "size": track.size}
                events.append(
                    self._event(
                        "rendition.made",
                        id_,
                        {
                            "kind": "track",
                            "rendition": made,
                            "media_type": "application/geo+json",
                            "tool": "t",
                            "version": "1",
                            "parameters": {},
                            "of": video.digest,
                        },
                        None,
                    )
                )
            archive.record(events)
        archive.catalogue.catch_up()
        return id_

    def case(self, number: str, since: str | None, until: str | None, *officers: str) -> str:
        """Open one of this unit."""
        zone = self.archive.settings.zone
        both = [
            None if t is None else datetime.fromisoformat(t).replace(tzinfo=zone)
            for t in (since, until)
        ]
        found = cases.open_case(
            self.archive,
            actor=ACTOR,
            number=number,
            unit=self.archive.settings.unit,
            officers=officers,
            from_=both[0],
            to=both[1],
        )
        self.archive.catalogue.catch_up()
        return found

    def waiting(self) -> list[ProposalRow]:
        """The proposals that wait."""
        return self.archive.catalogue.proposals("open")

    def count(self, type_: str) -> int:
        """Entries of a type."""
        return sum(entry.type == type_ for entry in self.archive.reader.entries())

    def _registered(
        self, kind: str, name: str, text: dict[str, str | None], data: dict[str, Any]
    ) -> str:
        id_ = self.ids[name] = new_id(kind)
        self.archive.record([self._event(f"{kind}.registered", id_, data, text)])
        self.archive.catalogue.catch_up()
        return id_

    def _event(
        self, type_: str, subject: str, data: dict[str, Any], text: dict[str, str | None] | None
    ) -> Event:
        return Event(type=type_, subject=subject, actor=ACTOR, data=data, text=text)
