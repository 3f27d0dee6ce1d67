"""Reading back: every new object is read again from the medium before anything may be released from the recorder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from archive.catalogue.rows import PendingClip
from archive.errors import ArchiveError
from archive.events import Event
from archive.opening import Archive
from archive.store.posix import read_back

_READERS: Final = 2
_GROUP: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBackFailure:
    """An object that could not be read back equal. The original has to stay on the recorder."""

    clip: str
    path: str | None
    code: str  # differs, missing, unreadable
    detail: str


def verify(
    archive: Archive,
    docking: str,
    *,
    actor: str,
    progress: Callable[[int, int], None] | None = None,
) -> list[ReadBackFailure]:
    """Read back what this docking added and nobody has read back yet; `clip.verified` for each that is equal.

    Args:
        archive: open for writing.
        docking: its id.
        actor: who asks.
        progress: told (bytes done, bytes in all).

    Returns:
        What is not equal: damage, to be looked at with `muniment audit`.

    Raises:
        ArchiveError: the ledger failed; run it again.
    """
    archive.catalogue.catch_up()
    pending = archive.catalogue.unverified(docking)
    failures = verify_clips(archive, pending, docking, actor=actor, progress=progress)
    archive.ledger.publish()
    return failures


def verify_clips(
    archive: Archive,
    pending: Sequence[PendingClip],
    docking: str,
    *,
    actor: str,
    progress: Callable[[int, int], None] | None = None,
) -> list[ReadBackFailure]:
    """The same for these clips, whether or not they were read back before. Does not publish.

    Raises:
        ArchiveError: the ledger failed; run it again.
    """
    failures: list[ReadBackFailure] = []
    total, done = sum(clip.size for clip in pending), 0
    with ThreadPoolExecutor(_READERS, thread_name_prefix="readback") as pool:
        for at in range(0, len(pending), _GROUP):
            group = pending[at : at + _GROUP]
            verified: list[Event] = []
            for clip, failure in zip(
                group, pool.map(lambda c: _check(archive, c), group), strict=True
            ):
                if failure is None:
                    verified.append(_verified(clip, docking, actor))
                else:
                    failures.append(failure)
                done += clip.size
                if progress is not None:
                    progress(done, total)
            if verified:
                archive.record(verified)
    return failures


def _check(archive: Archive, clip: PendingClip) -> ReadBackFailure | None:
    try:
        digest, size = read_back(archive.store.path(clip.sha256), clip.sha256)
    except ArchiveError as e:
        return ReadBackFailure(clip=clip.clip, path=clip.path, code="missing", detail=str(e))
    except OSError as e:
        return ReadBackFailure(clip=clip.clip, path=clip.path, code="unreadable", detail=str(e))
    if (digest, size) != (clip.sha256, clip.size):
        detail = f"{clip.sha256} of {clip.size} bytes reads back as {digest} of {size}"
        return ReadBackFailure(clip=clip.clip, path=clip.path, code="differs", detail=detail)
    return None


def _verified(clip: PendingClip, docking: str, actor: str) -> Event:
    return Event(
        type="clip.verified",
        subject=clip.clip,
        actor=actor,
        data={"docking": docking, "original": {"object": clip.sha256, "size": clip.size}},
    )
