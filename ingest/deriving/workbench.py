"""Where one page of work lies: the archive, an area of the store, what was made and is not yet in the ledger.

What always holds: an object is durable before the entry that names it is appended, and a name in the area goes only
after that; a page that is cut short leaves nothing that the ledger names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from archive.catalogue.rows import DueClip
from archive.events import Event, drafts
from archive.opening import Archive
from archive.store.writing import Writing
from ingest.deriving import entries
from ingest.deriving.entries import Maker
from ingest.deriving.kinds import TOOL, VERSIONS
from ingest.deriving.result import DeriveResult

_PATIENCE: Final = 0.5  # seconds that something finished waits for more before it is in the ledger


@dataclass(slots=True, kw_only=True)
class Workbench:
    """One page of work."""

    archive: Archive
    writing: Writing
    actor: str
    result: DeriveResult
    cancelled: Callable[[], bool]
    told: Callable[[float], None] = lambda _share: None  # how much of the piece at hand is done
    _events: list[Event] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def add(self, events: Sequence[Event]) -> None:
        """Put what was made beside the rest of the page; into the ledger when it waited long enough."""
        for event in events:
            self._count(event)
        self._events += events
        if time.monotonic() - self._since > _PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Append what waits.

        Raises:
            ArchiveError, OSError: as `Ledger.append`.
        """
        events, self._events = self._events, []
        self._since = time.monotonic()
        if events:
            self.archive.ledger.append(drafts(self.writing, events))

    def failed(self, clip: DueClip, kinds: Sequence[str], code: str) -> list[Event]:
        """The words that nothing came of these kinds."""
        return [
            entries.failed(
                clip.clip,
                kind,
                code,
                actor=self.actor,
                maker=Maker(tool=TOOL, version=VERSIONS[kind]),
            )
            for kind in kinds
        ]

    def _count(self, event: Event) -> None:
        if event.type == "rendition.made":
            self.result.count(str(event.data["kind"]))
        elif event.type == "clip.assessed":
            self.result.count("quality")
        elif event.type == "rendition.failed":
            self.result.unmade.append(
                (event.subject, str(event.data["kind"]), str(event.data["code"]))
            )
