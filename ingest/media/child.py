"""The door to the media parser: one long-lived child process, one clip at a time.

Whatever a clip does to the parser, the caller gets facts. A child that takes too long is killed
and a new one started; one that dies is given the clip once more, because a machine short of memory
kills as well. Foreign media are parsed nowhere else. Safe to share between threads.
"""

import base64
import binascii
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.media.errors import MediaChildError
from ingest.media.facts import Damage, Examined, MediaFacts, PosterResult
from ingest.media.sniff import HEAD_SIZE, sniff

TIMEOUT = 60.0  # seconds for one clip
_START_TIMEOUT = 30.0  # seconds; importing the libraries takes 0.2 s warm
_END_TIMEOUT = 10.0  # seconds from a closed pipe to the end of the process
_MAX_ANSWER = 8 << 20  # bytes; a poster has at most a few hundred kilobytes
# Nothing of the parent's environment: settings and secrets are not the parser's business.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


class _ChildDiedError(Exception):
    """The child closed its answers or said nonsense."""


class _ChildSlowError(Exception):
    """The child did not answer in time."""


class MediaChild:
    """Asks a confined child process about clips.

    Args:
        timeout: seconds of wall clock for one clip.
        command: the child's argument list; another one only in tests.
    """

    def __init__(self, *, timeout: float = TIMEOUT, command: list[str] | None = None) -> None:
        self._timeout = timeout
        self._command = command or [sys.executable, "-I", "-m", "ingest.media.worker"]
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child. The next question starts a new one."""
        with self._lock:
            self._end()

    def warm(self) -> None:
        """Start the child now, so that the first clip does not wait for it.

        Raises:
            MediaChildError: it cannot be started.
        """
        with self._lock:
            self._running()

    def probe(self, path: Path, *, name: str) -> MediaFacts:
        """Return the media facts of the file at `path`, which was called `name` on its recorder.

        Raises:
            MediaChildError: the child cannot be started; nothing is known about the clip.
            OSError: the file cannot be read.
        """
        return self.examine(path, name=name, out=None).facts

    def poster(self, path: Path, *, name: str, out: Path) -> PosterResult | None:
        """Write a poster of the clip to `out`, or return None where there is no picture.

        Raises:
            MediaChildError: the child cannot be started; nothing was written.
            OSError: the clip cannot be read or the poster not written.
        """
        return self.examine(path, name=name, out=out).poster

    def examine(self, path: Path, *, name: str, out: Path | None) -> Examined:
        """Return facts and, where `out` is given and there is a picture, a poster in `out`.

        Raises:
            MediaChildError: the child cannot be started; nothing was written.
            OSError: the clip cannot be read or the poster not written.
        """
        request: dict[str, object] = {
            "name": name,
            "poster": out is not None,
            "seconds": int(self._timeout) + 1,
        }
        with path.open("rb") as file:
            head = file.read(HEAD_SIZE)
            with self._lock:
                answer = self._ask(request, file.fileno())
        if isinstance(answer, str):
            sniffed = sniff(head, name)
            facts = MediaFacts(kind=sniffed.kind, container=sniffed.container, damage=(answer,))
            return Examined(facts=facts, poster=None)
        facts, poster = answer
        return Examined(facts=facts, poster=_keep(poster, out) if poster and out else None)

    def _ask(
        self, request: dict[str, object], clip: int
    ) -> tuple[MediaFacts, Mapping[str, object] | None] | Damage:
        for _ in range(2):
            process = self._running()
            try:
                return _parse(self._exchange(process, request, clip))
            except _ChildSlowError:
                return "parser_timeout"
            except _ChildDiedError:
                self._end()
        return "parser_crashed"

    def _exchange(
        self, process: subprocess.Popen[bytes], request: dict[str, object], clip: int
    ) -> dict[str, object]:
        answer = None
        try:
            self._send(request, clip)
            answer = _read_line(process, time.monotonic() + self._timeout)
        finally:
            # also when this thread is interrupted: an answer nobody took would be the next clip's
            if answer is None:
                self._end()
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        # A child may end between clips: it dies with the thread that started it.
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        try:
            self._requests, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=_ENVIRONMENT,
                    start_new_session=True,  # a Ctrl-C at the terminal is the parent's to handle
                )
            _read_line(self._process, time.monotonic() + _START_TIMEOUT)
        except (OSError, _ChildDiedError, _ChildSlowError) as error:
            self._end()
            raise MediaChildError("the media parser cannot be started") from error
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        requests, self._requests = self._requests, None
        if requests is not None:
            requests.close()
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _send(self, request: dict[str, object], clip: int) -> None:
        """Ask about a clip that is open here: it has no right to open what only we may."""
        if self._requests is None:
            raise _ChildDiedError
        line = json.dumps(request).encode("ascii") + b"\n"
        try:
            sent = socket.send_fds(self._requests, [line], [clip])
            self._requests.sendall(line[sent:])
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _ChildDiedError from error


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> dict[str, object]:
    if process.stdout is None:
        raise _ChildDiedError
    descriptor, received = process.stdout.fileno(), bytearray()
    while not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise _ChildSlowError
        data = os.read(descriptor, 1 << 16)
        received += data
        if not data:
            _reap(process)
            raise _ChildDiedError
        if len(received) > _MAX_ANSWER:
            raise _ChildDiedError
    try:
        value = json.loads(received)
    except ValueError as error:
        raise _ChildDiedError from error
    if not isinstance(value, dict):
        raise _ChildDiedError
    return value


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Tell a child that used up its processor time from one that crashed."""
    try:
        status = process.wait(timeout=_END_TIMEOUT)
    except subprocess.TimeoutExpired:
        return
    if status == -signal.SIGXCPU:
        raise _ChildSlowError


def _parse(answer: dict[str, object]) -> tuple[MediaFacts, Mapping[str, object] | None]:
    facts, poster = answer.get("facts"), answer.get("poster")
    if not isinstance(facts, dict) or not isinstance(poster, dict | None):
        raise _ChildDiedError
    try:
        return MediaFacts.from_json(facts), poster
    except ValueError as error:
        raise _ChildDiedError from error


def _keep(poster: Mapping[str, object], out: Path) -> PosterResult | None:
    """Write the child's picture. It may not write files itself; its form is not trusted."""
    width, height, parameters = poster.get("width"), poster.get("height"), poster.get("parameters")
    try:
        jpeg = base64.b64decode(str(poster.get("jpeg")), validate=True)
    except binascii.Error:
        return None
    # ITU-T T.81, B.2.1: an image is between SOI and EOI
    if not (jpeg.startswith(b"\xff\xd8\xff") and jpeg.endswith(b"\xff\xd9")):
        return None
    if not (isinstance(width, int) and isinstance(height, int) and isinstance(parameters, dict)):
        return None
    out.write_bytes(jpeg)
    return PosterResult(
        path=out,
        size=len(jpeg),
        width=width,
        height=height,
        tool="pyav",
        version=str(poster.get("version")),
        parameters=parameters,
    )
