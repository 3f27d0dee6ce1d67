"""The first look at clips beside something else: a page can play them before they were read back.

What always holds: what fails here fails again, and is said, where everything is derived; nobody waits for this thread
longer than for the clip at hand.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from archive.errors import ArchiveError
from archive.opening import Archive
from ingest.deriving.hands import Child
from ingest.deriving.looking import look
from ingest.deriving.result import DeriveResult
from ingest.media.errors import MediaError

_END: Final = 5.0  # seconds for it to end after an error elsewhere


class Ahead:
    """Examines clips in a thread while the block runs, and waits for it at the end of the block."""

    def __init__(self, archive: Archive, clips: Sequence[str], *, actor: str) -> None:
        self.result = DeriveResult()
        self._archive, self._clips, self._actor = archive, clips, actor
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def __enter__(self) -> Self:
        if self._clips:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._ending.set()
        if self._clips:
            self._thread.join(None if error is None else _END)

    def _run(self) -> None:
        archive, stopped = self._archive, self._ending.is_set
        with (
            suppress(ArchiveError, MediaError, OSError),
            Child(archive, actor=self._actor, result=self.result, stopped=stopped) as child,
        ):
            child.child.warm()  # before it claims a clip: a service's child may be warm already
            archive.catalogue.catch_up()
            look(archive, child, self._clips, progress=lambda *_: None)
