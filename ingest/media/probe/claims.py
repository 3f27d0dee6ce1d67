"""What a clip claims and its packets do not keep: faults that only the whole picture shows.

Pure functions of what was found. Reads nothing.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from ingest.media import poster
from ingest.media.facts import Fault
from ingest.media.layout import Layout
from ingest.media.probe.frames import Times
from ingest.media.probe.opening import MAX_PIXELS
from ingest.media.probe.transport import Jump, Packets
from ingest.media.probe.walk import Walk
from ingest.media.sniff import Sniffed

_OFF: Final = 10  # a claim that is off by one part in so many
_OFF_US: Final = 2_000_000  # and by so much is no rounding
_PACKET: Final = 192  # bytes of a transport stream's packet, at most
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


def contradictions(found: Found, lengths: dict[str, int | None]) -> list[Fault]:
    """Return where tables, packets and lengths contradict each other."""
    codes: set[str] = {fault.code for fault in found.faults}
    faults: list[Fault] = []
    if found.walked is not None:
        faults += _in_packets(found, found.walked, codes)
        fragmented = found.layout is not None and found.layout.fragmented
        if not fragmented and not codes & _WORST and _is_off(lengths):
            faults.append(Fault(code="bad_tables", detail="duration"))
    if found.packets is not None:
        faults += _lost(found.packets, [f for f in found.faults if f.code == "zero_filled"])
        if found.packets.rest:
            faults.append(Fault(code="cut_off", start=found.size))
    return faults


def _is_off(lengths: dict[str, int | None]) -> bool:
    """Whether the declared length is neither that from the first to the last sample, nor that from nought.

    Segments keep the times of the recording that they are from, and may count their length from its beginning.
    """
    declared, told = lengths["declared"], (lengths["all"], lengths["last"])
    if not declared or not lengths["all"]:
        return False
    ends = [measured for measured in told if measured]
    offs = [abs(declared - measured) for measured in ends]
    off = min(offs)
    return off > _OFF_US and off * _OFF > max(declared, ends[offs.index(off)])


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


def undecodable(found: Found) -> list[Fault]:
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


def missing_end(fault: Fault, lengths: dict[str, int | None]) -> Fault:
    """What is cut off lies between the end that was measured and the end that was declared."""
    if fault.code != "cut_off" or lengths["measured"] is None:
        return fault
    return replace(fault, from_us=lengths["measured"], to_us=lengths["declared"])
