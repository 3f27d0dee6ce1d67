"""The next range of what somebody is watching: what has to be asked anew for it, and nothing else.

What always holds: a piece is given only where the whole way would give these bytes with this status and these
headers, and would record nothing. What the answer before it rested on is either fixed by the request's head, which is
the same (samehead.py), or asked here: the session and its last use, everything that the catalogue knows (by its
version: findings and disposals too), the file, and that the view is in the ledger and young. Where any of it changed,
or is in doubt, the answer is None, and the request goes the whole way, which asks all, says what is wrong and records
it. Nothing is awaited between the questions and the bytes. Who watches by a grant always goes the whole way: a grant
may end by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from api.errors import ApiError
from api.gate import Seen
from api.hashing import CHUNK
from api.objects import OpenObject, Served
from api.pagecache import in_memory
from api.service import Service
from archive.errors import ArchiveError


class Piece(NamedTuple):
    """Bytes of an open file, for an answer of status 206. The file is open until the caller next awaits."""

    file: int  # a descriptor
    offset: int
    length: int
    size: int  # of the whole object


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRange:
    """What one answer rested on."""

    service: Service
    seen: Seen
    served: Served
    views: tuple[str, ...]  # one of these is in the ledger
    media_type: str  # what the bytes were shown as
    version: int  # freshness', under which all of this was read

    def piece(self, first: int, last: int) -> Piece | None:
        """The bytes `first` to `last`, both included; None: ask the whole way. Raises nothing that is ours."""
        size = self.served.size
        last = min(last, size - 1)
        count = last - first + 1
        # What is longer is asked about while it is sent; what is all of it is hashed.
        if not 0 < count <= CHUNK or count == size:
            return None
        try:
            if not (self._may_see() and self._is_as_it_was()):
                return None
        except (ApiError, ArchiveError, OSError):
            return None
        shown = self.service.objects.kept(self.served)
        if shown is None or shown.media_type != self.media_type:
            return None
        if not in_memory(shown.fd, first, count):
            return None
        return Piece(shown.fd, first, count, size)

    def _may_see(self) -> bool:
        visitor, accounts = self.seen.visitor, self.service.accounts
        # Anew: this is asked while bytes come in, and another request may have looked before they did.
        session = accounts.session(visitor.token, anew=True)
        # The very one: with another state of accounts.db it is another.
        return session is visitor.session and accounts.was_just_seen(session)

    def _is_as_it_was(self) -> bool:
        service, session, clip = self.service, self.seen.visitor.session.key, self.seen.clip.clip
        if not service.freshness.is_level() or service.freshness.version != self.version:
            return False
        recorded = service.recording.is_recorded
        return any(recorded(session=session, clip=clip, what=what) for what in self.views)


def next_range(
    service: Service, seen: Seen, shown: OpenObject, *views: str, may_repeat: bool
) -> NextRange | None:
    """What the next range of this rests on; None where each has to go the whole way.

    Args:
        service: which shows it.
        seen: what the request's checks found.
        shown: what is shown.
        views: under which of them it is in the ledger.
        may_repeat: the request counts against no limit.
    """
    version, cached = service.freshness.version, service.clips.get(seen.clip.clip)
    # Its facts are those of this version: else a change that came between would go unseen.
    is_current = cached is not None and cached[0] == version and cached[1] is seen.clip
    by_role = seen.grant is None and not seen.visitor.reach.requests
    if not (is_current and by_role and may_repeat and shown.served.ranges is None):
        return None
    return NextRange(
        service=service,
        seen=seen,
        served=shown.served,
        views=views,
        media_type=shown.media_type,
        version=version,
    )
