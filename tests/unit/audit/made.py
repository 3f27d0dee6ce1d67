"""A real archive that tests may damage, and the two ways to speak of what an audit found."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from archive.audit import AuditReport
from archive.events import Event
from archive.ids import new_id
from archive.opening import open_archive

ENTRIES = "ledger/entries/000000000000"
ORIGIN = "station.example/audit"
CLIPS = 280
OBJECTS = 40  # the first clips have one each, later ones share them


@dataclass
class Made:
    """An archive that a test may damage."""

    root: Path
    clips: list[tuple[str, str]] = field(default_factory=list)  # clip, digest

    def path(self, where: str) -> Path:
        return self.root / where

    def object(self, digest: str) -> str:
        return f"store/sha256/{digest[:2]}/{digest[2:4]}/{digest}"

    def lines(self) -> list[tuple[int, bytes]]:
        """Offset and bytes of each line of the entries file after the first."""
        found, at = [], 0
        for line in self.path(ENTRIES).read_bytes().splitlines(keepends=True):
            found.append((at, line))
            at += len(line)
        return found[1:]

    def entry_lines(self) -> list[tuple[int, bytes]]:
        return [(at, line) for at, line in self.lines() if line.startswith(b"{")]

    def flip(self, where: str, at: int, bit: int = 1) -> None:
        """Change one bit of a file, whatever its mode."""
        path = self.path(where)
        mode = path.stat().st_mode
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[at] ^= bit
        path.write_bytes(data)
        path.chmod(mode)


def ingest(clip: str, digest: str, size: int) -> Event:
    return Event(
        type="clip.ingested",
        subject=clip,
        actor="local-1000",
        data={
            "docking": "docking-01arz3ndektsv4rrffq69g5fav",
            "recorder": "recorder-01arz3ndektsv4rrffq69g5fav",
            "officer": None,
            "unit": None,
            "original": {"object": digest, "size": size},
            "modified": "2026-11-21T10:11:12.123456789Z",
            "kind": "video",
            "start": "2026-11-21T10:11:12Z",
            "start_source": "name",
            "offset_ms": 0,
            "uncertainty_ms": 0,
            "marked": False,
            "late": False,
            "same_as": None,
            "resumed": None,
            "quarantined": False,
        },
        text={"path": f"DCIM/{clip}.mp4", "start_raw": None, "belongs_to": None},
    )


def fill(root: Path) -> list[tuple[str, str]]:
    """Objects and entries: many in one batch, then a few batches of one, published and catalogued."""
    clips = []
    rng = random.Random(7)  # noqa: S311 - the same bytes every time
    with open_archive(root, write=True) as archive:
        for count in (CLIPS, 1, 1):
            with archive.store.writing() as writing:
                stored = [
                    writing.put([rng.randbytes(200 + i)])[0] for i in range(min(count, OBJECTS))
                ]
                events = []
                for i in range(count):
                    item = stored[i % len(stored)]
                    clip = new_id("clip")
                    original = {"object": item.digest, "size": item.size}
                    events += [
                        ingest(clip, item.digest, item.size),
                        Event(
                            type="clip.verified",
                            subject=clip,
                            actor="local-1000",
                            data={"original": original},
                        ),
                    ]
                    clips.append((clip, item.digest))
                archive.record(events)
            archive.ledger.publish()
        archive.catalogue.catch_up()
    return clips


def found(report: AuditReport) -> list[tuple[str, str]]:
    return [(str(f.code), f.where) for f in report.findings]
