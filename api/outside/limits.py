"""How often one may ask: a bucket of tokens for each account and each network, for each kind of thing that costs much.

What always holds: a question that finds its bucket empty is answered 429 with the time until it is not, and nothing of
it is done; the buckets are in memory, bounded, and full again after a restart (wrong passwords are counted apart, in
accounts.db: identity/tries.py).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from api.errors import TooOftenError

_MOST: Final = 20_000  # buckets; then those that are full again are forgotten
_PER_NETWORK: Final = 4  # times as many as an account may: people share an address
_MINUTE: Final = 60.0
_KINDS: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = (
    ("searches", "GET", re.compile(r"/|/api/v1/clips|/api/v1/clips/facets")),
    ("requests", "POST", re.compile(r"(/api/v1)?/requests")),
    (
        "uploads",
        "POST",
        re.compile(r"(/api/v1)?/cases/[^/]+/documents|/api/v1/dispatch|/oversight/linking/file"),
    ),
    ("stills", "POST", re.compile(r"(/api/v1)?/clips/[^/]+/stills")),
)


def kind_of(method: str, path: str) -> str | None:
    """What a request counts as; None: as nothing."""
    for kind, counted, pattern in _KINDS:
        if method == counted and pattern.fullmatch(path):
            return kind
    return None


class Limits:
    """The buckets. Asked on the event loop's thread only."""

    def __init__(
        self, a_minute: Mapping[str, int], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`a_minute`: how many of a kind an account may, all at once or spread; 0: as many as it likes."""
        self._a_minute, self._clock = dict(a_minute), clock
        self._buckets: dict[
            tuple[str, str], tuple[float, float]
        ] = {}  # tokens, and when they were counted

    def take(self, kind: str, *, account: str, network: str) -> None:
        """Take one token of the account's and one of the network's.

        Raises:
            TooOftenError: there is none. None was taken.
        """
        most = self._a_minute.get(kind, 0)
        if not most:
            return
        now = self._clock()
        keys = {(kind, account): most, (kind, network): most * _PER_NETWORK}
        left = {key: self._left(key, size, now) for key, size in keys.items()}
        waits = [(1 - left[key]) * _MINUTE / size for key, size in keys.items() if left[key] < 1]
        if waits:
            raise TooOftenError(retry_after=max(1, math.ceil(max(waits))))
        if len(self._buckets) >= _MOST:
            self._forget(now)
        for key, tokens in left.items():
            self._buckets[key] = tokens - 1, now

    def _left(self, key: tuple[str, str], size: int, now: float) -> float:
        tokens, then = self._buckets.get(key, (float(size), now))
        return min(float(size), tokens + (now - then) * size / _MINUTE)

    def _forget(self, now: float) -> None:
        young = {k: v for k, v in self._buckets.items() if now - v[1] < _MINUTE}
        self._buckets = young if len(young) < _MOST else {}
