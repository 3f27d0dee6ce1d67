"""The first look at a clip: its facts as an object, what is due, and a poster where there is a picture.

What always holds: a clip that cannot be parsed is kept all the same and its facts say so; the entries of a group are
appended at once, at most `_GROUP` clips or `_PATIENCE` seconds apart, so that a page does not wait for the whole card.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.canonical import encode
from archive.catalogue.rows import PendingClip
from archive.errors import CanonicalError, FixityError, MissingObjectError
from archive.events import Event, drafts
from archive.opening import Archive
from archive.store.writing import Writing
from ingest.deriving.claims import claimed
from ingest.deriving.entries import Maker, failed, made
from ingest.deriving.hands import Child
from ingest.deriving.kinds import TOOL
from ingest.deriving.result import WITHHELD, Progress
from ingest.media.errors import ParserKilledError
from ingest.media.facts import Examined, PosterResult

VERSION: Final = "2"
STAGE: Final = "examine"
_GROUP: Final = 25  # clips whose entries are appended at once
_PAGE: Final = 1000
_TURN: Final = 0.2  # seconds between two looks at what another process looks into
_PATIENCE: Final = 0.5  # seconds that a finished clip waits for others of its group


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one look found."""

    clip: PendingClip
    found: Examined
    facts: bytes


def examine_all(
    archive: Archive,
    child: Child,
    clips: Sequence[str] | None,
    *,
    progress: Progress,
    again: bool = False,
) -> None:
    """Look into every clip that nobody looked into, or only an older version.

    `again`: of these clips, also into those that the parser did not live through.

    Raises:
        MediaChildError: the media parser cannot be started here. What was found before is in the ledger.
        ArchiveError, OSError: the archive failed; run it again.
    """
    if clips is None:
        _examine_everything(archive, child, progress)
        return
    pending = [clip.clip for clip in archive.catalogue.unexamined(clips, again=again)]
    groups = deque(pending[at : at + _GROUP] for at in range(0, len(pending), _GROUP))
    done = 0
    while groups and not child.stopped():
        progress(done, len(pending), STAGE)
        group = groups.popleft()
        theirs = _examine_group(archive, child, group, again=again)
        done += len(group) - len(theirs)
        if theirs:  # another process looks at these: they are waited for
            groups.append(theirs)
            if len(theirs) == len(group):
                time.sleep(_TURN)
    if pending:
        progress(done, len(pending), STAGE)


def _examine_group(
    archive: Archive, child: Child, group: Sequence[str], *, again: bool
) -> list[str]:
    """Look into what nobody else looks into; answers with the rest."""
    with claimed(archive.root, group, child.name) as mine:
        # Another process may have been here since the page was read.
        archive.catalogue.catch_up()
        left = archive.catalogue.unexamined(group, again=again)
        _examine(archive, child, [clip for clip in left if clip.clip in mine])
    return [clip.clip for clip in left if clip.clip not in mine]


def _examine_everything(archive: Archive, child: Child, progress: Progress) -> None:
    """A thousand at a time, until none are left but those that cannot be read."""
    total, done, unread = archive.catalogue.unexamined_count(), 0, set[str]()

    def told(part: int, _parts: int, stage: str) -> None:
        progress(done + part, max(total, done + part), stage)

    while not child.stopped():
        page = archive.catalogue.unexamined(limit=_PAGE + len(unread))
        left = [clip.clip for clip in page if clip.clip not in unread]
        if not left:
            return
        examine_all(archive, child, left, progress=told)
        done += len(left)
        archive.catalogue.catch_up()
        unread |= {clip.clip for clip in archive.catalogue.unexamined(left)}


def _examine(archive: Archive, child: Child, clips: Sequence[PendingClip]) -> None:
    withheld = archive.catalogue.damaged_digests()
    child.result.failed += [(clip.clip, WITHHELD) for clip in clips if clip.sha256 in withheld]
    todo = [clip for clip in clips if clip.sha256 not in withheld]
    while todo and not child.stopped():
        with archive.store.writing() as writing:
            seen, since = list[_Seen](), time.monotonic()
            while todo and not (seen and time.monotonic() - since > _PATIENCE):
                clip = todo.pop(0)
                try:
                    with archive.store.local(clip.sha256) as path:
                        name = clip.path or clip.clip
                        found = child.child.examine(path, name=name, out=writing.new_path())
                except (FixityError, MissingObjectError, OSError, ParserKilledError) as e:
                    # The original cannot be read, a finding of the audit; or it was not to be looked at now. The
                    # other clips go on.
                    child.result.failed.append((clip.clip, str(e)))
                    continue
                seen.append(_Seen(clip=clip, found=found, facts=document(clip, found)))
            events = _events(archive, writing, seen, child)
            if events:
                archive.ledger.append(drafts(None, events, store=archive.store))


def _events(archive: Archive, writing: Writing, seen: Sequence[_Seen], child: Child) -> list[Event]:
    events: list[Event] = []
    actor, result = child.actor, child.result
    for one, stored in zip(seen, writing.put([one.facts for one in seen]), strict=True):
        clip, found = one.clip, one.found
        done = _done(archive, clip)
        due = [kind for kind in _due(child, clip, found) if kind not in done]
        data = {
            **_summary(found),
            "facts": {"object": stored.digest, "size": stored.size},
            "due": due,
        }
        if found.document.get("protected") is True or _is_protected(found):
            data["protected"] = True
        events.append(Event(type="clip.examined", subject=clip.clip, actor=actor, data=data))
        result.examined += 1
        if "poster" not in due:
            continue
        if found.poster is not None:
            events.append(_poster(clip, found.poster, writing, actor))
            result.count("poster")
        else:
            maker = Maker(tool=TOOL, version=VERSION)
            events.append(failed(clip.clip, "poster", "nothing_to_show", actor=actor, maker=maker))
            result.unmade.append((clip.clip, "poster", "nothing_to_show"))
    return events


def _is_protected(found: Examined) -> bool:
    """Whether samples of any stream are encrypted."""
    streams = found.document.get("streams")
    return isinstance(streams, list) and any(
        isinstance(stream, dict) and stream.get("protected") is True for stream in streams
    )


def _done(archive: Archive, clip: PendingClip) -> set[str]:
    """Kinds that an older version made already."""
    if not clip.examined:
        return set()
    made_kinds = {row.kind for row in archive.catalogue.renditions(clip.clip)}
    return (
        made_kinds if archive.catalogue.assessment(clip.clip) is None else {*made_kinds, "quality"}
    )


def _due(child: Child, clip: PendingClip, found: Examined) -> list[str]:
    """What the facts make due, and a track where the recorder wrote files beside the clip."""
    due = list(found.due)
    if found.poster is not None and "poster" not in due:
        due.insert(0, "poster")
    is_media = found.facts.kind in {"video", "audio", "photo"}
    if "track" not in due and is_media and child.sides_of(clip.docking, clip.path):
        due.append("track")
    return due


def document(clip: PendingClip, found: Examined) -> bytes:
    """The media facts as the object that an entry names (docs/formats/media.md)."""
    named = {"format": 2, "of": clip.sha256, "size": clip.size, "tool": TOOL, "version": VERSION}
    facts = found.facts
    little = {
        "kind": facts.kind,
        "container": facts.container,
        "streams": [],
        "damage": [
            {"code": code, **dict.fromkeys(("from", "to", "from_us", "to_us", "count", "detail"))}
            for code in facts.damage
        ],
    }
    try:
        return encode({**little, **found.document, **named})
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
