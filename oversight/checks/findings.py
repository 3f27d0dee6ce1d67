"""What a check answers with: of each required recording how it stands, and what is wrong. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from oversight.checks.facts import StopFact
from oversight.lists.recording import Requirement

Code = Literal[
    "not_filed",  # no act: nothing can be required
    "no_list",  # none was in force when the case was filed
    "missing",
    "time_outside",  # the paper names a time at which none of that day's clips was recorded
    "short",
    "starts_after",
    "ends_before",
    "stop",  # broken off, and nobody said why
    "untimed",  # no document says when it was, so nothing can be compared
]
CODES: Final[tuple[Code, ...]] = get_args(Code)
State = Literal["kept", "finding", "explained", "waiting", "not_due"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, with where and by how much."""

    code: Code
    requirement: Requirement | None = None
    document: str | None = None  # whose times
    clip: str | None = None  # beside which it is seen
    from_us: int | None = None  # of what was not recorded, or should have been
    to_us: int | None = None
    by_us: int | None = None  # how much too short, late or early
    undated: int = 0  # clips of the case whose time nobody knows: it may be one of them
    explained: StopFact | None = None  # the reason that somebody stated: then it is none any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """One required recording and how it stands."""

    requirement: Requirement
    state: State
    clips: tuple[str, ...] = ()  # that it is made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A case that was checked."""

    case: str
    number: str | None
    unit: str | None
    list_version: int | None  # that it was checked against
    list_digest: str | None
    required: tuple[Required, ...]
    findings: tuple[Finding, ...]

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings for which nobody stated a reason."""
        return tuple(f for f in self.findings if f.explained is None)
