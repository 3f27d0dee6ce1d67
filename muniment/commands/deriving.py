"""`derive`: what is missing of media facts and renditions, then links by rule, which need the lengths."""

from __future__ import annotations

from archive.cases import UnknownClipError
from ingest.deriving import derive as derive_clips
from ingest.linking import link_clips
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.opening import writing
from muniment.progress import bar

_PARTLY = 3


def derive(asked: Asked, clips: list[str] | None) -> Answer:
    """Make missing renditions.

    Raises:
        UnknownClipError: nothing was made.
        MediaChildError, ArchiveError, OSError: run it again.
    """
    with writing(asked) as archive:
        for clip in clips or ():
            if archive.catalogue.clip(clip) is None:
                raise UnknownClipError(asked.words("clip.unknown", clip=printable(clip)))
        pending = [row.clip for row in archive.catalogue.unexamined(clips)]
        with bar(asked.words("progress.derive"), is_bytes=False) as tell:
            done = derive_clips(archive, clips, actor=asked.actor, progress=tell)
        linked = link_clips(archive, actor=asked.actor, clips=pending)
    document = {
        "examined": done.examined,
        "posters": done.posters,
        "linked": len(linked),
        "failed": [{"clip": clip, "reason": why} for clip, why in done.failed],
    }
    lines = [asked.words("derive.done", examined=done.examined, posters=done.posters)]
    if done.failed:
        lines.append(asked.words("derive.failed", count=len(done.failed)))
        lines += [f"  {clip}: {printable(why)}" for clip, why in done.failed]
    return Answer(document=document, text="\n".join(lines), status=_PARTLY if done.failed else 0)
