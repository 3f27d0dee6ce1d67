"""Making what is missing, for some clips or for all: examine all first, then quick kinds, then slow ones.

What always holds: two hands at most, the media child's and the encoder's; what somebody waits for comes before every
page of the rest; clips at which another process works are left to it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from archive.opening import Archive
from ingest.deriving.examining import STAGE
from ingest.deriving.hands import Child, Encoder, Hand
from ingest.deriving.kinds import STAGES, Stage
from ingest.deriving.looking import look
from ingest.deriving.orders import Order, how_many, orders_of
from ingest.deriving.result import DeriveResult, Progress
from ingest.deriving.wanted import Wanted
from ingest.deriving.wanting import serve

_TURN: Final = 0.5  # seconds between two looks at what another process works at


@dataclass(slots=True)
class _Told:
    """Passes on how far each hand is, one word at a time; what its listener raises ends both hands."""

    progress: Progress | None
    stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, done: int, total: int, stage: str) -> None:
        if self.progress is not None:
            with self._lock:
                self.progress(done, total, stage)


def derive(
    archive: Archive,
    clips: Sequence[str] | None,
    *,
    actor: str,
    progress: Progress | None = None,
    kinds: Collection[str] | None = None,
    again: bool = False,
) -> DeriveResult:
    """Make what is missing, for these clips or for all.

    Args:
        archive: opened to write.
        clips: None for all.
        actor: who asks.
        progress: told of each piece of work; what it raises ends it. Never called by two threads at once.
        kinds: only these renditions, "examine" for the first look alone; None for all that is due.
        again: try also what this version could not make of these clips before.

    Raises:
        MediaChildError: the media parser or ffmpeg cannot be started here.
        ArchiveError, OSError: the archive failed; run it again.
    """
    result, told = DeriveResult(), _Told(progress)
    archive.catalogue.catch_up()
    with Child(archive, actor=actor, result=result, stopped=told.stopped.is_set) as child:
        look(archive, child, clips, progress=told, again=again and clips is not None)
        if kinds is None or set(kinds) - {STAGE}:
            _derive_kinds(archive, clips, child, told, kinds=kinds, again=again)
    archive.ledger.publish()
    return result


def _derive_kinds(
    archive: Archive,
    clips: Sequence[str] | None,
    child: Child,
    told: _Told,
    *,
    kinds: Collection[str] | None,
    again: bool,
) -> None:
    def lane(hand: Hand) -> None:
        try:
            for stage in STAGES:
                if stage.hand == hand.name:
                    _run(archive, stage, hand, clips, told, kinds=kinds, again=again)
        except BaseException:
            told.stopped.set()  # one hand does not go on alone
            raise

    encoder = Encoder(archive, actor=child.actor, result=child.result, stopped=told.stopped.is_set)
    with ThreadPoolExecutor(1, thread_name_prefix="encoder") as pool:
        # The child dies with the thread that started it: that is this one.
        beside = pool.submit(lane, encoder)
        try:
            lane(child)
            beside.result()
        finally:
            told.stopped.set()


def _run(
    archive: Archive,
    stage: Stage,
    hand: Hand,
    clips: Sequence[str] | None,
    told: Callable[[int, int, str], None],
    *,
    kinds: Collection[str] | None,
    again: bool,
) -> None:
    if not stage.of(kinds):
        return
    archive.catalogue.catch_up()
    total = how_many(archive.catalogue, stage, clips, kinds=kinds)
    orders = orders_of(archive.catalogue, stage, clips, kinds=kinds, again=again)
    done, left = 0, deque[list[Order]]()
    while page := list(islice(orders, stage.page)):
        if hand.stopped():
            return
        serve(archive, hand, Wanted(archive.root))
        told(done, max(total, done), stage.name)
        if hand.work(stage, page):
            done += len(page)
            told(done, max(total, done), stage.name)
        else:
            left.append(page)
    # Another process works at these: what it makes is found made.
    while left and not hand.stopped():
        told(done, max(total, done), stage.name)
        if hand.work(stage, left[0]):
            done += len(left.popleft())
        else:
            time.sleep(_TURN)
            left.rotate()
