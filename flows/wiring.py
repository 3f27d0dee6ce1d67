"""What every flow needs: the archive found by its path, opened once for a run; and Prefect's settings for our runs.

Flows and tasks take plain values only. A task finds the archive that its flow opened by the same path;
called alone, it opens its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from archive.opening import Archive, open_archive
from flows.retry import DELAYS, may_retry

# The ledger says what was done: a result kept by Prefect could only be stale.
TASK: Final[dict[str, Any]] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": len(DELAYS),
    "retry_delay_seconds": DELAYS,
    "retry_condition_fn": may_retry,
}
FLOW: Final[dict[str, Any]] = {"persist_result": False, "retries": 0}


@dataclass(slots=True)
class _Opened:
    archive: Archive
    users: int


_lock = threading.Lock()
_opened: dict[str, _Opened] = {}


@contextmanager
def opened(root: str) -> Iterator[Archive]:
    """The archive under a path, open for writing for the block; one for all who use it at a time.

    Raises:
        ArchiveError, OSError: as `open_archive`.
    """
    with _lock:
        entry = _opened.get(root)
        if entry is None:
            entry = _opened[root] = _Opened(open_archive(Path(root), write=True), 0)
        entry.users += 1
    try:
        yield entry.archive
    finally:
        with _lock:
            entry.users -= 1
            if entry.users == 0:
                del _opened[root]
                entry.archive.close()


@contextmanager
def settings() -> Iterator[None]:
    """Prefect's settings while a flow of ours runs.

    The heartbeat costs each synchronous run a second of waiting at its end, and the environment cannot switch it off.
    """
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
