"""Entries being built for one commit: drafts in, canonical bytes and a grown tree out. No files, no locks.

Holds: of each caller's drafts all become entries, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archive.ledger.entry import Draft, Entry, Link, build
from archive.ledger.merkle import Frontier, leaf_hash


class Request:
    """One caller's drafts on their way into a batch."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.entries: list[Entry] | None = None
        self.error: BaseException | None = None


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

    def add(
        self, request: Request, link: Callable[[str], Link | None], now: Callable[[], str]
    ) -> None:
        """All of a request's drafts, or none.

        Raises:
            CanonicalError, EntryTooLargeError: a draft cannot be an entry. The batch is as it was.
        """
        built: list[tuple[bytes, bytes]] = []
        links: dict[str, Link] = {}
        last, time, index = self.last, self.time, self.tree.size
        for draft in request.drafts:
            host = now()
            before = (
                links.get(draft.subject) or self.links.get(draft.subject) or link(draft.subject)
            )
            raw = build(
                draft,
                time=host,
                clock="host" if host >= time else "host-set-back",
                prev=last or None,
                before=before,
            )
            last, time = leaf_hash(raw), host
            links[draft.subject] = Link(
                count=1 if before is None else before.count + 1, index=index, leaf=last
            )
            built.append((raw, last))
            index += 1
        start = len(self.entries)
        for raw, leaf in built:
            self.entries.append(Entry(index=self.tree.size, raw=raw))
            self.tree.append(leaf, lambda *full: self.full_tiles.append(full))
        self.links.update(links)
        self.last, self.time = last, time
        self.spans.append((request, start, len(self.entries)))
