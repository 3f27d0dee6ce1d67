"""The first look at a clip: its facts as an object, what is due, and a poster where there is a picture.

What always holds: a clip that cannot be parsed is kept all the same and its facts say so; the entries of a group are
appended at once, at most `_GROUP` clips or `_PATIENCE` seconds apart, so that a page does not wait for the whole card.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from archive.canonical import encode
from archive.catalogue.rows import PendingClip
from archive.errors import CanonicalError, FixityError, MissingObjectError
from archive.events import Event, drafts
from archive.opening import Archive
from archive.store.writing import Writing
from ingest.deriving.entries import Maker, made
from ingest.deriving.result import DeriveResult
from ingest.media.child import MediaChild
from ingest.media.facts import Examined, PosterResult

TOOL: Final = "muniment.media"
VERSION: Final = "2"
_GROUP: Final = 25  # clips whose entries are appended at once
_PATIENCE: Final = 0.5  # seconds that a finished clip waits for others of its group


@dataclass(slots=True)
class _Group:
    """What was found and is not yet in the ledger."""

    facts: list[tuple[PendingClip, Examined, bytes]] = field(default_factory=list)
    since: float = 0.0

    def is_due(self) -> bool:
        return bool(self.facts) and (
            len(self.facts) >= _GROUP or time.monotonic() - self.since > _PATIENCE
        )


def examine(
    archive: Archive,
    child: MediaChild,
    clips: Sequence[PendingClip],
    *,
    actor: str,
    result: DeriveResult,
) -> None:
    """Look into clips, and say what was found.

    Raises:
        MediaChildError: the media parser cannot be started here. What was found before is in the ledger.
        ArchiveError, OSError: the archive failed; run it again.
    """
    todo = list(clips)
    while todo:
        with archive.store.writing() as writing:
            group = _Group(since=time.monotonic())
            while todo and not group.is_due():
                clip = todo.pop(0)
                try:
                    with archive.store.local(clip.sha256) as path:
                        name = clip.path or clip.clip
                        found = child.examine(path, name=name, out=writing.new_path())
                except (FixityError, MissingObjectError, OSError) as e:
                    # The original cannot be read: a finding of the audit. The other clips go on.
                    result.failed.append((clip.clip, str(e)))
                    continue
                group.facts.append((clip, found, document(clip, found)))
            events = _events(archive, writing, group, actor, result)
            if events:
                archive.ledger.append(drafts(None, events, store=archive.store))


def _events(
    archive: Archive, writing: Writing, group: _Group, actor: str, result: DeriveResult
) -> list[Event]:
    events: list[Event] = []
    kept = writing.put([facts for _, _, facts in group.facts])
    for (clip, found, _), stored in zip(group.facts, kept, strict=True):
        done = _done(archive, clip)
        data = {
            **_summary(found),
            "facts": {"object": stored.digest, "size": stored.size},
            "due": [kind for kind in _due(found) if kind not in done],
        }
        events.append(Event(type="clip.examined", subject=clip.clip, actor=actor, data=data))
        result.examined += 1
        if found.poster is not None and "poster" not in done:
            events.append(_poster(clip, found.poster, writing, actor))
            result.count("poster")
    return events


def _done(archive: Archive, clip: PendingClip) -> set[str]:
    """Kinds that an older version made already."""
    if not clip.examined:
        return set()
    return {row.kind for row in archive.catalogue.renditions(clip.clip)}


def _due(found: Examined) -> list[str]:
    return ["poster"] if found.poster is not None else []


def document(clip: PendingClip, found: Examined) -> bytes:
    """The media facts as the object that an entry names (docs/formats/media.md)."""
    named = {"format": 2, "of": clip.sha256, "size": clip.size, "tool": TOOL, "version": VERSION}
    facts = found.facts
    little = {
        "kind": facts.kind,
        "container": facts.container,
        "streams": [],
        "damage": [
            {"code": code, **dict.fromkeys(("from", "to", "from_us", "to_us"))}
            for code in facts.damage
        ],
    }
    try:
        return encode({**little, **named})
    except CanonicalError:  # what a file says of itself may be no Unicode, or beyond 2^53
        return encode({**little, "container": None, **named})


def _summary(examined: Examined) -> dict[str, Any]:
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
        "tool": TOOL,
        "version": VERSION,
    }


def _poster(clip: PendingClip, poster: PosterResult, writing: Writing, actor: str) -> Event:
    return made(
        clip.clip,
        "poster",
        writing.adopt(poster.path),
        actor=actor,
        of=clip.sha256,
        media_type="image/jpeg",
        maker=Maker(tool=poster.tool, version=poster.version),
        parameters=poster.parameters,
    )
