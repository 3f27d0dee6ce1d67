"""What was granted to whom, and is in force at this second.

What always holds: a grant opens nothing before its entry is in the ledger, and nothing from the second on that it says;
one whose account was changed or disabled since is none, nor is one that was given later than the clock reads, which
is wrong then. One that was over when it was looked at stays over, whatever the clock says later, also in another
process. What its clips are is asked of the catalogue each time, so a clip that leaves the case leaves the grant.
Answers are as old as the last look at the ledger (freshness.py): whoever must not be late asks for that first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from archive.catalogue.request_queries import RequestRow
from archive.catalogue.rows import ClipRow

_MOST: Final = 2_000  # accounts, and pairs of account and clip, that are kept
_MICROSECONDS: Final = 1_000_000
_SLACK: Final = 120  # seconds that a clock may be set back by those who keep it right


class Versioned(Protocol):
    """What says whether something may have changed: freshness.py."""

    version: int


class Kept(Protocol):
    """Where it is kept that a grant is over: kept_ends.py."""

    def ends_of_grants(self) -> frozenset[str]:
        """Those that were seen to be over."""

    def end_grants(self, requests: Iterable[str]) -> None:
        """Keep that these are over."""


class Asked(Protocol):
    """What is asked of the catalogue."""

    def granted(self, account: str) -> list[RequestRow]:
        """See request_queries.py."""

    def request_opens(self, requests: list[str], ingested_index: int) -> str | None:
        """See request_queries.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody may see for a while, and why."""

    request: str
    account: str
    case: str | None
    unit: str | None
    clips: frozenset[str]
    since: float  # Unix time: when it was given
    until: float  # from then on it is over
    upto: int
    by: str  # head, county_head, duty, emergency


class Grants:
    """The grants of one archive. Threads may share it."""

    def __init__(
        # Without `kept`, what is over is known as long as this process runs.
        self,
        catalogue: Asked,
        freshness: Versioned,
        *,
        kept: Kept | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue, self._freshness, self._clock, self._kept = (
            catalogue,
            freshness,
            clock,
            kept,
        )
        self._over = self._told = frozenset[str]() if kept is None else kept.ends_of_grants()
        self._noting = threading.Lock()
        self._accounts: dict[str, tuple[int, tuple[Grant, ...]]] = {}
        self._covering: dict[tuple[frozenset[str], int], tuple[int, str | None]] = {}

    def active(self, account_id: str) -> tuple[Grant, ...]:
        """The account's grants in force now, oldest first."""
        version, kept = self._freshness.version, self._accounts.get(account_id)
        if kept is None or kept[0] != version:
            kept = version, tuple(map(_grant, self._catalogue.granted(account_id)))
            if len(self._accounts) >= _MOST:
                self._accounts.clear()
            self._accounts[account_id] = kept
        if not kept[1]:
            return ()
        now = self._clock()
        self._note(kept[1], now)
        return tuple(
            g for g in kept[1] if g.since - _SLACK <= now < g.until and g.request not in self._over
        )

    def look(self, accounts: Iterable[str]) -> None:
        """Look at the grants of these accounts, so that those that are over are kept as that.

        Raises:
            AccountsError: it could not be kept. This process knows it still.
        """
        for account in accounts:
            self.active(account)
        self.keep()

    def keep(self) -> None:
        """Keep what was seen to be over since. Raises as `look`."""
        new = self._over - self._told
        if new and self._kept is not None:
            self._kept.end_grants(sorted(new))
            self._told |= new

    def _note(self, grants: tuple[Grant, ...], now: float) -> None:
        # In memory at once, on the disk with the next `keep`: nobody who asks waits for a disk.
        if new := {g.request for g in grants if now >= g.until} - self._over:
            with self._noting:
                self._over |= new

    def covering(self, account_id: str, clip: ClipRow) -> Grant | None:
        """The oldest of the account's grants in force that opens this clip."""
        grants = self.active(account_id)
        if not grants:
            return None
        request = self._opens([grant.request for grant in grants], clip.ingested_index)
        return next((grant for grant in grants if grant.request == request), None)

    def _opens(self, requests: list[str], ingested_index: int) -> str | None:
        # A player asks many times a second, and what a grant opens changes only with the ledger.
        version, key = self._freshness.version, (frozenset(requests), ingested_index)
        kept = self._covering.get(key)
        if kept is None or kept[0] != version:
            kept = version, self._catalogue.request_opens(requests, ingested_index)
            if len(self._covering) >= _MOST:
                self._covering.clear()
            self._covering[key] = kept
        return kept[1]


def _grant(row: RequestRow) -> Grant:
    return Grant(
        request=row.id,
        account=row.account,
        case=row.case_id,
        unit=row.unit_id,
        clips=frozenset(row.clips),
        since=datetime.fromisoformat(row.decided_at).timestamp() if row.decided_at else 0.0,
        until=(row.granted_until_us or 0) / _MICROSECONDS,
        upto=row.upto or 0,
        by=row.granted_by or "",
    )
