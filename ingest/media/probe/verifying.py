"""The task `verify`: decode everything, and count what came out and what did not.

For files of our own making before they go into the store, and for saying what a damaged clip still holds. The digest is
over every sample of every decoded frame in the order of showing, so two files with equal pictures have equal digests.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from ingest.media.errors import TaskRefusedError
from ingest.media.probe.frames import microseconds
from ingest.media.probe.opening import MAX_PIXELS, look, opened, packets
from ingest.media.probe.streams import decoder, pictures
from ingest.media.tasks import Asked

_THREADS: Final = 2
_ALONE: Final = 36_000_000  # pixels; larger pictures are decoded one at a time
_MAX_FAILURES: Final = 1000  # of the demuxer, after which nothing more can come


@dataclass(slots=True, kw_only=True)
class _Count:
    """What came out of one file."""

    frames: int = 0
    audio_frames: int = 0
    samples: int = 0
    errors: int = 0
    first_us: int | None = None
    last_us: int | None = None
    digest: Any = field(default_factory=hashlib.sha256)


def run(asked: Asked) -> dict[str, object]:
    """Decode a clip. Argument: `digest`, whether one of the pictures is wanted; it costs as much as the decoding.

    Raises:
        TaskRefusedError: "not_media", or "undecodable" where it does not even open.
    """
    sniffed = look(asked.clip, asked.name)
    if sniffed.demuxer is None:
        raise TaskRefusedError("not_media")
    count, wants_digest = _Count(), asked.arguments.get("digest") is True
    try:
        with opened(asked.clip, sniffed) as container:
            _decode(container, count, wants_digest=wants_digest)
    except (av.FFmpegError, ValueError) as error:
        raise TaskRefusedError("undecodable") from error
    length = None if count.first_us is None else (count.last_us or 0) - count.first_us
    return {
        "frames": count.frames,
        "audio_frames": count.audio_frames,
        "audio_samples": count.samples,
        "errors": count.errors,
        "duration_us": length,
        "frame_digest": count.digest.hexdigest() if wants_digest else None,
    }


def _decode(container: InputContainer, count: _Count, *, wants_digest: bool) -> None:
    video = next((s for s in pictures(list(container.streams)) if decoder(s) is not None), None)
    audio = next((s for s in container.streams.audio if decoder(s) is not None), None)
    wanted: list[Stream] = [s for s in (video, audio) if s is not None]
    if video is not None:
        context = video.codec_context
        context.options = {"max_pixels": str(MAX_PIXELS)}
        small = context.width * context.height <= _ALONE
        context.thread_type, context.thread_count = "AUTO", _THREADS if small else 1
    if not wanted:
        raise TaskRefusedError("undecodable")
    coming = packets(container, wanted)
    for _ in range(_MAX_FAILURES):
        try:
            for packet in coming:
                _take(packet, count, wants_digest=wants_digest)
        except av.FFmpegError:
            count.errors += 1
            coming = packets(container, wanted)
        else:
            return


def _take(packet: "Packet[Stream]", count: _Count, *, wants_digest: bool) -> None:
    try:
        frames = packet.decode()
    except av.FFmpegError:
        count.errors += 1
        return
    for frame in frames:
        if isinstance(frame, VideoFrame):
            count.frames += 1
            if wants_digest:
                _digest(frame, count)
        elif isinstance(frame, AudioFrame):
            count.audio_frames += 1
            count.samples += frame.samples
        else:
            continue
        count.errors += frame.is_corrupt
        _time(frame, count)


def _time(frame: VideoFrame | AudioFrame, count: _Count) -> None:
    if frame.pts is None or not frame.time_base:
        return
    start = microseconds(frame.pts, frame.time_base)
    end = start + microseconds(frame.duration or 0, frame.time_base)
    count.first_us = start if count.first_us is None else min(count.first_us, start)
    count.last_us = end if count.last_us is None else max(count.last_us, end)


def _digest(frame: VideoFrame, count: _Count) -> None:
    """Add a frame's pixels, without what pads its rows."""
    try:
        pixels = frame.to_ndarray()
    except ValueError:  # a layout that has no array of its own
        pixels = frame.reformat(format="rgb48le").to_ndarray()
    count.digest.update(np.ascontiguousarray(pixels).data)
