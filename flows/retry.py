"""Which failures may be tried again: only those that say so themselves. Damage never is.

An OSError of the archive's own medium says nothing and is not retried: after a failed sync nobody knows what the
medium holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog

from archive.errors import ArchiveError
from flows.errors import FlowError, StoppedError
from ingest.errors import IngestError
from ingest.media.errors import MediaError
from oversight.errors import OversightError

T = TypeVar("T")
# Raised on purpose.
EXPECTED: Final = (ArchiveError, IngestError, MediaError, OversightError, FlowError, OSError)
_log = structlog.get_logger(__name__)

DELAYS: Final[list[float]] = [1.0, 5.0, 20.0]  # seconds before the second, third and fourth try


def attempt(work: Callable[[], T]) -> T | Exception:
    """Do something; what it raised is the answer then, whatever it is: the station goes on, says it and tries later.

    Raises:
        StoppedError: the station is ending.
    """
    try:
        return work()
    except StoppedError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place in flows/ where a bug must not end a service
        if not isinstance(error, EXPECTED):
            _log.exception("unexpected")
        return error


def is_retryable(error: object) -> bool:
    """Whether an error says that another try may end better."""
    return isinstance(error, Exception) and getattr(error, "retryable", False) is True


def is_final(error: object) -> bool:
    """Whether another run would say the same: there is no such docking, or damage. A full disk may be emptied."""
    return isinstance(error, FlowError) and not error.retryable


def may_retry(_task: Any, _run: Any, state: Any) -> bool:
    """Prefect's question after a task failed (`retry_condition_fn`)."""
    return is_retryable(state.result(raise_on_failure=False))
