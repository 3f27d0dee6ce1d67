"""Asking the embedded authority: its process is started, asked, and ended. It knows nothing of ours but ROOT.

Holds: this process never reads the authority's keys; no answer within `SECONDS` ends the other process.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Final, Self

from archive.timestamps.errors import TokenError
from archive.timestamps.serving import FRAME, MOST_ANSWER, write_frame

SECONDS: Final = 60.0  # for one answer; to wait for another stamping command is in it


class EmbeddedAuthority:
    """The process, while the block lasts. Raises OSError where it cannot be started."""

    def __init__(self, root: Path, *, require_sync: bool = False) -> None:
        command = [sys.executable, "-m", "archive.timestamps.serving", str(root)]
        if require_sync:
            command.append("--require-sync")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for who asks: it lets this one end in order
        )

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
        end = time.monotonic() + SECONDS
        (size,) = FRAME.unpack(_read(source, FRAME.size, end))
        if size > MOST_ANSWER:
            raise TokenError("too_large", "the embedded authority's answer is too long")
        return _read(source, size, end)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def _pipes(self) -> tuple[BufferedReader, BufferedWriter]:
        source, target = self._process.stdout, self._process.stdin
        if not isinstance(source, BufferedReader) or not isinstance(target, BufferedWriter):
            raise TypeError("both are pipes")
        return source, target


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
