"""Entries being built for one commit: drafts in, canonical bytes and a grown tree out. No files, no locks.

Holds: of each caller's drafts all become entries, or none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from archive.ledger.entry import Draft, Entry, Link, build
from archive.ledger.merkle import Frontier, leaf_hash


class Request:
    """One caller's drafts on their way into a batch."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.entries: list[Entry] | None = None
        self.error: BaseException | None = None
        self.done = False  # there is an answer, or there will never be one
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def sleep(self, most: float) -> None:
        """Until somebody calls `rouse`, or so many seconds."""
        self._asleep.acquire(timeout=most)

    def rouse(self) -> None:
        """Wake the caller, now or as soon as it sleeps. One at a time may call this."""
        if self._asleep.locked():
            self._asleep.release()


class BatchBuilder:
    """Turns requests into the entries of one batch, after a given end of the ledger."""

    def __init__(self, tree: Frontier, last: bytes, time: str) -> None:
        """Start after `last`, the newest entry's leaf hash, said at `time`. `tree` is grown in place."""
        self.tree = tree
        self.last = last
        self.time = time
        self.entries: list[Entry] = []
        self.links: dict[str, Link] = {}
        self.full_tiles: list[tuple[int, int, list[bytes]]] = []
        self.spans: list[tuple[Request, int, int]] = []

    def add(self, request: Request, known: Mapping[str, Link], now: Callable[[], str]) -> None:
        """All of a request's drafts, or none. `known` are the links of its subjects before this batch.

        Raises:
            CanonicalError, EntryTooLargeError: a draft cannot be an entry. The batch is as it was.
        """
        built: list[Entry] = []
        leaves: list[bytes] = []
        links: dict[str, Link] = {}
        last, time = self.last, now()  # what is appended at once has one time
        clock = "host" if time >= self.time else "host-set-back"
        for index, draft in enumerate(request.drafts, self.tree.size):
            subject = draft.subject
            before = links.get(subject) or self.links.get(subject) or known.get(subject)
            raw = build(draft, time=time, clock=clock, prev=last or None, before=before)
            last = leaf_hash(raw)
            count = 1 if before is None else before.count + 1
            links[subject] = Link(count=count, index=index, leaf=last)
            built.append(Entry(index=index, raw=raw))
            leaves.append(last)
            clock = "host"
        for leaf in leaves:
            self.tree.append(leaf, self._on_full)
        start = len(self.entries)
        self.entries += built
        self.links.update(links)
        if built:
            self.last, self.time = last, time
        self.spans.append((request, start, len(self.entries)))

    def _on_full(self, level: int, index: int, hashes: list[bytes]) -> None:
        self.full_tiles.append((level, index, hashes))
