"""What is known of a clip's media, in words and lines for people. Pure: nothing is looked up here.

What always holds: whatever a file says of itself is spelt out so that it steers no terminal.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from api import mediawords
from api.factswords import coordinates, device
from api.mediafacts import Known
from api.mediawords import moment
from api.messages import name_of, say
from archive.catalogue.rows import ClipRow, RenditionRow
from muniment.answer import Asked
from muniment.around import Around
from muniment.columns import printable, size_text
from muniment.receipt import local_text

_SHOWN: Final = 20  # of faults, findings, clocks
# docs/formats/media.md: a satellite's time, and its place in the clip
_FIX: Final = re.compile(r"(\S+) at (-?\d{1,12}) ms")


def fact_lines(
    asked: Asked, row: ClipRow, known: Known, beside: Around, zone: ZoneInfo
) -> list[tuple[str, str]]:
    """Names of sentences, each with what is to be said; several of one name where there are several."""
    facts, lines, lang = known.facts, list[tuple[str, str]](), asked.language
    faults = mediawords.damage(lang, facts, row.damage)[:_SHOWN]
    lines += [("damage", fault.words) for fault in faults]
    lines += [("repaired", line) for line in _repaired(asked, beside)]
    if row.protected:
        lines.append(("media", asked.words("clip.protected")))
    if (frames := _frames(asked, row, facts)) is not None:
        lines.append(("frames", frames))
    lines += [("clocks", line) for line in _clocks(asked, known, zone)]
    if names := device(facts):
        lines.append(("device", ", ".join(names)))
    telemetry = [str(one.get("format")) for one in _dicts(facts.get("telemetry"))]
    if telemetry:
        lines.append(("telemetry", ", ".join(dict.fromkeys(telemetry))))
    lines += [("location", line) for line in _places(asked, facts, beside)]
    lines += [("assessment", one) for one in _assessed(asked, known)]
    if known.recording is not None:
        lines.append(("recording", _part(asked, row, known)))
    lines += [("sides", f"{side.path or '-'} ({side.clip})") for side in beside.sides[:_SHOWN]]
    if row.belongs_to is not None:
        owner = "" if beside.owner is None else f" ({beside.owner.clip})"
        lines.append(("belongs_to", row.belongs_to + owner))
    if row.due:
        kinds = ", ".join(name_of(lang, "rendition", kind) for kind in row.due)
        lines.append(("due", kinds))
    return lines


def local_moment(moment: str, zone: ZoneInfo) -> str | None:
    """An RFC 3339 time in a zone, with milliseconds where there are any; None: it is none."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    local = at.astimezone(zone)
    rest = f".{local.microsecond // 1000:03}" if local.microsecond else ""
    return f"{local:%Y-%m-%d %H:%M:%S}{rest} {zone.key}"


def rendition_lines(asked: Asked, row: RenditionRow, zone: ZoneInfo) -> list[str]:
    """What a rendition is, by whom and how it was made."""
    source = row.parameters.get("source")
    is_repaired = isinstance(source, str) and len(source) == 64
    of = (
        asked.words("clip.of_repair", digest=source)
        if is_repaired
        else asked.words("clip.of_original")
    )
    name = name_of(asked.language, "rendition", row.kind)
    lines = [f"{name} ({row.kind})  {size_text(row.size)}  {row.sha256}"]
    made = asked.words(
        "clip.made_by",
        time=local_text(row.made_at, zone) if row.made_at else "-",
        tool=row.tool or "-",
        version=row.version or "-",
        of=of,
    )
    lines.append(f"  {made}")
    lines.append(f"  {_how(row.parameters)}")
    if row.index_sha256 is not None:
        index = asked.words(
            "clip.index",
            media_type=row.index_media_type or "-",
            size=size_text(row.index_size or 0),
            digest=row.index_sha256,
        )
        lines.append(f"  {index}")
    return [printable(line) for line in lines]


def failure_lines(asked: Asked, known: Known) -> list[str]:
    """What could not be made, and why."""
    return [
        f"{name_of(asked.language, 'rendition', f.kind)}: {name_of(asked.language, 'failure', f.code)}"
        for f in known.failures
    ]


