"""Objects whose lock in a bucket an approved disposal waits for. Removes nothing, and lets nothing go by itself.

What always holds: only objects of clips that nothing but such a lock keeps, looked at as when they go: who places a
hold, or opens a case, has their locks made longer again from the next time on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.errors import FixityError, MissingObjectError
from oversight.disposal.deciding import keeper_of
from oversight.disposal.errors import DisposalListError
from oversight.disposal.listing import read_list
from oversight.disposal.looking import WAITS, Look, gone_of
from oversight.disposal.named import Named

_MOST: Final = 10_000  # disposals at once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from archive.opening import Archive
    from oversight.disposal.listing import Item
    from oversight.rules.book import RuleBook


def awaited(archive: Archive, book: RuleBook, *, now: datetime) -> frozenset[str]:
    """Digests whose lock may end, because what is approved goes when it does.

    Args:
        archive: of which; its catalogue is caught up here.
        book: the rules.
        now: aware.

    Raises:
        ArchiveError, OSError: nobody knows; all locks are to be made longer then.
    """
    archive.catalogue.catch_up()
    found: set[str] = set()
    for row in archive.catalogue.disposals("approved", limit=_MOST):
        try:
            items = read_list(archive.store.read(row.list))
        except (MissingObjectError, FixityError, DisposalListError):
            continue  # it is not carried out either
        found |= _of(archive, items, book, now)
    return frozenset(found)


def _of(archive: Archive, items: Sequence[Item], book: RuleBook, now: datetime) -> set[str]:
    catalogue = archive.catalogue
    left = [item for item in items if catalogue.disposed_clip(item.clip) is None]
    named = Named(archive.reader, [item.clip for item in left])
    gone = gone_of(catalogue, named, named.objects)
    look = Look(archive, named, keeper_of(archive, book, now), now)
    going, codes = look.sort(left, gone)
    leaving = going.keys() | {clip for clip, code in codes.items() if code in WAITS}
    return {digest for clip in leaving for digest in look.wanted(clip, gone | leaving)}
