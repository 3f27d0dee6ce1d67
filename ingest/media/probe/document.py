"""Puts the facts of a clip together, as docs/formats/media.md has them. Decides nothing and reads nothing.

Every number is an integer. Adds the faults that only the whole picture shows: a claim of the container that its
packets do not keep.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from ingest.media import poster
from ingest.media.facts import Fault
from ingest.media.layout import Layout
from ingest.media.probe.frames import Times, frame_facts
from ingest.media.probe.opening import MAX_PIXELS
from ingest.media.probe.spans import Timeline
from ingest.media.probe.transport import Jump, Packets
from ingest.media.probe.walk import Walk
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
_OFF: Final = 10  # a claim that is off by one part in so many
_OFF_US: Final = 2_000_000  # and by so much is no rounding
_PACKET: Final = 192  # bytes of a transport stream's packet, at most
_TELEMETRY: Final = frozenset({"gpmd"})
_WORST: Final = frozenset({"cut_off", "no_index"})

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found in a clip that opened."""

    size: int
    sniffed: Sniffed
    layout: Layout | None
    faults: list[Fault]
    walked: Walk | None
    times: dict[int, Times]
    packets: Packets | None
    streams: list[Facts]
    declared_us: int | None
    clocks: list[Facts]
    device: dict[str, str | None] | None
    location: dict[str, int | None] | None
    metadata: dict[str, str]
    picture: poster.Picture | None
    decoded: bool = True  # whether a picture was asked for


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
    faults = [*found.faults, *_contradictions(found, lengths), *_undecodable(found)]
    main = picture if picture is not None else sound
    if found.walked is not None and main is not None and main in found.times:
        zero_us = lengths["start"] or 0
        line = Timeline(found.walked.columns[main], found.times[main], zero_us)
        faults = [line.placed(_missing_end(fault, lengths)) for fault in faults]
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
        return dict.fromkeys(("start", "measured", "declared", "duration", "offset", "all"))
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
    longest = max((b for _, b in spans.values()), default=0) - (start or 0)
    return {
        "start": start,
        "measured": measured,
        "declared": declared,
        "duration": duration,
        "offset": offset,
        "all": longest,
    }


def _span(times: Times, *, primed: bool) -> tuple[int, int]:
    start, end = times.start_us or 0, times.end_us or 0
    if primed and start < 0 < end:
        start = 0
    return start, end


def _frame(found: Found, picture: int | None) -> int:
    stream = next((s for s in found.streams if s["index"] == picture), None)
    return (stream.get("longest_us") if stream else None) or _FRAME_US


def _contradictions(found: Found, lengths: dict[str, int | None]) -> list[Fault]:
    codes: set[str] = {fault.code for fault in found.faults}
    faults: list[Fault] = []
    if found.walked is not None:
        faults += _in_packets(found, found.walked, codes)
        declared, measured = lengths["declared"], lengths["all"]
        fragmented = found.layout is not None and found.layout.fragmented
        if declared and measured and not fragmented and not codes & _WORST:
            off = abs(declared - measured)
            if off > _OFF_US and off * _OFF > max(declared, measured):
                faults.append(Fault(code="bad_tables", detail="duration"))
    if found.packets is not None:
        faults += _lost(found.packets, [f for f in found.faults if f.code == "zero_filled"])
        if found.packets.rest:
            faults.append(Fault(code="cut_off", start=found.size))
    return faults


def _in_packets(found: Found, walked: Walk, codes: set[str]) -> list[Fault]:
    """Hold the packets that came against those that should have come."""
    faults = []
    if walked.failed and not codes & _WORST:
        faults.append(Fault(code="cut_off"))
    tracks = found.layout.tracks if found.layout is not None else []
    for stream in found.streams:
        # a maker's own tracks are declared as makers like
        if stream["protected"] or stream["type"] not in {"video", "audio"}:
            continue
        column = walked.columns[stream["index"]]
        if column.unlike and not codes & {"zero_filled", "cut_off"}:
            faults.append(Fault(code="bad_tables", detail="lengths", count=column.unlike))
        track = tracks[stream["index"]] if len(tracks) == len(found.streams) else None
        if track is None or track.edited or walked.full or codes & {*_WORST, "bad_tables"}:
            continue
        missing = track.samples - len(column.sizes)
        if missing > 0 and not (found.layout and found.layout.fragmented):
            faults.append(Fault(code="bad_tables", detail="packets", count=missing))
    return faults


def _lost(packets: Packets, zeros: list[Fault]) -> list[Fault]:
    """Return jumps of counters, and bytes between packets that are not zeros anyway."""
    return [
        Fault(
            code="lost_packets",
            start=jump.start,
            end=jump.end,
            count=jump.missing or None,
            pid=jump.pid,
            detail="sync" if jump.pid is None else None,
        )
        for jump in packets.jumps
        if jump.pid is not None or not any(_covers(zero, jump) for zero in zeros)
    ]


def _covers(zeros: Fault, jump: Jump) -> bool:
    start, end = zeros.start or 0, zeros.end or 0
    return start - _PACKET <= jump.start and jump.end <= end + _PACKET


def _undecodable(found: Found) -> list[Fault]:
    """Say whether nothing can be seen or heard although the container opened."""
    shown = [s for s in found.streams if s["type"] in {"video", "audio"} and not s["cover"]]
    if any(s["protected"] for s in shown) or any(f.code == "undecodable" for f in found.faults):
        return []
    videos = [s for s in shown if s["type"] == "video"]
    heard = any(s["type"] == "audio" and s["codec"] for s in shown)
    if any((s.get("width") or 0) * (s.get("height") or 0) > MAX_PIXELS for s in videos):
        return [Fault(code="undecodable", detail="pixels")]
    if found.walked is not None and not any(s["packets"] for s in shown):
        return [Fault(code="undecodable")]
    seen = any(s["codec"] for s in videos)
    if not seen and (videos or not heard):
        return [Fault(code="undecodable")]
    if seen and found.picture is None and found.decoded:
        return [Fault(code="undecodable")]
    return []


def _missing_end(fault: Fault, lengths: dict[str, int | None]) -> Fault:
    """What is cut off lies between the end that was measured and the end that was declared."""
    if fault.code != "cut_off" or lengths["measured"] is None:
        return fault
    return replace(fault, from_us=lengths["measured"], to_us=lengths["declared"])


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
