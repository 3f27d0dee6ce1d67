"""How long a recorder may take, and by which clocks that is measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from devices.mtp.codes import Operation

_SLOW: Final = frozenset(
    {
        Operation.GET_NUM_OBJECTS,
        Operation.GET_OBJECT_HANDLES,
        Operation.GET_OBJECT_PROP_LIST,
        Operation.DELETE_OBJECT,
    }
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds, and where they come from."""

    answer: float = 10.0  # for one transaction; for each step of a stream
    slow: float = 30.0  # for one that makes a recorder look through a whole card, or remove
    settle: float = 2.0  # after a stall or a cancel, until it says it is ready; for closing
    quiet: float = 0.2  # nothing came for so long: nothing more comes
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _now

    def seconds_for(self, operation: int) -> float:
        """How long a transaction may take."""
        return self.slow if operation in _SLOW else self.answer
