"""What is decided under the register's lock for visitors: in threads of its own, and never waited for in line for long.

What always holds: who has to wait longer than PATIENCE, for a thread and for `cases.lock` together, is answered 503
and told when to come again, with nothing decided; those that only read wait for none of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from archive.cases import patience

PATIENCE: Final = 4.0  # seconds
_Done = TypeVar("_Done")
# Not those of `asyncio.to_thread`: whoever waits there for a lock keeps every page from being read.
_threads: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="decide")


async def decided(do: Callable[[], _Done]) -> _Done:
    """Have something decided; it is, or is not, even where the visitor goes away.

    Raises:
        ArchiveBusyError: others held the register for PATIENCE. Nothing was decided.
    """
    until = time.monotonic() + PATIENCE

    def work() -> _Done:
        with patience(max(0.0, until - time.monotonic())):
            return do()

    return await asyncio.get_running_loop().run_in_executor(_threads, work)
