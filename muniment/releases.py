"""Releasing a recorder from the command line, and what it did, as a document for scripts and for people.

Decides only who wants it; what may go is for `ingest.release`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from archive.opening import Archive
from devices.errors import DeviceError
from devices.recorder import Recorder
from ingest.receipt import Receipt
from ingest.release import Policy, Released, release
from ingest.sorting import KeptClip
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.edge import INTERRUPTED, described, explained
from muniment.messages import reason
from muniment.progress import bar
from muniment.stopping import stopping

_PARTLY: Final = 3


def policy_of(archive: Archive, *, by_hand: bool) -> Policy | None:
    """Who wants originals erased; None: nobody does."""
    if by_hand:
        return "by-hand"
    return "after-verify" if archive.settings.release_policy == "after-verify" else None


def release_shown(
    asked: Asked,
    archive: Archive,
    source: Recorder,
    receipt: Receipt,
    *,
    policy: Policy,
    damaged: Collection[str],
) -> Answer:
    """Erase what is verified, and say it. The answer's status is 3 where something stays.

    Raises:
        IngestError, ArchiveError, OSError: as `ingest.release.release`; nothing was erased.
    """
    with (
        stopping(archive, receipt.recorder) as stop,
        bar(asked.words("progress.release"), is_bytes=False) as tell,
    ):
        released = release(
            archive,
            source,
            receipt,
            policy=policy,
            actor=asked.actor,
            damaged=damaged,
            progress=tell,
            cancelled=stop,
        )
    asked.say(text(released, asked))
    answer = Answer(document={"released": document(released)})
    if released.stopped is None:
        return Answer(document=answer.document, status=_PARTLY if released.kept else 0)
    why = explained(released.stopped, asked)
    asked.note(asked.words("dock.release_stopped", reason=why["reason"]))
    return Answer(
        document={**answer.document, "error": why},
        status=_status(released.stopped, asked, by_signal=stop.by_signal),
    )


def _status(stopped: BaseException, asked: Asked, *, by_signal: bool) -> int:
    if by_signal:
        return INTERRUPTED
    return _PARTLY if isinstance(stopped, DeviceError) else described(stopped, asked)[2]


def document(released: Released) -> dict[str, Any]:
    """The member `released` of the JSON of `dock`."""
    return {"erased": released.erased, "kept": [_kept(clip) for clip in released.kept]}


def _kept(clip: KeptClip) -> dict[str, Any]:
    found: dict[str, Any] = {"path": clip.path}
    if clip.path_base64 is not None:
        found["path_base64"] = clip.path_base64
    return found | {"clip": clip.clip, "code": clip.code, "reason": clip.reason}


def text(released: Released, asked: Asked) -> str:
    """The same for a terminal."""
    lines = [asked.words("dock.released", count=released.erased)]
    if released.kept:
        lines.append(asked.words("dock.kept", count=len(released.kept)))
        whys = [reason(asked.language, c.code, printable(c.reason)) for c in released.kept]
        lines += [
            f"  {printable(c.path)}: {why} [{c.code}]"
            for c, why in zip(released.kept, whys, strict=True)
        ]
    return "\n".join(lines)
