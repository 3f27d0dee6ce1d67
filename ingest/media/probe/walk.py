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

from ingest.media.probe.opening import packets

MAX_PACKETS: Final = 4_000_000  # fourteen hours of 30 fps and sound
NEVER: Final = -(1 << 63)  # no time is given
_KEPT: Final = 4096  # rows, before they become columns: a row takes ten times the memory
_Row = tuple[int, int, int, int, int, bool, bool]
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
    unlike: int = 0  # packets whose parts do not fill them
    nal_width: int = 0  # bytes of a NAL unit's length, where its packets are made of such

    def take(self, rows: list[_Row]) -> None:
        """Add rows to the columns, and empty the list."""
        if rows:
            columns = (self.pts, self.dts, self.durations, self.positions, self.sizes)
            for column, numbers in zip(
                (*columns, self.keys, self.hidden), zip(*rows, strict=True), strict=True
            ):
                column.extend(numbers)
            rows.clear()


@dataclass(slots=True, kw_only=True)
class Walk:
    """What a walk found, by stream index."""

    columns: dict[int, Column]
    failed: bool = False  # the demuxer gave up before the end
    full: bool = False


def walk(container: InputContainer) -> Walk:
    """Read every packet of a container that was just opened. Leaves it at its end."""
    columns = {s.index: Column(nal_width=nal_width(s)) for s in container.streams}
    rows: dict[int, list[_Row]] = {index: [] for index in columns}
    result, left = Walk(columns=columns), MAX_PACKETS
    try:
        for packet in packets(container):
            size = packet.size
            if not size:
                continue  # the demuxer's word for "no more"
            left -= 1
            if left < 0:
                result.full = True
                continue
            index, pts, dts, place = packet.stream_index, packet.pts, packet.dts, packet.pos
            own = rows[index]
            own.append(
                (
                    NEVER if pts is None else pts,
                    NEVER if dts is None else dts,
                    packet.duration or 0,
                    -1 if place is None else place,
                    size,
                    packet.is_keyframe,
                    packet.is_discard,
                )
            )
            column = columns[index]
            if column.nal_width and (len(own) <= _CHECKED_FIRST or not len(own) % _CHECKED_EACH):
                column.unlike += not packet.is_corrupt and not _fits(packet, column.nal_width)
            if len(own) == _KEPT:
                column.take(own)
    except av.FFmpegError:
        result.failed = True
    for index, column in columns.items():
        column.take(rows[index])
    return result


def _fits(packet: Packet[Stream], width: int) -> bool:
    """Whether NAL units with their lengths before them fill the packet (ISO/IEC 14496-15, 5.3.3).

    Zeros behind the last one are some recorders' padding.
    """
    data = memoryview(packet)
    position, end = 0, len(data)
    while position + width <= end:
        length = int.from_bytes(data[position : position + width])
        if length == 0:
            return position > 0 and not any(data[position:])
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
