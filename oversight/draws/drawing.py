"""Which cases a seed and a checkpoint draw. Pure functions, and a pass over the ledger.

What always holds: the same seed, checkpoint and cases draw the same, in whatever order they come; whoever draws more
draws all of the fewer. A case's place is SHA-256 over the seed, the checkpoint and its id: `sha256sum` can say it too.
Nobody draws what the ledger did not say before the checkpoint was signed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from archive.catalogue.times import known_us
from archive.ledger.entry import Entry

_FORM: Final = "muniment draw 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Which ledger the cases are drawn from."""

    size: int
    root: str  # hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """When a case has to have been closed, and whose it has to be."""

    from_us: int
    to_us: int  # first moment after it
    unit: str | None = None  # id; None: any


class Entries(Protocol):
    """What is asked of the ledger."""

    def entries(self, start: int = 0, stop: int | None = None) -> Iterable[Entry]:
        """Entries in order."""


def place(seed: str, checkpoint: Checkpoint, case: str) -> str:
    """Where a case stands among all: the lowest are drawn. Lower-case hex."""
    text = f"{_FORM}\n{seed}\n{checkpoint.size}\n{checkpoint.root}\n{case}\n"
    return sha256(text.encode()).hexdigest()


def drawn(seed: str, checkpoint: Checkpoint, cases: Iterable[str], count: int) -> tuple[str, ...]:
    """So many of the cases, as they come; all of them where there are no more."""
    ranked = sorted(set(cases), key=lambda case: (place(seed, checkpoint, case), case))
    return tuple(ranked[: max(count, 0)])


def candidates(ledger: Entries, size: int, period: Period) -> tuple[str, ...]:
    """The cases that stood closed in the ledger of a size, closed last within a period; sorted by id."""
    units: dict[str, str | None] = {}
    closed: dict[str, int] = {}
    for entry in ledger.entries(0, size):
        if entry.type == "case.opened":
            unit = entry.data.get("unit")
            units[entry.subject] = unit if isinstance(unit, str) else None
        elif entry.type == "case.closed":
            moment = known_us(entry.time)
            if moment is not None:
                closed[entry.subject] = moment
        elif entry.type == "case.reopened":
            closed.pop(entry.subject, None)
    return tuple(
        sorted(
            case
            for case, moment in closed.items()
            if period.from_us <= moment < period.to_us and period.unit in {None, units.get(case)}
        )
    )


def list_digest(cases: Iterable[str]) -> str:
    """SHA-256 over the ids, a line each, sorted."""
    return sha256("".join(f"{case}\n" for case in sorted(cases)).encode()).hexdigest()
