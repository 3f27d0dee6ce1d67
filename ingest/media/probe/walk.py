"""Every packet of a clip, noted in columns: when it is shown, where it lies, how large it is.

One pass over the file, in the order in which the demuxer gives packets. Decodes nothing. Holds at most `MAX_PACKETS`
packets; a clip with more is walked to its end and said to be `full`.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

MAX_PACKETS: Final = 4_000_000  # fourteen hours of 30 fps and sound
NEVER: Final = -(1 << 63)  # no time is given
_CHECKED_FIRST, _CHECKED_EACH = 64, 16  # which packets are held against their own lengths


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True, kw_only=True)
class Column:
    """The packets of one stream, in the order of the file."""

    pts: array[int] = field(default_factory=_numbers)
    dts: array[int] = field(default_factory=_numbers)
    durations: array[int] = field(default_factory=_numbers)
    positions: array[int] = field(default_factory=_numbers)  # bytes; -1 where not known
    sizes: array[int] = field(default_factory=_numbers)
    keys: array[int] = field(default_factory=lambda: array("b"))
    hidden: array[int] = field(default_factory=lambda: array("b"))  # an edit list leaves it out
    corrupt: int = 0  # packets that are shorter than their table says
    unlike: int = 0  # packets whose parts do not fill them
    nal_width: int = 0  # bytes of a NAL unit's length, where its packets are made of such


@dataclass(slots=True, kw_only=True)
class Walk:
    """What a walk found, by stream index."""

    columns: dict[int, Column]
    failed: bool = False  # the demuxer gave up before the end
    full: bool = False


def walk(container: InputContainer) -> Walk:
    """Read every packet of a container that was just opened. Leaves it at its end."""
    columns = {s.index: Column(nal_width=nal_width(s)) for s in container.streams}
    result, left = Walk(columns=columns), MAX_PACKETS
    try:
        for packet in container.demux():
            if not packet.size:
                continue  # the demuxer's word for "no more"
            left -= 1
            if left < 0:
                result.full = True
                continue
            _note(columns[packet.stream_index], packet)
    except av.FFmpegError:
        result.failed = True
    return result


def _note(column: Column, packet: Packet[Stream]) -> None:
    pts, dts, pos = packet.pts, packet.dts, packet.pos
    column.pts.append(NEVER if pts is None else pts)
    column.dts.append(NEVER if dts is None else dts)
    column.durations.append(packet.duration or 0)
    column.positions.append(-1 if pos is None else pos)
    column.sizes.append(packet.size)
    column.keys.append(packet.is_keyframe)
    column.hidden.append(packet.is_discard)
    if packet.is_corrupt:
        column.corrupt += 1
    elif column.nal_width:
        count = len(column.sizes)
        if (count <= _CHECKED_FIRST or count % _CHECKED_EACH == 0) and not _fits(
            packet, column.nal_width
        ):
            column.unlike += 1


def _fits(packet: Packet[Stream], width: int) -> bool:
    """Whether NAL units with their lengths before them fill the packet (ISO/IEC 14496-15, 5.3.3)."""
    data = memoryview(packet)
    position, end = 0, len(data)
    while position + width <= end:
        length = int.from_bytes(data[position : position + width])
        if length == 0:
            return False
        position += width + length
    return position == end


def nal_width(stream: Stream) -> int:
    """Return how many bytes a NAL unit's length has in this stream's packets, or 0 where there are none.

    ISO/IEC 14496-15, 5.3.3.1 (avcC) and 8.3.3.1 (hvcC): configurationVersion is 1, where Annex B begins with zeros.
    """
    context = stream.codec_context
    if context is None or context.name not in {"h264", "hevc"}:
        return 0
    extra, place = context.extradata, 4 if context.name == "h264" else 21
    if not extra or len(extra) <= place or extra[0] != 1:
        return 0
    return (extra[place] & 3) + 1
