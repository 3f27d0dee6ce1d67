"""`package`: hand a case or a clip to a stranger, with all that it takes to check it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from api.messages import LANGS, name_of
from archive.cases import UnknownCaseError
from archive.ids import is_id
from archive.opening import Archive
from archive.package.build import Built, build
from muniment.answer import Answer, Asked
from muniment.columns import printable, size_text
from muniment.errors import WrongUsageError
from muniment.moments import moment_text, zone_of
from muniment.opening import writing
from muniment.progress import bar
from muniment.reasons import why

_PARTLY: Final = 3
_ALARM: Final = 1  # as `witness ask`: somebody has to look


def package(asked: Asked, subject: str, *, out: Path, renditions: str) -> Answer:
    """Make a package of a case (its number or id) or a clip (its id).

    Raises:
        WrongUsageError: the renditions are no list of kinds.
        UnknownCaseError, UnknownClipError: there is none.
        ArchiveError, OSError: as `archive.package.build.build`. Nothing is left under the name.
    """
    kinds = kinds_of(renditions)
    with writing(asked) as archive, bar(asked.words("package.bar"), is_bytes=True) as tell:
        built = build(
            archive,
            _subject(asked, archive, subject),
            out,
            kinds=kinds,
            progress=tell,
            actor=asked.actor,
            name_of=_words,
        )
    whole = not (built.left_out or built.withheld) and built.outside.complete
    status = _ALARM if built.outside.alarming else 0 if whole else _PARTLY
    return Answer(document=document(built), text=_text(asked, built), status=status)


def kinds_of(text: str) -> Sequence[str]:
    """Kinds of renditions; none for `none`.

    Raises:
        WrongUsageError: a word has no letters, or `none` or `all` stands beside others.
    """
    kinds = [word.strip() for word in text.split(",")]
    alone = {"none", "all"} & set(kinds)
    if not all(kind.isascii() and kind.isalpha() for kind in kinds) or (alone and len(kinds) > 1):
        raise WrongUsageError(
            f"--renditions is none, all, or kinds such as poster,proxy; not {text!r}"
        )
    return [] if kinds == ["none"] else kinds


def _words(language: str, group: str, code: str) -> str:
    return name_of(LANGS[language != "zh"], group, code)


def _subject(asked: Asked, archive: Archive, given: str) -> str:
    """The id of what was asked for: a clip's id is none of a case's number."""
    if is_id(given, "clip") or is_id(given, "case"):
        return given
    case = archive.catalogue.case_by_number(given)
    if case is None:
        raise UnknownCaseError(asked.words("package.unknown", given=printable(given)))
    return case.id


def document(built: Built) -> dict[str, Any]:
    """The answer for scripts."""
    submitted = built.outside.submitted
    return {
        "out": str(built.out),
        "package": built.name,
        "subject": built.subject,
        "clips": built.clips,
        "left_out": [{"clip": item.clip, "why": item.why} for item in built.left_out],
        "renditions_left_out": [{"clip": clip, "kind": kind} for clip, kind in built.withheld],
        "files": built.files,
        "bytes": built.size,
        "manifest": built.manifest,
        "entry": built.entry,
        "checkpoint": built.note.decode(),
        "timestamps": [
            {
                "authority": stamp.authority,
                "own": stamp.own,
                "time": stamp.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "apart": stamp.apart,
            }
            for stamp in built.outside.stamps
        ],
        "timestamps_refused": [
            {"authority": r.authority, "code": r.code, "reason": r.reason}
            for r in built.outside.refused
        ],
        "cosigned": None if submitted is None else submitted.reached,
        "witnesses": [
            {"witness": a.witness, "ok": a.ok, "code": a.code, "reason": a.reason}
            for a in (submitted.answers if submitted else ())
        ],
        "alarming": [answer.witness for answer in built.outside.alarming],
        "pdf": built.pdf,
        "verifiers": built.verifiers,
    }


def _text(asked: Asked, built: Built) -> str:
    words = asked.words
    lines = [
        words(
            "package.done",
            out=built.out,
            clips=built.clips,
            size=size_text(built.out.stat().st_size),
        )
    ]
    for item in built.left_out:
        left = words(f"package.{item.why}")
        lines.append(words("package.left_out", clip=item.clip, why=left))
    for clip, kind in built.withheld:
        left = words("package.rendition_damaged", kind=kind)
        lines.append(words("package.left_out", clip=clip, why=left))
    for stamp in built.outside.stamps:
        own = words("package.own") if stamp.own else stamp.authority
        time = moment_text(stamp.time, zone_of(asked.root))
        lines.append(words("package.stamped", authority=own, time=time))
        if stamp.apart is not None:
            lines.append(words("timestamp.apart", detail=printable(stamp.apart)))
    for refusal in built.outside.refused:
        name = words("package.own") if refusal.authority == "embedded" else refusal.authority
        reason = why(asked.language, "authority", refusal.code, refusal.reason)
        lines.append(words("package.not_stamped", authority=name, reason=reason))
    submitted = built.outside.submitted
    if submitted is not None:
        ok = sum(answer.ok for answer in submitted.answers)
        key = "package.cosigned" if submitted.reached else "package.not_cosigned"
        lines.append(words(key, ok=ok, quorum=submitted.quorum))
        lines += [
            f"  {printable(a.witness)}: {why(asked.language, 'witness', a.code, a.reason)}"
            for a in submitted.answers
            if a.reason
        ]
    if built.outside.alarming:
        lines.append(words("package.alarm"))
    if not built.pdf:
        lines.append(words("package.no_pdf"))
    lines += ["", words("package.sealed", entry=built.entry)]
    lines += [f"  {name:<12} {digest}" for name, digest in built.verifiers.items()]
    lines.append(words("package.next", out=built.out))
    return "\n".join(lines)
