"""Puts the facts of a clip together, as docs/formats/media.md has them. Reads nothing; every number is an integer."""

from typing import Any, Final

from ingest.media import poster
from ingest.media.facts import Fault
from ingest.media.layout import Layout
from ingest.media.probe.claims import Facts, Found, contradictions, missing_end, undecodable
from ingest.media.probe.frames import Times, frame_facts
from ingest.media.probe.spans import Timeline
from ingest.media.sniff import Sniffed

FORMAT: Final = 2
TOOL: Final = "muniment.media"
VERSION: Final = "2"
_SAFE: Final = (1 << 53) - 1
MAX_DAMAGE: Final = 1000  # faults that are told
# Containers that say how long they are; of the others libavformat guesses.
_CLAIMS: Final = frozenset({"mp4", "mov", "matroska", "webm", "avi", "wav", "asf", "flv"})
# Those whose sound begins at nought; what lies before is the encoder's, decoded and not heard.
_FROM_ZERO: Final = frozenset({"mp4", "mov", "matroska", "webm"})
_FRAME_US: Final = 50_000  # where there is no picture to take it from
_TELEMETRY: Final = frozenset({"gpmd"})


def unopened(
    size: int, sniffed: Sniffed, faults: list[Fault], *, layout: Layout | None = None
) -> Facts:
    """Return the facts of a file that no demuxer opened."""
    return {
        "format": FORMAT,
        "size": size,
        "tool": TOOL,
        "version": VERSION,
        "libraries": poster.versions(),
        "kind": sniffed.kind,
        "container": sniffed.container,
        "brand": layout.brand if layout else None,
        "fragments": _fragments(layout),
        "duration_us": None,
        "declared_us": None,
        "measured_us": None,
        "protected": False,
        "streams": [],
        "frames": None,
        "av_offset_us": None,
        "clocks": [],
        "device": None,
        "location": None,
        "telemetry": [],
        "damage": [bounded(fault.to_json()) for fault in faults[:MAX_DAMAGE]],
        "metadata": {},
    }


def complete(found: Found) -> Facts:
    """Return the facts of a clip that opened."""
    picture, sound = _first(found, "video"), _first(found, "audio")
    lengths = _lengths(found, picture, sound)
    faults = [*found.faults, *contradictions(found, lengths), *undecodable(found)]
    main = picture if picture is not None else sound
    if found.walked is not None and main is not None and main in found.times:
        zero_us = lengths["start"] or 0
        line = Timeline(found.walked.columns[main], found.times[main], zero_us)
        faults = [line.placed(missing_end(fault, lengths)) for fault in faults]
    shown = found.times.get(picture) if picture is not None else None
    members: Facts = bounded(
        {
            "kind": _kind(found),
            "duration_us": lengths["duration"],
            "declared_us": lengths["declared"],
            "measured_us": lengths["measured"],
            "protected": any(s["protected"] for s in found.streams),
            "streams": [_turned(s, picture, found.picture) for s in found.streams],
            "av_offset_us": lengths["offset"],
            "clocks": found.clocks,
            "device": found.device,
            "location": found.location,
            "telemetry": _telemetry(found),
            "metadata": found.metadata,
        }
    )
    if picture is not None and shown is not None:
        members["frames"] = frame_facts(picture, shown)
    return unopened(found.size, found.sniffed, faults, layout=found.layout) | members


def bounded(value: Any) -> Any:
    """Return facts without numbers that not every JSON reader has (RFC 7493, 2.2): a file may claim any."""
    if isinstance(value, dict):
        return {name: bounded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [bounded(member) for member in value]
    return None if isinstance(value, int) and abs(value) > _SAFE else value


def _fragments(layout: Layout | None) -> str | None:
    if layout is None or not layout.fragmented:
        return None
    return "indexed" if layout.indexed else "plain"


def _first(found: Found, kind: str) -> int | None:
    """Return the index of the stream that people see or hear: the first that decodes and is no cover."""
    if kind == "video" and found.sniffed.kind == "photo":
        return None
    return next(
        (s["index"] for s in found.streams if s["type"] == kind and s["codec"] and not s["cover"]),
        None,
    )


def _kind(found: Found) -> str:
    kinds = {s["type"] for s in found.streams if not s["cover"]}
    if found.sniffed.kind == "video" and "video" not in kinds and "audio" in kinds:
        return "video" if found.sniffed.container == "mpegts" else "audio"
    return found.sniffed.kind


def _lengths(found: Found, picture: int | None, sound: int | None) -> dict[str, int | None]:
    """Return start, end and length as measured, as declared, and the one that people are told."""
    if found.sniffed.kind == "photo":
        return dict.fromkeys(("start", "measured", "declared", "duration", "offset", "all", "last"))
    heard = {s["index"] for s in found.streams if s["type"] == "audio"}
    primed = heard if found.sniffed.container in _FROM_ZERO else set()
    spans = {i: _span(t, primed=i in primed) for i, t in found.times.items() if len(t.shown)}
    told = [spans[i] for i in (picture, sound) if i is not None and i in spans]
    start = min((a for a, _ in told), default=None)
    end = max((b for _, b in told), default=None)
    measured = None if start is None or end is None else max(0, end - start)
    claimed = found.declared_us if found.declared_us and found.declared_us > 0 else None
    declared = claimed if found.sniffed.container in _CLAIMS else None
    duration = measured if measured and not (found.walked and found.walked.full) else claimed
    if declared is not None and measured and abs(measured - declared) <= _frame(found, picture):
        duration = declared
    offset = None
    if picture in spans and sound in spans and picture is not None and sound is not None:
        offset = spans[sound][0] - spans[picture][0]
    last = max((b for _, b in spans.values()), default=0)
    return {
        "start": start,
        "measured": measured,
        "declared": declared,
        "duration": duration,
        "offset": offset,
        "all": last - (start or 0),
        "last": last,
    }


def _span(times: Times, *, primed: bool) -> tuple[int, int]:
    start, end = times.start_us or 0, times.end_us or 0
    if primed and start < 0 < end:
        start = 0
    return start, end


def _frame(found: Found, picture: int | None) -> int:
    stream = next((s for s in found.streams if s["index"] == picture), None)
    return (stream.get("longest_us") if stream else None) or _FRAME_US


def _turned(stream: Facts, main: int | None, picture: poster.Picture | None) -> Facts:
    if stream["type"] != "video":
        return stream
    turned = stream["index"] == main and picture is not None
    rotation = int(str(picture.parameters["rotation"])) if picture and turned else 0
    return stream | {"rotation": -rotation % 360}


def _telemetry(found: Found) -> list[Facts]:
    told = [
        {"format": s["tag"], "stream": s["index"]} for s in found.streams if s["tag"] in _TELEMETRY
    ]
    if found.location is not None:
        told.append({"format": "location", "stream": None})
    return told
