"""What is known of a clip's media, in words and lines for people. Pure: nothing is looked up here.

What always holds: whatever a file says of itself is spelt out so that it steers no terminal.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from api.mediafacts import Known, faults
from api.messages import name_of
from archive.catalogue.rows import ClipRow, RenditionRow
from muniment.answer import Asked
from muniment.columns import printable, size_text
from muniment.receipt import local_text

_SHOWN = 20  # of faults and findings


def fact_lines(asked: Asked, row: ClipRow, known: Known) -> list[tuple[str, str]]:
    """Names of sentences, each with what is to be said; several of one name where there are several."""
    facts, lines = known.facts, list[tuple[str, str]]()
    lines += [("damage", _fault(asked, one)) for one in faults(facts)[:_SHOWN]]
    if not faults(facts) and row.damage:
        words = ", ".join(name_of(asked.language, "damage", code) for code in row.damage)
        lines.append(("damage", words))
    if row.protected:
        lines.append(("media", asked.words("clip.protected")))
    if (frames := _frames(asked, row, facts)) is not None:
        lines.append(("frames", frames))
    lines += [("clocks", _clock(one)) for one in _dicts(facts.get("clocks"))]
    device = facts.get("device")
    if isinstance(device, dict) and any(device.values()):
        lines.append(("device", " ".join(str(v) for v in device.values() if v)))
    telemetry = [str(one.get("format")) for one in _dicts(facts.get("telemetry"))]
    if telemetry:
        lines.append(("telemetry", ", ".join(telemetry)))
    lines += [("assessment", one) for one in _assessed(asked, known)]
    if known.recording is not None:
        lines.append(("recording", _part(asked, row, known)))
    if row.due:
        kinds = ", ".join(name_of(asked.language, "rendition", kind) for kind in row.due)
        lines.append(("due", kinds))
    return lines


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


def _fault(asked: Asked, fault: Mapping[str, Any]) -> str:
    parts = [name_of(asked.language, "damage", str(fault.get("code")))]
    if fault.get("detail"):
        parts.append(name_of(asked.language, "detail", str(fault["detail"])))
    if isinstance(fault.get("count"), int):
        parts.append(str(fault["count"]))
    begin, end = fault.get("from_us"), fault.get("to_us")
    if isinstance(begin, int):
        parts.append(_span(asked, begin / 1000, None if end is None else end / 1000))
    if isinstance(fault.get("from"), int):
        parts.append(asked.words("clip.bytes", begin=fault["from"], end=_or_dash(fault.get("to"))))
    return ", ".join(parts)


def _frames(asked: Asked, row: ClipRow, facts: Mapping[str, Any]) -> str | None:
    frames = facts.get("frames")
    count = frames.get("count") if isinstance(frames, dict) else None
    if not isinstance(count, int):
        return None
    varies = any(stream.get("variable_rate") is True for stream in _dicts(facts.get("streams")))
    if varies:
        return asked.words("clip.variable", count=count)
    return asked.words("clip.frame_count", count=count, rate=row.rate or "-")


def _clock(clock: Mapping[str, Any]) -> str:
    raw, utc = clock.get("raw"), clock.get("utc")
    said = f"{clock.get('source')} {raw}"
    return said if utc is None or utc == raw else f"{said} ({utc})"


def _assessed(asked: Asked, known: Known) -> Iterator[str]:
    seen = known.assessment
    if seen is None:
        return
    if not seen.findings:
        yield asked.words("clip.assessed_well")
    for finding in seen.findings[:_SHOWN]:
        name = name_of(asked.language, "finding", finding.code)
        yield f"{name}, {_span(asked, finding.from_ms, finding.to_ms)}"


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


def _span(asked: Asked, begin_ms: float, end_ms: float | None) -> str:
    end = "-" if end_ms is None else _moment(end_ms)
    return asked.words("clip.span", begin=_moment(begin_ms), end=end)


def _moment(ms: float) -> str:
    seconds, rest = divmod(round(ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes}:{seconds:02d}.{rest:03d}"


def _or_dash(value: object) -> object:
    return "-" if value is None else value


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
