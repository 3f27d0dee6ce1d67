"""What somebody waits for is made before all else, due or on demand; and a thread that does nothing but that.

What always holds: a wish that cannot be met is met with a failure on record, or dropped where there is nothing to be
made; it never stands in the way of the next.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

import structlog

from archive.catalogue.rows import DueClip
from archive.errors import ArchiveError
from archive.opening import Archive
from ingest.deriving.examining import examine_all
from ingest.deriving.hands import Child, Encoder, Hand
from ingest.deriving.kinds import stage_of
from ingest.deriving.orders import Order
from ingest.deriving.result import DeriveResult
from ingest.deriving.wanted import Wanted
from ingest.media.errors import MediaError

_TURN: Final = 0.5  # seconds between two looks
_KEPT: Final = 60.0  # seconds that an idle child is kept
_PAUSE: Final = 10.0  # seconds after something failed
_END: Final = 5.0
_log = structlog.get_logger(__name__)


def serve(archive: Archive, hand: Hand, wanted: Wanted) -> None:
    """Make what is wanted of this hand now.

    Raises:
        MediaChildError: the child or ffmpeg cannot be started.
        ArchiveError, OSError: the archive failed.
    """
    for want in wanted.pending():
        if hand.stopped():
            return
        archive.catalogue.catch_up()
        if isinstance(hand, Child):
            examine_all(archive, hand, [want.clip], progress=_tell_nobody)
            archive.catalogue.catch_up()
        stage, clip = stage_of(want.kind), archive.catalogue.clip_to_derive(want.clip, want.kind)
        if stage is None or clip is None or clip.facts is None:
            if isinstance(hand, Child):  # there is nothing to be made of it
                wanted.done(want)
        elif stage.hand == hand.name and hand.work(stage, [_order(clip)]):
            wanted.done(want)


def _order(clip: DueClip) -> Order:
    return Order(clip=clip, kinds=(clip.kind,))


def _tell_nobody(_done: int, _total: int, _stage: str) -> None:
    return


class WantingThread:
    """Makes what somebody waits for, beside a page that is served. A context: leaving it ends the work.

    Args:
        archive: opened to write.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive, self._wanted = archive, Wanted(archive.root)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wanted", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.ask_to_end()
        self._thread.join(_END)

    def ask_to_end(self) -> None:
        """End soon."""
        self._ending.set()

    def _run(self) -> None:
        while not self._ending.wait(_TURN):
            if not self._wanted.pending():
                continue
            try:
                self._rounds()
            except (ArchiveError, MediaError, OSError) as error:
                _log.warning("what is wanted waits", why=str(error))
                self._ending.wait(_PAUSE)

    def _rounds(self) -> None:
        actor, result = self._archive.settings.station, DeriveResult()
        stopped = self._ending.is_set
        encoder = Encoder(self._archive, actor=actor, result=result, stopped=stopped)
        with Child(self._archive, actor=actor, result=result, stopped=stopped) as child:
            last = time.monotonic()
            while not stopped() and time.monotonic() - last < _KEPT:
                if self._wanted.pending():
                    serve(self._archive, child, self._wanted)
                    serve(self._archive, encoder, self._wanted)
                    self._archive.ledger.publish()
                    last = time.monotonic()
                self._ending.wait(_TURN)
