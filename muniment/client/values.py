"""What the service answers, as values.

What always holds: `raw` is the answer as it came, with all that a later version may say beside; a member that is
missing where this client needs it is an AnswerError, never a KeyError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from muniment.client.errors import AnswerError

Raw = Mapping[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who is asking."""

    id: str
    user: str
    role: str
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """Something derived from an original."""

    kind: str
    sha256: str
    size: int
    media_type: str | None
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """An original's facts; `renditions` only where one clip was asked for."""

    id: str
    path: str | None
    start: str | None
    duration: float | None
    size: int
    sha256: str
    kind: str | None
    officer: str | None
    unit: str | None
    recorder: str | None
    renditions: tuple[Rendition, ...]
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case."""

    id: str
    number: str
    title: str | None
    unit: str | None
    state: str
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEvent:
    """One thing that happened."""

    index: int
    type: str
    time: str
    actor: str
    subject: str
    data: Raw
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A marker or a note."""

    id: str
    text: str | None
    from_us: int | None
    to_us: int | None
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to see, and how it was decided."""

    id: str
    state: str
    in_force: bool
    purpose: str
    clips: tuple[str, ...]
    case: str | None
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that is being made, or is there."""

    id: str
    state: str
    size: int | None
    sha256: str | None
    name: str | None
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Bytes that were fetched, and are those of their digest."""

    path: Path
    size: int
    sha256: str


def member(raw: Any, name: str, kind: type[_T]) -> _T:
    """A member of an answer. Raises AnswerError: it is missing, or of another kind."""
    value = raw.get(name) if isinstance(raw, Mapping) else None
    if not isinstance(value, kind):
        raise AnswerError(f"the answer has no {name}")
    return value


def maybe(raw: Any, name: str, kind: type[_T]) -> _T | None:
    """As `member`, where it may be null."""
    value = raw.get(name) if isinstance(raw, Mapping) else None
    return None if value is None else member(raw, name, kind)


def account_of(raw: Raw) -> Account:
    """Read it. As all below raises AnswerError."""
    return Account(
        id=member(raw, "id", str),
        user=member(raw, "user", str),
        role=member(raw, "role", str),
        raw=raw,
    )


def clip_of(raw: Raw) -> Clip:
    """Read it."""
    duration = raw.get("duration")
    rows: Sequence[Raw] = raw.get("renditions") or ()
    return Clip(
        id=member(raw, "clip", str),
        path=maybe(raw, "path", str),
        start=maybe(raw, "start", str),
        duration=None if duration is None else float(duration),
        size=member(raw, "size", int),
        sha256=member(raw, "sha256", str),
        kind=maybe(raw, "kind", str),
        officer=maybe(raw, "officer", str),
        unit=maybe(raw, "unit", str),
        recorder=maybe(raw, "recorder", str),
        renditions=tuple(rendition_of(row) for row in rows),
        raw=raw,
    )


def rendition_of(raw: Raw) -> Rendition:
    """Read it."""
    return Rendition(
        kind=member(raw, "kind", str),
        sha256=member(raw, "sha256", str),
        size=member(raw, "size", int),
        media_type=maybe(raw, "media_type", str),
        raw=raw,
    )


def case_of(raw: Raw) -> Case:
    """Read it."""
    return Case(
        id=member(raw, "case", str),
        number=member(raw, "number", str),
        title=maybe(raw, "title", str),
        unit=maybe(raw, "unit", str),
        state=member(raw, "state", str),
        raw=raw,
    )


def event_of(raw: Raw) -> CustodyEvent:
    """Read it."""
    data: Raw = member(raw, "data", dict)
    return CustodyEvent(
        index=member(raw, "index", int),
        type=member(raw, "type", str),
        time=member(raw, "time", str),
        actor=member(raw, "actor", str),
        subject=member(raw, "subject", str),
        data=data,
        raw=raw,
    )


def marker_of(raw: Raw) -> Marker:
    """Read it."""
    return Marker(
        id=member(raw, "marker", str),
        text=maybe(raw, "text", str),
        from_us=maybe(raw, "from_us", int),
        to_us=maybe(raw, "to_us", int),
        raw=raw,
    )


def request_of(raw: Raw) -> Request:
    """Read it."""
    clips: list[str] = member(raw, "clips", list)
    return Request(
        id=member(raw, "request", str),
        state=member(raw, "state", str),
        in_force=member(raw, "in_force", bool),
        purpose=member(raw, "purpose", str),
        clips=tuple(clips),
        case=maybe(raw, "case", str),
        raw=raw,
    )


def package_of(raw: Raw) -> Package:
    """Read it."""
    return Package(
        id=member(raw, "package", str),
        state=member(raw, "state", str),
        size=maybe(raw, "size", int),
        sha256=maybe(raw, "sha256", str),
        name=maybe(raw, "name", str),
        raw=raw,
    )
