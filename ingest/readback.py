"""Reading back: every new object is read again from the medium before anything may be released from the recorder.

What always holds: a docking is read back by one process at a time, whoever asks, so that no original is read, and no
entry made, twice; the kernel lets go when that one dies. Where the file system has no such locks, work may be done
twice, never wrongly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.audit.recording import put_finding
from archive.audit.report import Code
from archive.catalogue.rows import PendingClip
from archive.errors import ArchiveError, FixityError, MissingObjectError
from archive.events import Event
from archive.opening import Archive
from ingest.deriving.claims import claimed

_READERS: Final = 2
_GROUP: Final = 200
_HAND: Final = "read-back"
_TURN: Final = 0.2  # seconds between two looks whether another process is done


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBackFailure:
    """An object that could not be read back equal. The original has to stay on the recorder."""

    clip: str
    path: str | None
    code: str  # differs, missing, unreadable
    detail: str
    same_size: bool = True  # only where it differs


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
        progress: told (bytes done, bytes in all) after each piece of a clip; what it raises ends this early.

    Returns:
        What is not equal: damage, to be looked at with `muniment audit`. A finding on what has another hash is opened.

    Raises:
        ArchiveError: the ledger failed; run it again.
    """
    with _alone(archive.root, docking, progress):
        archive.catalogue.catch_up()
        pending = archive.catalogue.unverified(docking)
        failures = verify_clips(archive, pending, docking, actor=actor, progress=progress)
    archive.ledger.publish()
    return failures


@contextmanager
def _alone(root: Path, docking: str, progress: Callable[[int, int], None] | None) -> Iterator[None]:
    """Wait while another process reads it back; what that one did is then found done."""
    while True:
        with claimed(root, [docking], _HAND) as mine:
            if mine:
                yield
                return
        if progress is not None:
            progress(0, 0)
        time.sleep(_TURN)


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
    pace = _Pace(sum(clip.size for clip in pending), progress)
    try:
        return _verify_all(archive, pending, docking, actor, pace)
    except _EndedError:
        raise pace.ended or _EndedError from None


class _EndedError(Exception):
    """Whoever is told how far it is wants no more."""


class _Pace:
    """How far it is, told from all readers one after another."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self.ended: BaseException | None = None
        self._total, self._done, self._progress = total, 0, progress
        self._lock = threading.Lock()

    def read(self, length: int) -> None:
        """So many bytes more. Raises _EndedError: an error of who is told must not pass for one of the medium."""
        with self._lock:
            self._done += length
            if self._progress is None:
                return
            try:
                self._progress(min(self._done, self._total), self._total)
            except BaseException as e:
                self.ended = e
                raise _EndedError from e


def _verify_all(
    archive: Archive, pending: Sequence[PendingClip], docking: str, actor: str, pace: _Pace
) -> list[ReadBackFailure]:
    failures: list[ReadBackFailure] = []
    with ThreadPoolExecutor(_READERS, thread_name_prefix="readback") as pool:
        for at in range(0, len(pending), _GROUP):
            group = pending[at : at + _GROUP]
            verified: list[Event] = []
            for clip, failure in zip(
                group, pool.map(lambda c: _check(archive, c, pace), group), strict=True
            ):
                if failure is None:
                    verified.append(_verified(clip, docking, actor))
                else:
                    failures.append(failure)
                    if failure.code == "differs":
                        _put_on_record(archive, clip, failure, actor)
            if verified:
                archive.record(verified)
    return failures


def _put_on_record(
    archive: Archive, clip: PendingClip, failure: ReadBackFailure, actor: str
) -> None:
    """From now on nobody is shown it. Raises ArchiveError, OSError."""
    code = Code.OBJECT_CHANGED if failure.same_size else Code.OBJECT_SIZE_DIFFERS
    put_finding(
        archive, subject=clip.clip, digest=clip.sha256, code=str(code), clip=clip.clip, actor=actor
    )


def _check(archive: Archive, clip: PendingClip, pace: _Pace) -> ReadBackFailure | None:
    try:
        digest, size = archive.store.read_back(clip.sha256, told=pace.read)
    except (FixityError, MissingObjectError) as e:
        return ReadBackFailure(clip=clip.clip, path=clip.path, code="missing", detail=str(e))
    except (ArchiveError, OSError) as e:
        return ReadBackFailure(clip=clip.clip, path=clip.path, code="unreadable", detail=str(e))
    if (digest, size) != (clip.sha256, clip.size):
        detail = f"{clip.sha256} of {clip.size} bytes reads back as {digest} of {size}"
        return ReadBackFailure(
            clip=clip.clip,
            path=clip.path,
            code="differs",
            detail=detail,
            same_size=size == clip.size,
        )
    return None


def _verified(clip: PendingClip, docking: str, actor: str) -> Event:
    return Event(
        type="clip.verified",
        subject=clip.clip,
        actor=actor,
        data={"docking": docking, "original": {"object": clip.sha256, "size": clip.size}},
    )
