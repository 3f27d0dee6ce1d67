"""Slow work for visitors (a frame, a page of a document), in threads of its own and never in those that answer.

What always holds: at most `at_once` are done at the same time; nobody has more than MOST_EACH waiting or being done,
and there are never more than MOST in all: one more is refused at once, and told to come again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from api.errors import NotReadyError

MOST: Final = 24
MOST_EACH: Final = 4
_Done = TypeVar("_Done")


class Workshop:
    """For one event loop at a time.

    Args:
        name: of its threads.
        at_once: how many.
    """

    def __init__(self, name: str, *, at_once: int = 2) -> None:
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=name)
        self._waiting: Counter[str] = Counter()

    async def do(self, account: str, work: Callable[[], _Done]) -> _Done:
        """Have something done for an account, and wait for it; it is done even where the visitor goes away.

        Raises:
            NotReadyError: too much is waiting. Nothing was begun.
        """
        if self._waiting[account] >= MOST_EACH or self._waiting.total() >= MOST:
            raise NotReadyError("others of these are being made: ask again in a moment")
        self._waiting[account] += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, work)
        done.add_done_callback(lambda _: self._left(account))
        return await asyncio.shield(done)

    def _left(self, account: str) -> None:
        self._waiting[account] -= 1
        if self._waiting[account] <= 0:
            del self._waiting[account]
