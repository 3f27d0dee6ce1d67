"""A catalogue of any number of clips, made through the projection's own row functions, without a ledger.

The same arguments make the same rows. Cases hold 1 to 50 clips; officers, recorders and
units are as many as a county has.
The file that results is behind no ledger: read it with `queries_over`, never with `Catalogue`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from archive.catalogue.catalogue import BATCH
from archive.catalogue.clip_queries import ClipQueries
from archive.catalogue.database import open_database
from archive.catalogue.events import LedgerEvent
from archive.catalogue.projection import project
from archive.catalogue.times import moment_text
from archive.catalogue.writing import write_head, write_rows
from archive.ledger.entry import Entry
from archive.texts import TextRef

_OFFICERS: Final = 400
_UNITS: Final = 20
_CLIPS_OF_A_DAY: Final = 1440
_MOST_CLIPS: Final = 50  # of one case
_FIRST_START: Final = 1_700_000_000_000_000  # microseconds
_TITLES: Final = ("酒驾检查", "占道经营", "违章建筑", "夜间巡查", "market inspection")


def name(kind: str, number: int) -> str:
    """An id in the form of the ledger's, by number."""
    return f"{kind}-{number:026d}"


def case_number(number: int) -> str:
    """The case number of a case, by number."""
    return f"2026-{number:06d}"


def events(clips: int, *, seed: int = 1) -> Iterator[LedgerEvent]:
    """The custody events of so many clips, in ledger order."""
    chance = random.Random(seed)  # noqa: S311 - made-up clips, not keys
    index = 0

    def event(
        type_: str, subject: str, data: dict[str, Any], written: dict[str, Any]
    ) -> LedgerEvent:
        nonlocal index
        index += 1
        return LedgerEvent(
            index=index - 1,
            type=type_,
            time=moment_text(_FIRST_START + index * 1000),
            clock="host",
            actor=name("station", 0),
            subject=subject,
            data=data,
            written=written,
        )

    for n in range(_UNITS):
        yield event("unit.registered", name("unit", n), {}, {"name": f"第{n}中队"})
    for n in range(_OFFICERS):
        unit = name("unit", n % _UNITS)
        officer = {"badge": f"{n:06d}", "name": f"officer {n}"}
        yield event("officer.registered", name("officer", n), {"unit": unit}, officer)
        held = {"unit": unit, "officer": name("officer", n)}
        yield event("recorder.registered", name("recorder", n), held, {"serial": f"SN{n:06d}"})
    done = case = 0
    while done < clips:
        opened = {
            "number": case_number(case),
            "title": chance.choice(_TITLES),
            "place": f"{case % 97}号路",
        }
        yield event("case.opened", name("case", case), {"unit": None, "officers": []}, opened)
        for _ in range(min(chance.randint(1, _MOST_CLIPS), clips - done)):
            clip = name("clip", done)
            yield event("clip.ingested", clip, *_clip(done, chance))
            link = {"case": name("case", case), "by": "docking", "rule": None}
            yield event("clip.linked", clip, link, {"reason": "docked for this case"})
            done += 1
        case += 1


def _clip(number: int, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    officer = chance.randrange(_OFFICERS)
    # A clip a minute, docked in the order of days, not of minutes.
    minutes = number + chance.randrange(2 * _CLIPS_OF_A_DAY)
    start = moment_text(_FIRST_START + minutes * 60_000_000)
    data = {
        "docking": name("docking", number // 40),
        "recorder": name("recorder", officer),
        "officer": name("officer", officer),
        "unit": name("unit", officer % _UNITS),
        "original": {"object": f"{chance.getrandbits(256):064x}", "size": chance.randrange(10**9)},
        "modified": start,
        "kind": "video",
        "start": start,
        "start_source": "name",
        "offset_ms": None,
        "uncertainty_ms": None,
        "marked": number % 50 == 0,
        "late": False,
        "same_as": None,
        "resumed": None,
        "quarantined": False,
    }
    path = f"DCIM/100MEDIA/DCAM_{officer:06d}_{number:08d}.mp4"
    return data, {"path": path, "start_raw": start, "belongs_to": None}


def fill(path: Path, clips: int, *, seed: int = 1) -> float:
    """Make a catalogue at `path`, where there is none yet; answers with entries projected in a second."""
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    waiting, entries, began = events(clips, seed=seed), 0, time.perf_counter()
    while batch := list(islice(waiting, BATCH)):
        with database.write() as connection:
            write_rows(connection, project(batch))
            entries += len(batch)
            head = {
                "size": entries,
                "leaf": None,
                "root": None,
                "names": 2 * _OFFICERS + _UNITS - 1,
            }
            write_head(connection, head)
    database.close()
    return entries / (time.perf_counter() - began)


class NoLedger:
    """In the place of a ledger that was never written."""

    def size(self) -> int:
        """Nothing."""
        return 0

    def root(self, size: int) -> bytes:
        """Nothing."""
        raise ValueError(size)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Nothing."""
        _ = start, stop
        return iter(())

    def entry(self, index: int) -> Entry:
        """Nothing."""
        raise IndexError(index)


class NoTexts:
    """In the place of a store that was never written."""

    def read(self, ref: TextRef) -> dict[str, Any] | None:
        """Nothing."""
        _ = ref
        return None


class FilledQueries(ClipQueries):
    """Searches over what `fill` made."""

    def catch_up(self) -> int:
        """There is no ledger to catch up with."""
        self._ready = True
        return 0


def queries_over_url(url: str) -> FilledQueries:
    """Searches over what `fill` or `fill_server` made."""
    return FilledQueries(open_database(url), reader=NoLedger(), texts=NoTexts())


def queries_over(path: Path) -> FilledQueries:
    """Searches over what `fill` made."""
    return FilledQueries(open_database(f"sqlite:///{path}"), reader=NoLedger(), texts=NoTexts())
