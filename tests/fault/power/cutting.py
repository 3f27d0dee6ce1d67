"""One operation over the forgetful file system, and cuts of the power at any moment of it.

An operation is run once; its story has every change, every sync and every word it told anybody. From the story a
medium is made for a cut at any moment, as often as wanted, and what a product finds there after the power is back is
checked. So a cut costs no second run, and the same seed is the same cut again.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab
from tests.fault.power.station import asked
from tests.lab.forgetful.medium import Kept, Medium
from tests.lab.forgetful.records import Move, Name, Said, Story, Sync, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A checkpoint that a stranger may have read."""

    note: str
    lasting: bool  # its name was synced too. Before, a cut may put back the one before it, until the next writer comes


_DIGEST: Final = 64  # characters of an object's name
# What of the names, what of the bytes: the ends, what ext4 does, and anything that POSIX lets a medium do.
HOWS: Final = (
    (Kept.NOTHING, Kept.NOTHING),
    (Kept.ALL, Kept.NOTHING),
    (Kept.FIRST, Kept.SOME),
    (Kept.SOME, Kept.SOME),
    (Kept.SOME, Kept.SOME),
    (Kept.NOTHING, Kept.ALL),
    (Kept.ALL, Kept.ALL),
    (Kept.ALL, Kept.SOME),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The power went: what had been told until then, and what is on the medium."""

    folder: Path
    told: list[dict[str, Any]]
    shown: list[Shown]
    promises: Promises
    lost: Mapping[str, int]

    @property
    def root(self) -> Path:
        """Of the archive."""
        return self.folder / "archive"

    @property
    def recorder(self) -> Path:
        """As it was at the cut: it has power of its own."""
        return self.folder / "recorder"

    def check(self) -> str:
        """Every promise, right after the cut and after one more docking. Returns what was seen."""
        self.promises.check()
        for shown in self.shown:
            self.promises.acknowledged({"checkpoint": shown.note})
        if list(self.root.rglob("clock.new")):
            asked(
                self.root, "timestamp"
            )  # the authority's clock: half made, it goes with the next stamp
        self.promises.settle(self.recorder)
        if not any(self.lost.values()):
            return "nothing was lost; every promise held"
        return "what was not synced was lost, or a part of it; every promise held"

    def has_told(self, what: str) -> list[dict[str, Any]]:
        """The documents that were told of this, oldest first."""
        return [document for document in self.told if document["what"] == what]


def plan(
    lab: Lab, story: Story, *, short: int, long: int
) -> Iterator[tuple[int, tuple[Kept, Kept], int]]:
    """Moment, way to go and seed of each cut: by turns right after somebody was told something, and anywhere."""
    told = [(point, how) for point in moments(story) for how in HOWS]
    random.Random(lab.seed).shuffle(told)  # noqa: S311 - it has to be the same again
    for seed in lab.seeds(short=short, long=long):
        draw = random.Random(seed)  # noqa: S311 - it has to be the same again
        if told and seed % 2:
            point, how = told.pop()
        else:
            point, how = draw.choice(story.points()), draw.choice(HOWS)
        yield point, how, seed


def moments(story: Story) -> list[int]:
    """Right after each word told, each checkpoint shown, the sync of its name, and each name of an object."""
    found = set()
    for number in range(story.begun, len(story.records)):
        record = story.records[number]
        if isinstance(record, Said) or (isinstance(record, Name) and len(record.name) == _DIGEST):
            found.add(number + 1)
        elif is_shown(story, number) and isinstance(record, Move):
            found.add(number + 1)
            later = story.records[number:]
            if Sync(node=record.to_folder) in later:
                found.add(number + later.index(Sync(node=record.to_folder)) + 1)
    return sorted(found)


def is_shown(story: Story, number: int) -> bool:
    """Whether a checkpoint came into its place by this change."""
    record = story.records[number]
    return isinstance(record, Move) and record.to_name == "checkpoint"


def checkpoints(story: Story, before: int) -> list[Shown]:
    """The checkpoints that came into their place until then."""
    found = []
    for number in range(story.begun, before):
        record = story.records[number]
        if not is_shown(story, number) or not isinstance(record, Move):
            continue
        pieces = [
            story.data[w.at : w.at + w.length]
            for w in story.records[:number]
            if isinstance(w, Write) and w.node == record.node
        ]
        synced = Sync(node=record.to_folder) in story.records[number:before]
        found.append(Shown(note=b"".join(pieces).decode(), lasting=synced))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment of a story at which the power goes; made once for all ways to go."""

    story: Story
    point: int
    medium: Medium

    @contextmanager
    def cut(
        self, how: tuple[Kept, Kept], seed: int, *, work: Path, sources: Mapping[str, bytes]
    ) -> Iterator[Cut]:
        """The power goes before this change; in the block it is back."""
        names, data = how
        draw = random.Random(f"{seed} {self.point} {names} {data}")  # noqa: S311 - to be the same again
        with tempfile.TemporaryDirectory(dir=work) as parent:
            folder = Path(parent)
            lost = self._made(folder, "archive", how, draw)
            self._made(folder, "recorder", (Kept.ALL, Kept.ALL), draw)  # it has power of its own
            self._made(folder, "out", how, draw)
            promises = Promises(folder / "archive", sources)
            told = [json.loads(text) for text in self.story.said(self.point)]
            shown = checkpoints(self.story, self.point)
            for document in told:
                if document["what"] == "dock":
                    promises.acknowledged(document)
            for each in shown:
                if each.lasting:
                    promises.acknowledged({"checkpoint": each.note})
            try:
                yield Cut(folder=folder, told=told, shown=shown, promises=promises, lost=lost)
            except BaseException as e:
                e.add_note(
                    f"cut before {self.point}, names {names}, bytes {data}, seed {seed}; before:"
                )
                for record in self.story.records[
                    max(self.story.begun, self.point - 8) : self.point
                ]:
                    e.add_note(f"  {record}"[:300])
                raise

    def _made(
        self, folder: Path, below: str, how: tuple[Kept, Kept], draw: random.Random
    ) -> dict[str, int]:
        names, data = how
        return self.medium.cut(folder / below, names=names, data=data, draw=draw, below=below)


def moment(story: Story, point: int) -> Moment:
    """The power goes before this change."""
    return Moment(story=story, point=point, medium=Medium(story, point))
