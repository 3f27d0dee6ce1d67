"""`clip show`: writes nothing."""

from __future__ import annotations

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from api.custodywords import media_parts
from api.documents import clip_facts, custody_event
from api.mediafacts import Known, known_of
from api.mediawords import moment
from api.messages import name_of
from archive.cases import UnknownClipError
from archive.catalogue.rows import ClipRow, CustodyRow, RenditionRow
from muniment.answer import Answer, Asked
from muniment.around import Around, around
from muniment.columns import pad, printable, size_text, table, width
from muniment.mediatext import fact_lines, failure_lines, local_moment, rendition_lines
from muniment.opening import untouched
from muniment.receipt import clock_text, local_text
from oversight.registers.certificates import recorded_with


def show_clip(asked: Asked, clip: str) -> Answer:
    """Facts, custody history, links, renditions. Raises UnknownClipError."""
    with untouched(asked) as (archive, catalogue):
        row = catalogue.clip(clip)
        if row is None:
            raise UnknownClipError(asked.words("clip.unknown", clip=printable(clip)))
        renditions = catalogue.renditions(clip)
        custody = catalogue.custody(clip)
        known = known_of(catalogue, archive.store, row)
        document: dict[str, Any] = clip_facts(row, renditions, catalogue.links_of(clip), known)
        document["officer_certificate"] = recorded_with(catalogue, archive.settings.zone, row)
        beside = around(catalogue, archive.store, row, renditions)
        document |= beside.document()
        document["custody"] = [custody_event(event) for event in custody]
        text = _text(asked, _Shown(row, known, beside, renditions, custody), archive.settings.zone)
        if (state := document["officer_certificate"]) not in {None, "valid"}:
            text += "\n" + asked.words(f"clip.uncertified.{state}")
    return Answer(document=document, text=text)


class _Shown(NamedTuple):
    """Everything about a clip."""

    row: ClipRow
    known: Known
    beside: Around
    renditions: list[RenditionRow]
    custody: list[CustodyRow]


def _text(asked: Asked, shown: _Shown, zone: ZoneInfo) -> str:
    row, known, beside, renditions, custody = shown
    facts: list[tuple[str, str | None]] = [
        ("path", row.path),
        ("recorder", row.recorder),
        ("officer", row.officer),
        ("unit", row.unit),
        ("size", _size(row.size)),
        ("sha256", row.sha256),
        ("start", _start(asked, row, zone)),
        ("raw", _raw(row, zone)),
        ("correction", _correction(asked, row)),
        ("media", _media(asked, row)),
        *fact_lines(asked, row, known, beside, zone),
        ("cases", ", ".join(row.cases) or None),
        (
            "verified",
            local_text(row.verified_at, zone)
            if row.verified_at
            else asked.words("clip.not_verified"),
        ),
    ]
    names = {name: asked.words(f"clip.{name}") for name, _ in facts}
    cells = max(map(width, names.values()))
    lines = [row.clip]
    before = None
    for name, value in facts:
        label = "" if name == before else names[name]  # several of one name stand under it
        lines.append(f"  {pad(label, cells)}  {printable(value or '-')}")
        before = name
    lines += ["", asked.words("clip.custody")]
    lang = asked.language
    events = [
        [
            str(e.index),
            local_text(e.time, zone),
            name_of(lang, "event", e.type),
            ", ".join(media_parts(lang, e.type, e.data)),
            e.type,
            e.actor,
        ]
        for e in custody
    ]
    lines += [f"  {line}" for line in table([""] * 6, events, flush_right=(0,))[1:]]
    if renditions:
        lines += ["", asked.words("clip.renditions")]
        lines += [f"  {line}" for r in renditions for line in rendition_lines(asked, r, zone)]
    if known.failures:
        lines += ["", asked.words("clip.unmade")]
        lines += [f"  {line}" for line in failure_lines(asked, known)]
    return "\n".join(lines)


def _start(asked: Asked, row: ClipRow, zone: ZoneInfo) -> str:
    source = row.start_source and name_of(asked.language, "source", row.start_source)
    return f"{local_text(row.start, zone)} {zone.key} ({source or '-'})"


def _raw(row: ClipRow, zone: ZoneInfo) -> str | None:
    """What the recorder itself said: never corrected."""
    if row.start_source == "modified":
        return local_text(row.modified, zone)
    local = row.start_raw and local_moment(row.start_raw, zone)
    return f"{row.start_raw} ({local})" if local else row.start_raw


def _size(size: int) -> str:
    return f"{size} B ({size_text(size)})" if size >= 1000 else f"{size} B"


def _correction(asked: Asked, row: ClipRow) -> str | None:
    if row.start is None:
        return None
    if row.offset_ms is None:
        return asked.words("clock.unmeasured")
    return clock_text(row.offset_ms, row.uncertainty_ms or 0, asked.words)


def _media(asked: Asked, row: ClipRow) -> str | None:
    kind = name_of("zh", "kind", row.kind) if row.kind and asked.language == "zh" else row.kind
    parts = [kind, row.container, row.video, row.audio]
    if row.width and row.height:
        parts.append(f"{row.width} x {row.height}")
    if row.duration is not None:
        parts.append(
            asked.words("clip.length", at=moment(row.duration), seconds=f"{row.duration:.6f}")
        )
    return ", ".join(part for part in parts if part) or None
