"""What is derived from originals after the receipt: media facts and posters. None of it can hurt an original.

A clip that cannot be parsed is kept all the same, and its facts say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from archive.catalogue.rows import PendingClip
from archive.errors import FixityError, MissingObjectError
from archive.events import Event, drafts
from archive.opening import Archive
from archive.store.writing import Writing
from ingest.media.child import MediaChild
from ingest.media.facts import Examined, PosterResult

_GROUP: Final = 25  # clips whose entries are appended at once


@dataclass(slots=True, kw_only=True)
class DeriveResult:
    """What was done."""

    examined: int = 0
    posters: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # clip, why


def derive(
    archive: Archive,
    clips: Sequence[str] | None,
    *,
    actor: str,
    progress: Callable[[int, int], None] | None = None,
) -> DeriveResult:
    """Make what is missing, for these clips or for all.

    Raises:
        MediaChildError: the media parser cannot be started here.
        ArchiveError, OSError: the archive failed; run it again.
    """
    archive.catalogue.catch_up()
    pending = archive.catalogue.unexamined(clips)
    result = DeriveResult()
    if not pending:
        return result
    with MediaChild() as child:
        for at in range(0, len(pending), _GROUP):
            _derive_group(archive, child, pending[at : at + _GROUP], actor, result)
            if progress is not None:
                progress(min(at + _GROUP, len(pending)), len(pending))
    archive.ledger.publish()
    return result


def _derive_group(
    archive: Archive,
    child: MediaChild,
    group: Sequence[PendingClip],
    actor: str,
    result: DeriveResult,
) -> None:
    events: list[Event] = []
    with archive.store.writing() as writing:
        for clip in group:
            try:
                events += _examine(
                    archive, child, clip, writing=writing, actor=actor, result=result
                )
            except (FixityError, MissingObjectError, OSError) as e:
                # The original cannot be read: a finding of the audit. The other clips go on.
                result.failed.append((clip.clip, str(e)))
        archive.ledger.append(drafts(None, events, store=archive.store))


def _examine(
    archive: Archive,
    child: MediaChild,
    clip: PendingClip,
    *,
    writing: Writing,
    actor: str,
    result: DeriveResult,
) -> list[Event]:
    out = writing.new_path()
    name = clip.path or clip.clip
    with archive.store.local(clip.sha256) as path:
        examined = child.examine(path, name=name, out=out)
    events: list[Event] = []
    if not clip.examined:
        events.append(
            Event(type="clip.examined", subject=clip.clip, actor=actor, data=_facts(examined))
        )
        result.examined += 1
    if examined.poster is not None and not clip.poster:
        events.append(_poster(clip, examined.poster, writing, actor))
        result.posters += 1
    return events


def _facts(examined: Examined) -> dict[str, Any]:
    facts = examined.facts
    duration = None if facts.duration is None else round(facts.duration * 1_000_000)
    return {
        "kind": facts.kind,
        "container": facts.container,
        "duration_us": duration,
        "video": facts.video_codec,
        "audio": facts.audio_codec,
        "width": facts.width,
        "height": facts.height,
        "rate": facts.frame_rate,
        "created": facts.created,
        "damaged": facts.damaged,
        "damage": list(facts.damage),
        "playable": facts.plays_in_browser,
        "tool": "muniment.media",
        "version": "1",
    }


def _poster(clip: PendingClip, poster: PosterResult, writing: Writing, actor: str) -> Event:
    stored = writing.adopt(poster.path)
    return Event(
        type="rendition.made",
        subject=clip.clip,
        actor=actor,
        data={
            "kind": "poster",
            "rendition": {"object": stored.digest, "size": stored.size},
            "media_type": "image/jpeg",
            "tool": poster.tool,
            "version": poster.version,
            "parameters": {
                name: value
                if isinstance(value, str | int)
                else str(value)  # entries hold no fractions
                for name, value in poster.parameters.items()
            },
            "of": clip.sha256,
        },
    )
