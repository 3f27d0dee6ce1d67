"""What is on its way into a store, and what has come there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A whole file in an area, its digest known, waiting for its commit."""

    path: Path
    digest: str  # lower-case hex SHA-256
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object that is on the medium under its name."""

    digest: str
    size: int
    created: bool  # False when the same bytes were already there
