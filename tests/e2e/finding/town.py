"""A town's archive for the find page: months of clips of two units, made of entries only; served by its own process.

Run as `python -m tests.e2e.finding.town ROOT` it serves the archive at ROOT on a free port and prints the address.
"""

from __future__ import annotations

import io
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from api.identity.registering import add_account
from api.serving import open_accounts, serve
from archive import cases
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive

CASE: Final = "市监罚〔2026〕117号/甲"
PLATE: Final = "京A·12345"
CHIEF, ARCHIVIST, PASSWORD = "chief", "archivist", "a long password"
BADGE: Final = "012345"
_UNITS: Final = ("城关中队", "河西中队", "开发区中队")
_BADGES: Final = (BADGE, "012346", "023001", "023002", "034001")
_PLACES: Final = ("幸福路 12 号", "解放大道", "河西市场", "高新二路")
_TITLES: Final = ("夜间占道经营检查", "酒驾检查", "market inspection", "违章建筑")
_DAYS: Final = 120
_END: Final = datetime(2026, 11, 20, tzinfo=UTC)


def make_town(folder: Path, *, clips: int = 420) -> Path:
    """Make it. Returns ROOT."""
    root = folder / "root"
    create_archive(root, origin="station.test/archive", unit=_UNITS[0])
    with open_archive(root, write=True) as archive:
        town = _Town(archive, random.Random(4))  # noqa: S311 - made-up clips
        town.fill(clips)
        accounts = open_accounts(archive)
        for name, role, unit in (
            (CHIEF, "supervisor", archive.settings.unit),
            (ARCHIVIST, "archivist", None),
        ):
            add_account(
                archive,
                accounts,
                actor="local-0",
                name=name,
                role=role,
                password=PASSWORD,
                unit=unit,
            )
        accounts.close()
        archive.ledger.publish()
    return root


