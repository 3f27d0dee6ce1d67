"""One pass through an open clip. What does not decode is left out and the pass goes on. Child process only.

Only the packets that are wanted are decoded. A codec's loop filter is left out: it costs a tenth of the time, and no
tile shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.media.probe.opening import MAX_PIXELS, packets
from ingest.media.survey.choosing import DECODED, Choice

_MICRO: Final = 1_000_000
_MISSES: Final = 64  # samples one after the other that are not there, after which a clip has ended
_ROUNDS: Final = 4096
_THREADS: Final = 2  # decode pictures; more cost memory
_ALONE: Final = 36_000_000  # pixels; larger pictures are decoded one at a time

See = Callable[[int, VideoFrame], None]
Take = Callable[[AudioFrame], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What is read, and who gets it.

    Attributes:
        video: None where no pictures are wanted; as `choice` says, each with its place in microseconds to `see`.
        audio: None where no sound is wanted; all of it to `take`.
        zero_us: the streams' time at which the clip begins.
    """

    video: VideoStream | None
    audio: AudioStream | None
    choice: Choice
    zero_us: int
    see: See
    take: Take


def read(container: InputContainer, wanted: Pass) -> None:
    """Read the clip from where the container stands to its end."""
    pictures = None if wanted.video is None else _Pictures(wanted, wanted.video)
    streams: list[Stream] = [s for s in (wanted.video, wanted.audio) if s is not None]
    if not streams:
        return
    for stream in container.streams:
        if stream not in streams:
            stream.discard = Discard.all
    for packet in _packets(container, streams):
        if pictures is not None and packet.stream_index == pictures.index:
            pictures.take(packet)
            if pictures.done and wanted.audio is None:
                break
        elif wanted.audio is not None and packet.stream_index == wanted.audio.index:
            for frame in _sounds(wanted.audio, packet):
                wanted.take(frame)
    if pictures is not None:
        pictures.end()
    if wanted.audio is not None:
        for frame in _sounds(wanted.audio, None):
            wanted.take(frame)


def _packets(container: InputContainer, streams: list[Stream]) -> Iterator[Packet[Stream]]:
    """Yield packets until the end; neither an error nor a sample that is nowhere in the file is the end."""
    misses = 0
    for _ in range(_ROUNDS):
        misses += 1
        with suppress(av.FFmpegError):
            for packet in packets(container, streams):
                if packet.size:
                    misses = 0
                    yield packet
        if misses >= _MISSES:
            return


class _Pictures:
    """Decodes what the choice wants of one video stream."""

    def __init__(self, wanted: Pass, stream: VideoStream) -> None:
        self.index = stream.index
        self.done = False
        self._wanted = wanted
        self._choice = wanted.choice
        self._stream = stream
        self._keys = 0  # met so far
        self._last = max(wanted.choice.keys or (0,))  # that is wanted
        self._due_us: int | None = None
        context = stream.codec_context
        pixels = max(1, context.width * context.height)
        context.thread_type = "AUTO" if pixels <= _ALONE else "NONE"
        context.thread_count = _THREADS if pixels <= _ALONE else 1
        context.options = {"skip_loop_filter": "all", "max_pixels": str(MAX_PIXELS)}
        self._left = max(1, DECODED // pixels)  # pictures
        context.skip_frame = "DEFAULT" if self._choice.between else "NONKEY"
        # Not `Discard.nonkey`: with it libavformat gives MP4's key frames the times of other pictures.

    def take(self, packet: Packet[Stream]) -> None:
        """Decode one packet where it is wanted."""
        if self.done:
            return
        if not self._choice.between and not (packet.is_keyframe and self._is_chosen(packet)):
            return
        self._left -= 1
        self.done = self.done or self._left <= 0
        self._show(_frames(self._stream, packet))

    def end(self) -> None:
        """Show what the decoder kept back."""
        self._show(_frames(self._stream, None))

    def _is_chosen(self, packet: Packet[Stream]) -> bool:
        number, self._keys = self._keys, self._keys + 1
        if self._choice.keys is None:
            return self._is_due(self._place(packet))
        self.done = number >= self._last
        return number in self._choice.keys

    def _show(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            at_us = self._place(frame)
            if at_us is not None and (not self._choice.between or self._is_due(at_us)):
                self._wanted.see(at_us, frame)

    def _is_due(self, at_us: int | None) -> bool:
        if at_us is None or (self._due_us is not None and at_us < self._due_us):
            return False
        every = self._choice.every_us
        self._due_us = at_us - at_us % every + every
        return True

    def _place(self, thing: Packet[Stream] | VideoFrame) -> int | None:
        ticks = thing.pts if thing.pts is not None else thing.dts
        base = self._stream.time_base
        if ticks is None or base is None:
            return None
        return int(ticks * base * _MICRO) - self._wanted.zero_us


def _frames(stream: VideoStream, packet: Packet[Stream] | None) -> list[VideoFrame]:
    try:
        return stream.codec_context.decode(packet)
    except av.FFmpegError:
        return []


def _sounds(stream: AudioStream, packet: Packet[Stream] | None) -> list[AudioFrame]:
    try:
        return stream.codec_context.decode(packet)
    except av.FFmpegError:
        return []
