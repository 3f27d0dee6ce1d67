"""`timestamp`: a token over the newest checkpoint, now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from archive.opening import open_archive
from archive.timestamps.errors import NoTimeError
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.edge import EndedError
from muniment.moments import moment_text, zone_of
from muniment.reasons import why

if TYPE_CHECKING:
    from pathlib import Path

    from archive.timestamps.outlook import Outlook
    from archive.timestamps.stamping import Refusal, Stamp

_PARTLY: Final = 3  # one of several authorities gave nothing


def timestamp(asked: Asked) -> Answer:
    """Ask every authority of the settings.

    Raises:
        EndedError: around NoTimeError where none of them answered.
        ArchiveError, OSError: as `stamp_newest` and `open_archive`.
    """
    from archive.timestamps.outlook import outlook
    from archive.timestamps.stamping import stamp_newest

    with open_archive(asked.root, write=True) as archive:
        made = stamp_newest(archive, force=True, actor=asked.actor)
        archive.catalogue.catch_up()
        view = outlook(archive, datetime.now(UTC))
    stamps = [_document(asked.root, stamp) for stamp in made.stamps]
    document: dict[str, Any] = {
        **(stamps[0] if stamps else {}),
        "stamps": stamps,
        "refused": [
            {"authority": r.authority, "code": r.code, "reason": r.reason} for r in made.refusals
        ],
        "outside": view.outside,
        "outside_since": view.since,
    }
    lines = [_line(asked, stamp) for stamp in made.stamps]
    lines += [refused(asked, refusal) for refusal in made.refusals]
    if not stamps:
        key = "timestamp.none" if made.refusals else "timestamp.nobody"
        asked.say("\n".join(lines))
        raise EndedError(NoTimeError(asked.words(key)), Answer(document=document))
    if not view.outside:
        lines.append(no_outside_time(asked, view))
    status = _PARTLY if made.refusals else 0
    return Answer(document=document, text="\n".join(lines), status=status)


def no_outside_time(asked: Asked, view: Outlook) -> str:
    """Since when, and what to do."""
    if view.since is not None:
        since = moment_text(view.since, zone_of(asked.root))
        return asked.words("timestamp.no_outside_since", since=since)
    return asked.words(
        "timestamp.no_outside_yet" if view.configured else "timestamp.no_outside_configured"
    )


def _document(root: Path, stamp: Stamp) -> dict[str, Any]:
    from archive.timestamps import names

    root = root.absolute()
    digest = stamp.digest
    file = root / "store" / "sha256" / digest[:2] / digest[2:4] / digest
    return {
        "size": stamp.size,
        "checkpoint": stamp.checkpoint.decode(),
        "imprint": stamp.imprint,
        "authority": stamp.authority,
        "own": stamp.own,
        "label": names.LABEL if stamp.own else None,
        "time": stamp.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "token": digest,
        "file": str(file) if file.exists() else None,  # an archive on S3 has none
        "ca": stamp.ca_path,
        "policy": stamp.policy,
        "serial": str(stamp.serial),
        "accuracy_ms": stamp.accuracy_ms,
        "synchronised": stamp.synchronised,
        "unchecked": stamp.unchecked,
        "apart": stamp.apart,
    }


def _line(asked: Asked, stamp: Stamp) -> str:
    key = "timestamp.done_own" if stamp.own else "timestamp.done"
    lines = [
        asked.words(
            key,
            authority=stamp.authority,
            time=moment_text(stamp.time, zone_of(asked.root)),
            size=stamp.size,
            token=stamp.digest,
        )
    ]
    if stamp.synchronised is False:
        lines.append(asked.words("timestamp.unsynchronised"))
    if stamp.unchecked is not None:
        lines.append(asked.words("timestamp.unchecked", detail=printable(stamp.unchecked)))
    if stamp.apart is not None:
        lines.append(asked.words("timestamp.apart", detail=printable(stamp.apart)))
    return "\n".join(lines)


def refused(asked: Asked, refusal: Refusal) -> str:
    """An authority that gave no token, and why."""
    reason = why(asked.language, "authority", refusal.code, refusal.reason)
    return asked.words("timestamp.refused", authority=refusal.authority, reason=reason)
