"""Repairs MPEG transport streams that lost packets or are cut: what is whole goes into an MP4.

ISO/IEC 13818-1, 2.4.3. A picture or frame of sound whose packets are not all there is left out, and
pictures up to the next one that decoding can begin with. Times stay as the stream has them. The
report's ranges are those of the packets of what was dropped; other streams' packets lie between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from ingest.media.probe.opening import look, opened, packets
from ingest.media.probe.transport import Jump, Packets, count_packets
from ingest.media.repair.errors import RepairError
from ingest.media.repair.movie import MAX_SAMPLES
from ingest.media.repair.report import Dropped, Repair, joined, rest

# What an MP4 can hold of what a transport stream may.
_HELD = frozenset({"h264", "hevc", "mpeg4", "aac", "mp3", "mp2", "ac3", "eac3", "av1"})


@dataclass(slots=True, kw_only=True)
class _Piece:
    """One packet of the demuxer: a picture or frame of sound."""

    stream: int
    at: int  # where its PES packet begins
    size: int
    when: int | None  # decoding time in ticks of 90 kHz
    key: bool
    why: str | None = None  # why it is left out


def mend_transport(clip: BinaryIO, out: BinaryIO, *, cut: bool) -> Repair:
    """Write what is whole of a transport stream into `out`.

    Args:
        clip: the stream.
        out: an empty file, open for reading and writing.
        cut: its end is known to be missing.

    Raises:
        RepairError: nothing is whole, or nothing that an MP4 can hold.
        OSError: it could not be written.
    """
    counted = count_packets(clip)
    try:
        with opened(clip, look(clip, "")) as container:
            kinds = _kinds(container)
            pieces = list(_pieces(container, kinds))
        for index in kinds:
            _time([piece for piece in pieces if piece.stream == index])
        _judge(pieces, kinds, counted, cut=cut or counted.rest > 0)
        if not any(piece.why is None for piece in pieces):
            raise RepairError("not one whole packet")
        with opened(clip, look(clip, "")) as container:
            _write(container, pieces, kinds, out)
    except (av.FFmpegError, StopIteration) as error:
        raise RepairError("a transport stream that cannot be read") from error
    return _repair(clip, pieces, kinds, counted)


def _kinds(container: InputContainer) -> dict[int, tuple[str, int]]:
    """Return kind and PID of each stream that is taken."""
    return {
        stream.index: (stream.type, stream.id)
        for stream in container.streams
        if stream.type in {"video", "audio"} and stream.codec_context.name in _HELD
    }


def _packets(
    container: InputContainer, kinds: dict[int, tuple[str, int]]
) -> Iterator["Packet[Stream]"]:
    streams = [container.streams[index] for index in sorted(kinds)]
    if not streams:
        raise RepairError("no stream that an MP4 can hold")
    for count, packet in enumerate(packets(container, streams)):
        if count >= MAX_SAMPLES:
            raise RepairError("more packets than are repaired")
        if packet.size and packet.pts is not None:
            yield packet


def _pieces(container: InputContainer, kinds: dict[int, tuple[str, int]]) -> Iterator[_Piece]:
    places = dict.fromkeys(kinds, 0)
    for packet in _packets(container, kinds):
        index = packet.stream.index
        if packet.pos is not None:
            places[index] = packet.pos
        yield _Piece(
            stream=index,
            at=places[index],
            size=packet.size,
            when=packet.dts,
            key=packet.is_keyframe,
        )


def _time(own: list[_Piece]) -> None:
    """Give times of decoding to the first packets of a stream, whose the demuxer could not yet tell."""
    length = _length(own)
    known = next((n for n, piece in enumerate(own) if piece.when is not None), len(own))
    base = own[known].when if known < len(own) else 0
    for number, piece in enumerate(own):
        if piece.when is None:
            piece.when = (base or 0) + (number - known) * length


def _judge(
    pieces: list[_Piece], kinds: dict[int, tuple[str, int]], counted: Packets, *, cut: bool
) -> None:
    for index, (kind, pid) in kinds.items():
        own = [piece for piece in pieces if piece.stream == index]
        starts = sorted({piece.at for piece in own})
        broken = _broken(starts, [jump for jump in counted.jumps if jump.pid in {pid, None}])
        waits = kind == "video"
        for piece in own:
            if piece.at in broken:
                piece.why = "lost_packets"
            elif cut and kind == "video" and piece.at == starts[-1]:
                piece.why = "cut_off"
            elif kind == "video" and waits and not piece.key:
                piece.why = "depends_on_lost"
            waits = piece.why is not None


def _broken(starts: list[int], jumps: list[Jump]) -> set[int]:
    """Return the PES packets, by their places, during which a jump begins."""
    broken, ordered = set[int](), sorted(jump.start for jump in jumps)
    position = 0
    for start, following in pairwise([*starts, 1 << 63]):
        while position < len(ordered) and ordered[position] < start:
            position += 1
        if position < len(ordered) and ordered[position] < following:
            broken.add(start)
    return broken


def _write(
    container: InputContainer,
    pieces: list[_Piece],
    kinds: dict[int, tuple[str, int]],
    out: BinaryIO,
) -> None:
    first = min(piece.when or 0 for piece in pieces if piece.why is None)
    with av.open(out, "w", format="mp4", container_options={"fflags": "+bitexact"}) as made:
        held = {piece.stream for piece in pieces if piece.why is None}
        streams: dict[int, Any] = {
            index: made.add_stream_from_template(container.streams[index])
            for index in sorted(kinds)
            if index in held
        }
        for piece, packet in zip(pieces, _packets(container, kinds), strict=True):
            if piece.why is None and piece.when is not None and packet.pts is not None:
                packet.dts, packet.pts = piece.when - first, packet.pts - first
                packet.stream = streams[piece.stream]
                made.mux(packet)


def _repair(
    clip: BinaryIO,
    pieces: list[_Piece],
    kinds: dict[int, tuple[str, int]],
    counted: Packets,
) -> Repair:
    size = clip.seek(0, 2)
    dropped = _dropped(pieces, kinds, size)
    dropped += [(jump.start, jump.end, "unknown") for jump in counted.jumps if jump.pid is None]
    kept = [(low, high) for low, high, _ in rest([(0, size)], [], dropped)]
    video = [piece for piece in pieces if kinds[piece.stream][0] == "video"]
    main = video or pieces
    whole = [piece for piece in main if piece.why is None]
    length = _length(main)
    span = (main[-1].when or 0) - (main[0].when or 0) + length
    return Repair(
        method="whole_packets",
        kept=joined(kept),
        dropped=dropped,
        frames=sum(piece.why is None for piece in video),
        audio_frames=sum(piece.why is None for piece in pieces) - (len(whole) if video else 0),
        us=len(whole) * length * 100 // 9,
        lost_us=max(0, span - len(whole) * length) * 100 // 9,
        lost_frames=max(0, round(span / length) - len(whole)) if video else None,
        whole=not counted.jumped,
        notes={"resumed_after_loss"} if counted.jumped else set(),
    )


def _length(pieces: list[_Piece]) -> int:
    """Return how far apart most of a stream's packets are."""
    own = [
        piece.when
        for piece in pieces
        if piece.stream == pieces[0].stream and piece.when is not None
    ]
    return max(1, median_low([b - a for a, b in pairwise(own)] or [1]))


def _dropped(pieces: list[_Piece], kinds: dict[int, tuple[str, int]], size: int) -> list[Dropped]:
    found = list[Dropped]()
    for index in kinds:
        own = [piece for piece in pieces if piece.stream == index]
        starts = sorted({piece.at for piece in own})
        ends = dict(zip(starts, [*starts[1:], size], strict=True))
        found += [(piece.at, ends[piece.at], piece.why) for piece in own if piece.why is not None]
    return found
