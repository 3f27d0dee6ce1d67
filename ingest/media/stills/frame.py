"""One frame of a film, found by its own time and decoded whole. Runs in the child process only.

What always holds: the frame that comes back has the very time that was asked for, and everything since the key frame
that it depends on was decoded without a fault; else there is none. Never a neighbour instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.media.probe.opening import MAX_PIXELS, packets
from ingest.media.stills.errors import StillError

# Seconds before the frame where a try begins: open groups of pictures and streams without an index need more.
_BEFORE: Final = (0, 2, 12)
_MOST_PACKETS: Final = 200_000  # of one try: two hours at 25 pictures a second


def find(container: InputContainer, stream: VideoStream, ticks: int) -> VideoFrame:
    """Return the frame whose time of showing is `ticks` of the stream's time base.

    Raises:
        StillError: "frame_damaged": it, or what it depends on, does not decode. "no_frame": none has this time.
    """
    _prepare(stream)
    told = "no_frame"
    for before in (*_BEFORE, None):
        if not _rewound(container, stream, ticks, before):
            continue
        stream.codec_context.flush_buffers()
        found = _until(stream, ticks, packets(container, [stream]))
        if found is not None:
            if found.is_whole:
                return found.frame
            told = "frame_damaged"
    raise StillError(told)


def nth(container: InputContainer, stream: VideoStream, number: int) -> VideoFrame:
    """Return the frame of this number, counted from the beginning: for formats that do not say when frames are shown.

    Raises:
        StillError: as `find`.
    """
    _prepare(stream)
    for index, decoded in enumerate(_decoded(stream, packets(container, [stream]))):
        if index == number:
            if not decoded.is_whole:
                raise StillError("frame_damaged")
            return decoded.frame
    raise StillError("no_frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decoded:
    """A frame, and whether all that it may depend on was decoded without a fault."""

    frame: VideoFrame
    is_whole: bool


def _prepare(stream: VideoStream) -> None:
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    stream.codec_context.thread_count = 1


def _rewound(
    container: InputContainer, stream: VideoStream, ticks: int, before: int | None
) -> bool:
    """Go to the key frame before a time; None: to the beginning. False: the container cannot."""
    per_second = 0 if stream.time_base is None else int(1 / stream.time_base)
    try:
        if before is None:
            container.seek(0)
        else:
            container.seek(ticks - before * per_second, stream=stream, backward=True)
    except av.FFmpegError:
        return False
    return True


def _until(stream: VideoStream, ticks: int, read: "Iterator[Packet[Stream]]") -> _Decoded | None:
    for decoded in _decoded(stream, read):
        at = decoded.frame.pts
        if at == ticks:
            return decoded
        if at is not None and at > ticks:
            break
    return None


def _decoded(stream: VideoStream, read: "Iterator[Packet[Stream]]") -> Iterator[_Decoded]:
    """Frames in the order of showing. One is whole where nothing failed since the key frame before it in the file."""
    context = stream.codec_context
    sound: dict[int | None, bool] = {}  # by the times of packets whose frames are still to come
    broken = False
    try:
        for count, packet in enumerate(read):
            broken = (broken and not packet.is_keyframe) or packet.is_corrupt
            sound[packet.pts] = not broken
            try:
                frames = context.decode(packet)
            except av.EOFError:
                return
            except av.FFmpegError:
                broken = True
                sound[packet.pts] = False
                continue
            for frame in frames:
                if frame.is_corrupt:
                    broken = True
                    sound = dict.fromkeys(sound, False)
                yield _Decoded(frame=frame, is_whole=sound.pop(frame.pts, not broken))
            if count > _MOST_PACKETS:
                return
    except av.FFmpegError:
        return  # the file ends in a fault: what came before it is as it is
