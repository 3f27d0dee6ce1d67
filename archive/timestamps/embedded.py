"""Asking the embedded authority: its process is started, asked, and ended. It knows nothing of ours but ROOT.

Holds: this process never reads the authority's keys; no answer within `SECONDS` ends the other process. That one works
in the folder that ROOT was when it was started, whatever its path leads to afterwards: below the mount point of a disk
that went away a new authority would be made.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Final, Self

from archive.errors import NotAnArchiveError
from archive.settings import is_archive
from archive.timestamps.errors import TokenError
from archive.timestamps.serving import FRAME, MOST_ANSWER, write_frame

_PASSED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")  # no passphrase, PIN or S3 secret
_UNDER_WAY: Final = 16  # requests: their answers fit into a pipe
SECONDS: Final = 60.0  # for one answer; to wait for another stamping command is in it


class EmbeddedAuthority:
    """The process, while the block lasts.

    Raises:
        OSError: it cannot be started.
        NotAnArchiveError: `archives_only`, and ROOT is none now. Nothing was made.
    """

    def __init__(
        self,
        root: Path,
        *,
        archives_only: bool = False,
        require_sync: bool = False,
        not_before: int = 0,
    ) -> None:
        folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            here = Path(f"/proc/self/fd/{folder}")
            if archives_only and not is_archive(here):
                raise NotAnArchiveError(f"{root} is no archive")
            # -I: a folder called archive where somebody happens to stand is not ours.
            command = [sys.executable, "-I", "-m", "archive.timestamps.serving", str(here)]
            command.append(str(not_before))
            if require_sync:
                command.append("--require-sync")
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _PASSED if name in os.environ},
                pass_fds=(folder,),
                start_new_session=True,  # Ctrl-C is for who asks: it lets this one end in order
            )
        finally:
            os.close(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        source, target = self._pipes()
        try:
            target.close()  # it ends by itself, its last time written down
            self._process.wait(timeout=SECONDS)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            source.close()

    def ask(self, request: bytes) -> bytes:
        """A TimeStampResp for a TimeStampReq.

        Raises:
            TokenError: "slow" or "unreachable".
        """
        source, target = self._pipes()
        with suppress(BrokenPipeError):  # it may have said why before it ended
            write_frame(target, request)
        return _read_frame(source)

    def ask_all(self, requests: Sequence[bytes]) -> Iterator[bytes]:
        """As `ask`, of many, in order; a few are under way at a time, so that neither process waits for the other."""
        source, target = self._pipes()
        waiting = 0
        for request in requests:
            target.write(FRAME.pack(len(request)) + request)
            waiting += 1
            if waiting == _UNDER_WAY:
                target.flush()
                while waiting > _UNDER_WAY // 2:
                    yield _read_frame(source)
                    waiting -= 1
        target.flush()
        for _ in range(waiting):
            yield _read_frame(source)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def _pipes(self) -> tuple[BufferedReader, BufferedWriter]:
        source, target = self._process.stdout, self._process.stdin
        if not isinstance(source, BufferedReader) or not isinstance(target, BufferedWriter):
            raise TypeError("both are pipes")
        return source, target


def _read_frame(source: BufferedReader) -> bytes:
    end = time.monotonic() + SECONDS
    (size,) = FRAME.unpack(_read(source, FRAME.size, end))
    if size > MOST_ANSWER:
        raise TokenError("too_large", "the embedded authority's answer is too long")
    return _read(source, size, end)


def _read(source: BufferedReader, size: int, end: float) -> bytes:
    data = b""
    while len(data) < size:
        left = end - time.monotonic()
        # Past the buffer: what select(2) says is of the pipe.
        if left <= 0 or not select.select([source], [], [], left)[0]:
            raise TokenError("slow", f"the embedded authority gave no answer in {SECONDS:.0f} s")
        piece = os.read(source.fileno(), size - len(data))
        if not piece:
            raise TokenError("unreachable", "the embedded authority's process ended")
        data += piece
    return data
