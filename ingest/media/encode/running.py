"""ffmpeg as a child process behind its limits: its two outputs read, its progress told, stopped, paused or ended.

Holds: when `run_confined` returns or raises, the process is gone. What it says is read in bounded lines, both outputs
at once, so that it never waits for a reader. Knows nothing of clips and renditions.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from ingest.media.errors import EncodingError, MediaChildError

MEMORY: Final = 3 << 29  # bytes of address space; a proxy of 8192 x 4320 takes half of it
_TURN: Final = 0.2  # seconds between two looks at `cancelled` and `pause`
_LONGEST: Final = 1 << 16  # bytes of a line that is kept
_WORDS: Final = 5  # lines of errors that are kept
_LAUNCHER: Final = Path(__file__).with_name("confined.py")
_ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use."""

    processor: int  # seconds
    file: int = 0  # bytes written
    memory: int = MEMORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Whom to tell, and whom to ask meanwhile."""

    output: Callable[[bytes], None] = lambda _: None  # each line of standard output
    errors: Callable[[bytes], None] = lambda _: None
    cancelled: Callable[[], bool] | None = None
    pause: Callable[[], bool] | None = None


def run_confined(
    command: Sequence[str],
    *,
    clip: IO[bytes],
    out: int | None,
    limits: Limits,
    listening: Listening,
) -> None:
    """Run a program with the clip as its standard input until it ends well.

    Args:
        command: with the program's absolute path.
        clip: open for reading; read from its beginning.
        out: descriptor of a file that it may write, which it knows as `/proc/self/fd/N`.
        limits: of this run.
        listening: whom to tell and to ask.

    Raises:
        EncodingError: it was cancelled, or did not end well; what it wrote is worth nothing.
        MediaChildError: it cannot be started here.
    """
    clip.seek(0)
    process = _start(command, clip, out, limits)
    words: deque[bytes] = deque(maxlen=_WORDS)

    def hear(line: bytes) -> None:
        words.append(line[:200])
        listening.errors(line)

    try:
        _listen(process, replace(listening, errors=hear))
        status = process.wait()
    finally:
        # also where this thread is interrupted; a stopped process is killed as well
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    _judge(status, b" / ".join(words).decode(errors="replace"))


def _start(
    command: Sequence[str], clip: IO[bytes], out: int | None, limits: Limits
) -> subprocess.Popen[bytes]:
    numbers = (
        os.getpid(),
        limits.memory,
        limits.processor,
        limits.file,
        -1 if out is None else out,
    )
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(_LAUNCHER), *map(str, numbers), *command],
            stdin=clip,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            pass_fds=() if out is None else (out,),
            start_new_session=True,  # a Ctrl-C at the terminal is ours to handle
        )
    except OSError as error:
        raise MediaChildError("ffmpeg cannot be started") from error


def _listen(process: subprocess.Popen[bytes], listening: Listening) -> None:
    stopped = False
    with selectors.DefaultSelector() as selector:
        for pipe, tell in (
            (process.stdout, listening.output),
            (process.stderr, listening.errors),
        ):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, _Lines(tell))
        while selector.get_map():
            if listening.cancelled is not None and listening.cancelled():
                raise EncodingError("cancelled")
            if listening.pause is not None and listening.pause() != stopped:
                stopped = not stopped
                process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)
            for key, _ in selector.select(_TURN):
                data = os.read(key.fd, _LONGEST)
                key.data.take(data)
                if not data:
                    selector.unregister(key.fileobj)


class _Lines:
    """Cuts what a pipe brings into lines; one that is too long is told in pieces."""

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        self._tell = tell
        self._rest = b""

    def take(self, data: bytes) -> None:
        """More bytes, or none at the end."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) >= _LONGEST or not data:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            if line:
                self._tell(line)


def _judge(status: int, said: str) -> None:
    """Say why a process did not end well: its status is a signal, ours, or a negative errno (ffmpeg's `AVERROR`)."""
    if status == 0:
        return
    if status in {126, 127}:  # confined.py
        raise MediaChildError("ffmpeg cannot be started with its limits")
    known = {
        -signal.SIGXCPU: "timeout",
        -signal.SIGXFSZ: "too_large",
        -signal.SIGKILL: "killed",
        256 - errno.EFBIG: "too_large",
        256 - errno.ENOSPC: "no_space",
        256 - errno.EDQUOT: "no_space",
        256 - errno.ENOMEM: "out_of_memory",
    }
    raise EncodingError(known.get(status, "crashed" if status < 0 else "not_encoded"), said)
