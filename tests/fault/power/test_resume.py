"""Transfers that stop in mid file and lose the power too: lost and torn pages never become part of an original.

A recorder is pulled out, the power goes during the docking that goes on with the part, or that begins it; then again.
What is on the medium after one cut is where the next docking begins.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from archive.ledger.reader import LedgerReader
from tests.fakes.recorders import PulledRecorder
from tests.fault.lab.promises import copied
from tests.fault.lab.runs import Lab
from tests.fault.power.cutting import HOWS, Cut, moment
from tests.fault.power.station import Station, TellingDisk, prepared, put, recorded
from tests.lab.forgetful.records import Name, Story

pytestmark = [pytest.mark.usefixtures("forgetful"), pytest.mark.timeout(3000)]

_DRAW: Final = random.Random(2)  # noqa: S311 - the same in every run
CLIPS: Final[Mapping[str, bytes]] = {
    "long.mp4": _DRAW.randbytes((3 << 20) + 777),
    "short.mp4": _DRAW.randbytes(150_000),
}
PIECE: Final = 64 << 10  # bytes that are read, hashed and written at once
CHUNK: Final = 256 << 10  # bytes between two lines of the journal
HOW: Final = (
    "the recorder is pulled out in mid file; cuts on a file system that forgets what was not synced"
)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal of many lines in a small file."""
    monkeypatch.setattr("ingest.acquire.BUFFER", PIECE)
    monkeypatch.setattr("ingest.acquire.CHUNK", CHUNK)


@pytest.fixture(scope="module")
def base(bench: Path) -> Path:
    folder = prepared(bench / "resume", {})
    put(folder / "recorder", CLIPS)
    return folder


def pulled_out(station: Station, draw: random.Random) -> None:
    """A docking that ends in mid file, mostly."""
    with PulledRecorder(station.recorder, reads=draw.randint(3, 60)) as recorder:
        station.dock(TellingDisk(station.mounted), recorder)


def in_the_part(story: Story, draw: random.Random) -> int:
    """A moment from the making of a part on."""
    first = next(
        (
            number
            for number in story.points()[:-1]
            if isinstance(made := story.records[number], Name) and made.name.endswith(".part")
        ),
        story.begun,
    )
    return draw.randint(first, len(story.records))


def test_every_finished_digest_is_the_recorders(lab: Lab, bench: Path, base: Path) -> None:
    with lab.row(area="resume", fault="the power goes again and again", how=HOW) as row:
        for seed in lab.seeds(short=3, long=25):
            draw = random.Random(seed)  # noqa: S311 - it has to be the same again
            with tempfile.TemporaryDirectory(dir=bench) as folder:
                work, medium = Path(folder), base
                for generation in range(draw.randint(1, 3)):
                    story = recorded(work, medium, partial(pulled_out, draw=draw))
                    medium = work / str(generation)
                    for left in reversed(range(3)):
                        point = moment(story, in_the_part(story, draw))
                        with point.cut(draw.choice(HOWS), seed, work=work, sources=CLIPS) as cut:
                            if not left:
                                copied(cut.folder, medium)
                            row.saw(settled(cut))


def settled(cut: Cut) -> str:
    """The next docking makes whole clips of whatever was left."""
    cut.check()
    went_on = sum(
        entry.data.get("resumed") or 0
        for entry in LedgerReader(cut.root).entries()
        if entry.type == "clip.ingested"
    )
    if went_on:
        return "the next docking went on with what agreed; every digest the recorder's"
    return "the next docking read all anew; every digest the recorder's"
