"""Repairs MPEG transport streams that lost packets or are cut: what is whole goes into an MP4.

ISO/IEC 13818-1, 2.4.3. A picture or frame of sound whose packets are not all there is left out, and
pictures up to the next one that decoding can begin with. Times stay as the stream has them, until
its clock starts anew. The report's ranges are those of the packets of what was dropped; other
streams' packets lie between.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from ingest.media.probe.opening import look, opened, packets
from ingest.media.probe.transport import Jump, Packets, count_packets
from ingest.media.repair.clocks import Piece, go_on, length_of
from ingest.media.repair.errors import RepairError
from ingest.media.repair.movie import MAX_SAMPLES
from ingest.media.repair.reading import Source
from ingest.media.repair.report import Dropped, Repair, joined, rest

# What an MP4 can hold of what a transport stream may.
_HELD = frozenset(
    {"h264", "hevc", "mpeg4", "mpeg2video", "aac", "mp3", "mp2", "ac3", "eac3", "av1"}
)


_ZEROS = 4096  # in a row: blocks that were never written
_SEARCHED = 60_000  # bytes that libavformat at least looks through before it says "again"


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
        restarted = go_on(pieces, kinds)
        size = clip.seek(0, 2)
        ends = any(jump.pid is None and jump.end == size for jump in counted.jumps)
        cut = cut or ends or counted.rest > 0
        _judge(pieces, kinds, counted, cut=cut)
        if not any(piece.why is None for piece in pieces):
            raise RepairError("not one whole packet")
        with opened(clip, look(clip, "")) as container:
            _write(container, pieces, kinds, out)
    except (av.FFmpegError, StopIteration) as error:
        raise RepairError("a transport stream that cannot be read") from error
    repair = _repair(Source(clip), pieces, kinds, counted)
    if restarted:
        repair.notes.add("clock_restarted")
    if restarted or cut:  # how long it was, or would have been, is not known
        repair.lost_us, repair.lost_frames, repair.whole = None, None, False
    return repair


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
    for count, packet in enumerate(_again(container, streams)):
        if count >= MAX_SAMPLES:
            raise RepairError("more packets than are repaired")
        if packet.size and packet.pts is not None:
            yield packet


def _again(container: InputContainer, streams: Sequence[Stream]) -> Iterator["Packet[Stream]"]:
    """Yield packets, those behind long stretches without any, too."""
    for _ in range(container.size // _SEARCHED + 1):
        try:
            yield from packets(container, streams)
        except av.BlockingIOError:  # none within 65536 bytes; asked again, it looks further on
            continue
        return


def _pieces(container: InputContainer, kinds: dict[int, tuple[str, int]]) -> Iterator[Piece]:
    places = dict.fromkeys(kinds, 0)
    for packet in _packets(container, kinds):
        index = packet.stream.index
        if packet.pos is not None:
            places[index] = packet.pos
        yield Piece(
            stream=index,
            at=places[index],
            size=packet.size,
            when=packet.dts,
            key=packet.is_keyframe,
            why=None if _is_framed(packet) else "lost_packets",
        )


def _is_framed(packet: "Packet[Stream]") -> bool:
    """Whether a frame of AAC begins and ends where its ADTS header says (ISO/IEC 14496-3, 1.A.2.2)."""
    if packet.stream.codec_context.name != "aac":
        return True
    head = int.from_bytes(bytes(memoryview(packet)[:6]).ljust(6, b"\0"))
    return head >> 36 == 0xFFF and head >> 5 & 0x1FFF == packet.size


def _judge(
    pieces: list[Piece], kinds: dict[int, tuple[str, int]], counted: Packets, *, cut: bool
) -> None:
    for index, (kind, pid) in kinds.items():
        own = [piece for piece in pieces if piece.stream == index]
        starts = sorted({piece.at for piece in own})
        broken = _broken(starts, [jump for jump in counted.jumps if jump.pid in {pid, None}])
        waits = kind == "video"
        for piece in own:
            if piece.why is not None:
                pass
            elif piece.at in broken:
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
    pieces: list[Piece],
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
                packet.dts = piece.when - first
                packet.pts += piece.moved - first
                packet.stream = streams[piece.stream]
                made.mux(packet)


def _repair(
    source: Source,
    pieces: list[Piece],
    kinds: dict[int, tuple[str, int]],
    counted: Packets,
) -> Repair:
    size = source.size
    holes = [_hole(source, jump) for jump in counted.jumps if jump.pid is None]
    dropped = [*_dropped(pieces, kinds, size, holes), *holes]
    kept = [(low, high) for low, high, _ in rest([(0, size)], [], dropped)]
    video = [piece for piece in pieces if kinds[piece.stream][0] == "video"]
    main = video or pieces
    whole = [piece for piece in main if piece.why is None]
    length = length_of(main)
    span = (main[-1].when or 0) - (main[0].when or 0) + length
    lost = max(0, span - len(whole) * length)
    return Repair(
        method="whole_packets",
        kept=joined(kept),
        dropped=dropped,
        frames=sum(piece.why is None for piece in video),
        audio_frames=sum(piece.why is None for piece in pieces) - (len(whole) if video else 0),
        us=len(whole) * length * 100 // 9,
        lost_us=lost * 100 // 9,
        lost_frames=max(0, round(span / length) - len(whole)) if video else None,
        whole=not counted.jumped and not dropped and 2 * lost < length,
        notes={"resumed_after_loss"} if counted.jumped else set(),
    )


def _hole(source: Source, jump: Jump) -> Dropped:
    empty = source.zero_runs(jump.start, jump.end, _ZEROS)
    return jump.start, jump.end, "zero_filled" if empty else "unknown"


def _dropped(
    pieces: list[Piece], kinds: dict[int, tuple[str, int]], size: int, holes: list[Dropped]
) -> list[Dropped]:
    found = dict[str, list[tuple[int, int]]]()
    for index in kinds:
        own = [piece for piece in pieces if piece.stream == index]
        starts = sorted({piece.at for piece in own})
        ends = dict(zip(starts, [*starts[1:], size], strict=True))
        for piece in own:
            if piece.why is not None:
                found.setdefault(piece.why, []).append((piece.at, ends[piece.at]))
    return [
        (low, high, why) for why, spans in found.items() for low, high, _ in rest(spans, [], holes)
    ]
