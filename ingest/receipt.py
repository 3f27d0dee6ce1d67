"""What a docking says it did: the receipt, clip by clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devices.clips import FoundClip
from ingest.clock import ClockNote

Status = Literal["ingested", "known", "refused", "partial", "quarantined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """What could be read of a clip whose medium failed, as an object; zeros where it could not."""

    sha256: str
    size: int  # bytes of the object, which ends where reading was given up
    unread: tuple[tuple[int, int], ...]  # first byte and length, in order
    read: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipResult:
    """One entry below the source, and what became of it."""

    path: str  # relative to the source; bytes that are not UTF-8 as \\xNN
    path_base64: str | None  # the raw path, where it is not UTF-8
    size: int | None  # bytes
    sha256: str | None
    clip: str | None
    status: Status
    code: str | None = None  # for refused, partial, quarantined
    reason: str | None = None
    start: str | None = None  # corrected, RFC 3339 UTC
    salvaged: Salvaged | None = None  # of a partial one, in this docking


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file on the recorder whose bytes we hold."""

    found: FoundClip  # as it was when it was read; as it was listed where it was not read
    clip: str
    read: bool  # whole, in this docking; else it is known by its path, size and time
    new: bool  # ingested in this docking
    owner: bytes  # path of the clip that it belongs to, else its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A docking, after its checkpoint was published."""

    docking: str
    recorder: str  # serial
    clips: list[ClipResult]
    bytes: int  # of clips that were read
    seconds: float  # from start to receipt
    transfer_seconds: float  # of these, moving bytes
    checkpoint: str  # the signed note that covers it
    late: int  # clips stored later than 24 hours after they were made
    stopped: BaseException | None = None  # what ended it early, while we were there
    ended_early: str | None = None  # the code of that
    clock: ClockNote | None = None  # the recorder's, where it was measured
    recorder_id: str = ""
    held: tuple[Held, ...] = ()  # what of it lies on the recorder; empty for an earlier docking

    @property
    def whole(self) -> bool:
        """Whether everything on the recorder is held now."""
        return self.ended_early is None and all(
            c.status in {"ingested", "known"} for c in self.clips
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a docking is."""

    done_clips: int
    clips: int
    done_bytes: int
    bytes: int
    path: str