def _how(parameters: Mapping[str, Any]) -> str:
    """The exact command, or the parameters."""
    command = parameters.get("command")
    if isinstance(command, str):
        try:
            return shlex.join(map(str, json.loads(command)))
        except (ValueError, TypeError):
            return command
    return " ".join(f"{name}={value}" for name, value in sorted(parameters.items()))


def _repaired(asked: Asked, beside: Around) -> Iterator[str]:
    """What a repair recovered and lost."""
    if beside.report is None:
        return
    lang = asked.language
    told = mediawords.repaired(lang, beside.report)
    yield f"{say(lang, 'repair.recovered')} {told.recovered}"
    if told.headline == "partial":
        yield f"{say(lang, 'repair.lost')} {told.lost}"
    else:
        yield say(lang, f"repair.{told.headline}")
    yield say(lang, "repair.method") + say(lang, "fault.colon") + told.method
    for note in told.notes:
        yield say(lang, "repair.notes") + say(lang, "fault.colon") + note


def _frames(asked: Asked, row: ClipRow, facts: Mapping[str, Any]) -> str | None:
    frames = facts.get("frames")
    count = frames.get("count") if isinstance(frames, dict) else None
    if not isinstance(count, int):
        return None
    varies = any(stream.get("variable_rate") is True for stream in _dicts(facts.get("streams")))
    if varies:
        return asked.words("clip.variable", count=count)
    return asked.words("clip.frame_count", count=count, rate=row.rate or "-")


def _clocks(asked: Asked, known: Known, zone: ZoneInfo) -> Iterator[str]:
    """Every clock as the file says it, then what that is in local time."""
    lang = asked.language
    for clock in _dicts(known.facts.get("clocks"))[:_SHOWN]:
        source, raw = str(clock.get("source")), str(clock.get("raw"))
        said = asked.words("clip.clock", source=name_of(lang, "clocks", source), raw=raw)
        fix = _FIX.fullmatch(raw) if source == "gps" else None
        if fix is not None:
            name, at = name_of(lang, "clocks", source), moment(int(fix[2]) / 1000)
            said = asked.words("clip.clock_at", source=name, raw=fix[1], at=at)
        local = local_moment(str(clock.get("utc")), zone)
        if local is not None:
            key = "clip.clock_local" if fix is None else "clip.clock_began"
            said += asked.words(key, local=local)
        yield said
    if known.assessment is not None and known.assessment.clock is not None:
        source = name_of(lang, "clocks", "in_picture")
        seen = known.assessment
        if seen.clock_at_ms is None:
            yield asked.words("clip.clock", source=source, raw=seen.clock)
        else:
            at = moment(seen.clock_at_ms / 1000)
            yield asked.words("clip.clock_at", source=source, raw=seen.clock, at=at)


def _places(asked: Asked, facts: Mapping[str, Any], beside: Around) -> Iterator[str]:
    """Where the file says that it was recorded, and where its track leads."""
    place = coordinates(dict(facts))
    if place is not None:
        yield place
    track = beside.track
    if track is None or (place is not None and track.positions == 1):
        return
    ends = [f"{lat:.7f}, {lon:.7f}" for lon, lat in (track.first, track.last)]
    source = name_of(asked.language, "track.from", track.source)
    if track.positions == 1:
        yield f"{ends[0]} ({source})"
        return
    yield asked.words(
        "clip.track", count=track.positions, source=source, begin=ends[0], end=ends[1]
    )


def _assessed(asked: Asked, known: Known) -> Iterator[str]:
    seen = known.assessment
    if seen is None:
        return
    if not seen.findings:
        yield asked.words("clip.assessed_well")
    for finding in seen.findings[:_SHOWN]:
        name = name_of(asked.language, "finding", finding.code)
        begin, end = moment(finding.from_ms / 1000), moment(finding.to_ms / 1000)
        yield f"{name}, {asked.words('clip.span', begin=begin, end=end)}"


def _part(asked: Asked, row: ClipRow, known: Known) -> str:
    whole = known.recording
    segments = () if whole is None else whole.segments
    position = next((s.position for s in segments if s.clip == row.clip), 0)
    return asked.words(
        "clip.part",
        position=position + 1,
        count=len(segments),
        recording="-" if whole is None else whole.id,
    )


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
