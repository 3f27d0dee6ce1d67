"""Why a clip on an approved list does not go, looked at in the moment in which it would. Removes nothing.

What always holds: every reason is looked at anew; the list is a claim of the day on which it was proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, get_args

from archive.catalogue.rows import ClipRow
from archive.errors import FixityError, MissingObjectError
from archive.opening import Archive
from archive.store.protocol import Store
from oversight.disposal.listing import Item
from oversight.disposal.named import Named
from oversight.retention.facts import kept
from oversight.retention.keeping import Keeper

if TYPE_CHECKING:
    from archive.catalogue import Catalogue

# Held; in an open case; nobody says what it is; no rule says how long; for ever; its time is not over; there is a
# finding on it, or there should be one; its bytes are somebody else's too; it is not what was listed; it
# went with another disposal; and what the store says (removing.py).
Code = Literal[
    "hold",
    "open_case",
    "unclassified",
    "no_rule",
    "for_ever",
    "not_due",
    "finding",
    "missing",
    "shared",
    "changed",
    "gone",
    "immutable",
    "arriving",
    "unreadable",
    "locked",
    "bucket_hold",
    "no_right",
]
CODES: tuple[Code, ...] = get_args(Code)
# What ends by itself, or by whoever has the bucket: the clip stays on the list, and goes when it may.
WAITS: Final[frozenset[Code]] = frozenset({"locked", "bucket_hold", "no_right"})


class Look:
    """One look at some clips, while the case register is held and the catalogue is at the ledger's end."""

    def __init__(self, archive: Archive, named: Named, keeper: Keeper, now: datetime) -> None:
        """Take what is asked."""
        self._catalogue, self._store, self._named = archive.catalogue, archive.store, named
        self._removals, self._keeper, self._now = archive.removals, keeper, now
        self._damaged = self._catalogue.damaged_digests()
        self._sound: set[str] = set()  # text objects that were read
        self.until: dict[str, datetime] = {}  # of clips that are locked: when that ends

    def sort(
        self, items: Iterable[Item], gone: frozenset[str]
    ) -> tuple[dict[str, ClipRow], dict[str, Code]]:
        """Which of these go, and why the others stay.

        Args:
            items: all that share bytes with one of them and may go are among them.
            gone: clips that went before.
        """
        going: dict[str, ClipRow] = {}
        codes: dict[str, Code] = {}
        for item in items:
            row = self._catalogue.clip(item.clip)
            code = self._code(item, row)
            if code is None and row is not None:
                going[item.clip] = row
            else:
                codes[item.clip] = code or "changed"
        while more := self._stay_together(going, gone):
            for clip, code in more.items():
                del going[clip]
                codes[clip] = code
        return going, codes

    def _code(self, item: Item, row: ClipRow | None) -> Code | None:
        if row is None or row.sha256 != item.sha256:
            return "changed"
        return self._by_rule(row) or self._by_finding(item)

    def _by_rule(self, row: ClipRow) -> Code | None:
        look = kept(self._catalogue, row, self._keeper)
        if look.held:
            return "hold"
        # A case that it was proposed for waits for it as one that it is linked to does.
        if look.open_cases or self._catalogue.proposals(clip=row.clip, limit=1):
            return "open_case"
        if look.keeping.state != "until":
            return look.keeping.state
        return None if look.keeping.is_over(self._now) else "not_due"

    def _by_finding(self, item: Item) -> Code | None:
        objects, texts = self._named.objects[item.clip], self._texts(item.clip)
        if (objects | set(texts)) & self._damaged:
            return "finding"
        try:
            lost = [digest for digest in objects if size_of(self._store, digest) is None]
            for text in texts:
                self._read(text)
        except FixityError:
            return "finding"
        except OSError:
            return "unreadable"
        # Lawfully gone with another clip, or lost: no disposal makes up for a loss.
        return "missing" if lost and self._removals.needed(lost) else None

    def _stay_together(self, going: dict[str, ClipRow], gone: frozenset[str]) -> dict[str, Code]:
        """Those whose original somebody else has who stays, and those with an object that cannot go."""
        leaving = gone | going.keys()
        found: dict[str, Code] = {}
        for clip, row in going.items():
            if not self._named.namers[row.sha256] <= leaving:
                found[clip] = "shared"
                continue
            why = self._obstacle(clip, self.wanted(clip, leaving))
            if why is not None:
                found[clip] = why
        return found

    def wanted(self, clip: str, leaving: Set[str]) -> list[str]:
        """The objects that go with a clip, its text objects last. `leaving`: all subjects that go, or went."""
        wanted = [d for d in self._named.objects[clip] if self._named.namers[d] <= leaving]
        return [*sorted(wanted), *self._texts(clip)]

    def _obstacle(self, clip: str, digests: Iterable[str]) -> Code | None:
        """What keeps a clip whose objects these are; when the last lock on them ends is noted."""
        found: Code | None = None
        for digest in digests:
            why = self._store.obstacle(digest)
            if why is not None and why != "locked":
                return why
            until = None if why is None else self._store.locked_until(digest)
            if until is not None:
                self.until[clip] = max(until, self.until.get(clip, until))
            found = found or why
        return found

    def _texts(self, clip: str) -> list[str]:
        """The text objects that have its words now, and will go; without those that stay as they are."""
        names = dict.fromkeys(self._removals.newest(ref.object) for ref in self._named.texts[clip])
        return [name for name in names if self._named.is_only_text(name)]

    def _read(self, text: str) -> None:
        """Whether its rows can be taken over. Raises FixityError, OSError."""
        if text not in self._sound:
            with suppress(MissingObjectError):  # its rows went with it
                self._store.read(text)
            self._sound.add(text)


def gone_of(catalogue: Catalogue, named: Named, clips: Iterable[str]) -> frozenset[str]:
    """Subjects that name these clips' objects and are gone."""
    digests = {digest for clip in clips for digest in named.objects[clip]}
    subjects = {subject for digest in digests for subject in named.namers[digest]}
    return frozenset(
        s for s in subjects if s.startswith("clip-") and catalogue.disposed_clip(s) is not None
    )


def size_of(store: Store, digest: str) -> int | None:
    """Bytes of an object; None: it is not there. Raises FixityError, OSError."""
    try:
        return store.size(digest)
    except MissingObjectError:
        return None
