"""`derive`: what is missing of media facts and renditions, then links by rule, which need the lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.messages import name_of
from archive.cases import UnknownClipError
from archive.opening import Archive
from ingest.deriving import DeriveResult
from ingest.deriving import derive as derive_clips
from ingest.linking import link_clips
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.opening import writing
from muniment.progress import bar

_PARTLY = 3


def with_bar(
    asked: Asked, archive: Archive, clips: Sequence[str] | None, *, again: bool = False
) -> DeriveResult:
    """Make what is missing, the stage named on a bar.

    Raises:
        MediaChildError, ArchiveError, OSError: run it again.
        KeyboardInterrupt: what was made is in the ledger; the rest stays due. It was said how to finish it.
    """
    with bar(asked.words("progress.derive"), is_bytes=False) as tell:
        try:
            return derive_clips(
                archive,
                clips,
                actor=asked.actor,
                progress=lambda done, total, stage: tell(
                    done, total, asked.words(f"stage.{stage}")
                ),
                again=again,
            )
        except KeyboardInterrupt:
            asked.note(asked.words("derive.stopped"))
            raise


def summary(done: DeriveResult) -> dict[str, Any]:
    """What was done, as members of a document."""
    return {
        "examined": done.examined,
        "posters": done.posters,
        "made": done.made,
        "unmade": [{"clip": clip, "kind": kind, "code": code} for clip, kind, code in done.unmade],
    }


def said(asked: Asked, key: str, done: DeriveResult) -> str:
    """What was done, in words."""
    made = ", ".join(
        f"{name_of(asked.language, 'rendition', kind)} {count}"
        for kind, count in sorted(done.made.items())
    )
    return asked.words(key, examined=done.examined, made=made or asked.words("derive.none"))


def _why(asked: Asked, kind: str, code: str) -> str:
    lang = asked.language
    return f"{name_of(lang, 'rendition', kind)}: {name_of(lang, 'failure', code)}"


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
        again = clips is not None
        pending = [row.clip for row in archive.catalogue.unexamined(clips, again=again)]
        done = with_bar(asked, archive, clips, again=again)
        linked = link_clips(archive, actor=asked.actor, clips=pending)
    document = {
        **summary(done),
        "linked": len(linked),
        "failed": [{"clip": clip, "reason": why} for clip, why in done.failed],
    }
    lines = [said(asked, "derive.done", done)]
    if done.unmade:
        lines.append(asked.words("derive.unmade", count=len(done.unmade)))
        lines += [f"  {clip}: {_why(asked, kind, code)}" for clip, kind, code in done.unmade]
    if done.failed:
        lines.append(asked.words("derive.failed", count=len(done.failed)))
        lines += [f"  {clip}: {printable(why)}" for clip, why in done.failed]
    return Answer(document=document, text="\n".join(lines), status=_PARTLY if done.failed else 0)