class _Town:
    def __init__(self, archive: Archive, chance: random.Random) -> None:
        self.archive, self.chance = archive, chance
        own = archive.settings.unit
        assert own is not None
        self.units = [own, *(new_id("unit") for _ in _UNITS[1:])]
        self.officers = [new_id("officer") for _ in _BADGES]
        self.recorders = [new_id("recorder") for _ in _BADGES]
        self.events: list[Event] = []
        for unit, name in zip(self.units[1:], _UNITS[1:], strict=True):
            self.tell("unit.registered", unit, {}, {"name": name})
        for n, badge in enumerate(_BADGES):
            unit = self.unit_of(n)
            self.tell("officer.registered", self.officers[n], {"unit": unit}, {"badge": badge})
            held = {"unit": unit, "officer": self.officers[n]}
            serial = {"serial": f"DSJ-{42 + n:04d}"}
            self.tell("recorder.registered", self.recorders[n], held, serial)
        self.record()
        with archive.store.writing() as writing:
            self.posters = [writing.put([picture(n)])[0] for n in range(6)]
            self.film = writing.put([b"a film of no length"])[0]

    def unit_of(self, n: int) -> str:
        """Two officers in each unit, one in the last."""
        return self.units[min(n // 2, len(self.units) - 1)]

    def tell(
        self,
        type_: str,
        subject: str,
        data: dict[str, Any] | None = None,
        text: dict[str, Any] | None = None,
    ) -> None:
        """One event more."""
        actor = self.archive.settings.station
        self.events.append(
            Event(type=type_, subject=subject, actor=actor, data=data or {}, text=text)
        )

    def record(self) -> None:
        """Append what was told."""
        self.archive.record(self.events)
        self.events = []
        self.archive.catalogue.catch_up()

    def fill(self, clips: int) -> None:
        """Clips of many days, a few cases, a recording in parts, a note with a plate."""
        made = [self.clip(n, clips) for n in range(clips)]
        # Three parts of one recording.
        parts = [
            self.clip(n, clips, at=_END - timedelta(minutes=90 - 10 * n), who=0) for n in range(3)
        ]
        self.tell(
            "recording.joined",
            new_id("recording"),
            {
                "recorder": self.recorders[0],
                "silent_before_ms": None,
                "tool": "av",
                "version": "18",
                "segments": [
                    {
                        "clip": clip,
                        "from_ms": 600_000 * n,
                        "length_ms": 600_000,
                        "gap_ms": 40 if n else None,
                        "uncertainty_ms": 5,
                        "by": "timestamps",
                    }
                    for n, clip in enumerate(parts)
                ],
            },
        )
        marker = {"marker": new_id("marker"), "kind": "note", "from_us": 5_000_000, "to_us": None}
        self.tell("marker.set", parts[0], marker, {"text": f"白色面包车 {PLATE} 驶离"})
        self.record()
        numbers = [CASE, *(f"市监罚〔2026〕{118 + n}号" for n in range(8))]
        for n, number in enumerate(numbers):
            cases.open_case(
                self.archive,
                actor="local-0",
                number=number,
                unit=self.unit_of(n % len(_BADGES)),
                title=_TITLES[n % len(_TITLES)],
                subject="某餐饮管理有限公司",
                place=_PLACES[n % len(_PLACES)],
            )
        self.archive.catalogue.catch_up()
        ids = [case.id for case in self.archive.catalogue.cases(limit=50, cursor=None).cases][::-1]
        for clip in parts:
            self.link(clip, ids[0])
        for n, clip in enumerate(made):
            if n % 3:
                self.link(clip, ids[1 + n % (len(ids) - 1)])
        self.record()

    def link(self, clip: str, case: str) -> None:
        """Link by hand."""
        data = {"case": case, "by": "hand", "rule": None}
        self.tell("clip.linked", clip, data, {"reason": "接入时指定"})

    def clip(
        self, n: int, clips: int, *, at: datetime | None = None, who: int | None = None
    ) -> str:
        """One clip, examined, with a poster."""
        chance, clip = self.chance, new_id("clip")
        who = chance.randrange(len(_BADGES)) if who is None else who
        days = abs(chance.gauss(0, _DAYS / 2)) if n % 5 else n / clips * _DAYS
        start = at or _END - timedelta(days=days, minutes=chance.randrange(600))
        kind = "video" if n % 9 else "photo"
        original = {"object": self.film.digest, "size": self.film.size}
        said = f"{start:%Y-%m-%dT%H:%M:%SZ}"
        ending = "mp4" if kind == "video" else "jpg"
        name = f"DSJ-{42 + who:04d}_{_BADGES[who]}_{start:%Y%m%d_%H%M%S}.{ending}"
        self.tell(
            "clip.ingested",
            clip,
            {
                "docking": new_id("docking"),
                "recorder": self.recorders[who],
                "officer": self.officers[who],
                "unit": self.unit_of(who),
                "original": original,
                "modified": said,
                "kind": kind,
                "start": said,
                "start_source": "name",
                "offset_ms": None,
                "uncertainty_ms": None,
                "marked": n % 7 == 0,
                "late": n % 40 == 3,
                "same_as": None,
                "resumed": None,
                "quarantined": n % 60 == 5,
            },
            {
                "path": f"DCIM/100MEDIA/{name}",
                "start_raw": f"{start:%Y%m%d%H%M%S}",
                "belongs_to": None,
            },
        )
        self.tell(
            "clip.examined",
            clip,
            {
                "kind": kind,
                "container": "mp4",
                "duration_us": (30 + n % 570) * 1_000_000 if kind == "video" else None,
                "video": "h264",
                "audio": "aac",
                "width": 1280,
                "height": 720,
                "rate": "25/1",
                "created": None,
                "damaged": n % 50 == 8,
                "damage": ["truncated"] if n % 50 == 8 else [],
                "playable": True,
                "tool": "pyav",
                "version": "18",
            },
        )
        poster = self.posters[n % len(self.posters)]
        self.tell(
            "rendition.made",
            clip,
            {
                "kind": "poster",
                "rendition": {"object": poster.digest, "size": poster.size},
                "media_type": "image/jpeg",
                "tool": "pyav",
                "version": "18",
                "parameters": {"width": 640},
                "of": self.film.digest,
            },
        )
        self.tell("clip.verified", clip, {"docking": None, "original": original})
        return clip


def picture(n: int) -> bytes:
    """A poster: a street at one of several hours."""
    image = Image.new("RGB", (640, 360), (20 + 12 * n, 30 + 8 * n, 46 + 6 * n))
    draw = ImageDraw.Draw(image)
    draw.polygon([(260, 150), (380, 150), (620, 360), (20, 360)], fill=(58, 60, 66))
    draw.polygon([(316, 170), (324, 170), (336, 360), (304, 360)], fill=(190, 180, 120))
    for side in range(5):
        draw.rectangle(
            (30 + side * 40, 40 + n * 8, 58 + side * 40, 150), fill=(40 + 20 * n, 60, 84)
        )
        draw.rectangle((420 + side * 40, 30, 450 + side * 40, 150), fill=(48, 62 + 10 * n, 90))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def main() -> None:
    """Serve."""
    with open_archive(Path(sys.argv[1]), write=True) as archive:
        serve(archive, port=0, ready=lambda address: print(address, flush=True))


if __name__ == "__main__":
    main()
