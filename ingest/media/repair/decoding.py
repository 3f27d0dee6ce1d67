"""Decodes a file from beginning to end and counts what comes out.

In the confined child only. A decoder that hides an error still marks the frame; a frame that it
swallows is missing in the count.
"""

from dataclasses import dataclass
from typing import BinaryIO

import av


@dataclass(slots=True, kw_only=True)
class Decoded:
    """What came out."""

    frames: int = 0
    audio_frames: int = 0
    errors: int = 0
    duration_us: int = 0  # to the end of what is shown last


def decode(file: BinaryIO, demuxer: str) -> Decoded:
    """Decode all video and sound of a file that is open for reading.

    Raises:
        av.FFmpegError: it cannot be opened at all.
    """
    done = Decoded()
    with av.open(file, "r", format=demuxer) as container:
        streams = [*container.streams.video, *container.streams.audio]
        for stream in streams:
            stream.codec_context.thread_count = 2
            stream.codec_context.thread_type = "AUTO"
        for packet in container.demux(streams):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                done.errors += 1
                continue
            for frame in frames:
                _count(done, frame)
    return done


def _count(done: Decoded, frame: object) -> None:
    if not isinstance(frame, av.VideoFrame | av.AudioFrame):
        return
    done.errors += frame.is_corrupt
    if isinstance(frame, av.VideoFrame):
        done.frames += 1
    else:
        done.audio_frames += 1
    if frame.pts is not None and frame.time_base:
        end = frame.pts + (frame.duration or 0)
        done.duration_us = max(done.duration_us, int(end * frame.time_base * 1_000_000))
