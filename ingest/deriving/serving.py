"""A thread that makes what somebody waits for, beside a page that is served or a station that docks.

What always holds: it works only where somebody waits, or clips are coming in and will be looked at; what fails is said
in the log and tried again.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

import structlog

from archive.errors import ArchiveError
from archive.opening import Archive
from ingest.deriving.hands import Child, Encoder
from ingest.deriving.result import DeriveResult
from ingest.deriving.wanted import Wanted
from ingest.deriving.wanting import serve
from ingest.media.encode import docking_runs
from ingest.media.errors import MediaError

_TURN: Final = 0.2  # seconds between two looks
_KEPT: Final = 60.0  # seconds that an idle child is kept
_PAUSE: Final = 10.0  # seconds after something failed
_END: Final = 2.0  # seconds for it to end; a look at a long clip is left to end with the process
_log = structlog.get_logger(__name__)


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
            if not self._is_needed():
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
            child.child.warm()
            last = time.monotonic()
            while not stopped() and time.monotonic() - last < _KEPT:
                if self._wanted.pending():
                    serve(self._archive, child, self._wanted)
                    serve(self._archive, encoder, self._wanted)
                    self._archive.ledger.publish()
                if self._is_needed():
                    last = time.monotonic()
                self._ending.wait(_TURN)

    def _is_needed(self) -> bool:
        """Somebody waits, or will: clips are coming in."""
        return bool(self._wanted.pending()) or docking_runs(self._archive.store.incoming)
