"""One child process that parses media, and the conversation with it: a question, an answer, in time or not.

Files are handed over open (unix(7), SCM_RIGHTS): the child has no right to open what only its parent may. What it says
is held against its bounds before it is believed. A process that did not answer well is ended and never asked again.
"""

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence

from ingest.media.tasks import MAX_ANSWER

_START_TIMEOUT = 30.0  # seconds; importing the libraries takes 0.3 s warm
_END_TIMEOUT = 10.0  # seconds from a closed pipe to the end of the process
# Nothing of the parent's environment: settings and secrets are not the parser's business. Every thread of a numeric
# library and every arena of the allocator takes address space, of which the child has little.
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


class ChildDiedError(Exception):
    """The child closed its answers or said nonsense."""


class ChildKilledError(ChildDiedError):
    """The child was killed by somebody else: by the kernel where memory is short, or by a person."""


class ChildSlowError(Exception):
    """The child did not answer in time."""


class ParserProcess:
    """A running child.

    Args:
        command: its argument list.

    Raises:
        OSError: it cannot be started.
        ChildDiedError, ChildSlowError: it started and did not say that it is ready. It is ended.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=_ENVIRONMENT,
                    start_new_session=True,  # a Ctrl-C at the terminal is the parent's to handle
                )
            except OSError:
                self._requests.close()
                raise
        ready = None
        try:
            ready = self._read_line(time.monotonic() + _START_TIMEOUT)
        finally:
            if ready is None:
                self.end()

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it can be asked. A child may end between clips: it dies with the thread that started it."""
        return self._process.poll() is None

    def ask(
        self, request: dict[str, object], files: Sequence[int], seconds: float
    ) -> dict[str, object]:
        """Ask, and return the answer.

        Raises:
            ChildDiedError, ChildSlowError: there is no answer. The process is ended, as it is when this thread is
                interrupted: an answer that nobody took would be the next clip's.
        """
        answer, deadline = None, time.monotonic() + seconds
        try:
            self._send(request, files, seconds)
            answer = self._read_line(deadline)
        finally:
            if answer is None:
                self.end()
        return answer

    def end(self) -> None:
        """Kill it. May be called again."""
        self._requests.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _send(self, request: dict[str, object], files: Sequence[int], seconds: float) -> None:
        line = json.dumps(request).encode("ascii") + b"\n"
        self._requests.settimeout(seconds)
        try:
            sent = socket.send_fds(self._requests, [line], files)
            self._requests.sendall(line[sent:])
        except TimeoutError as error:
            raise ChildSlowError from error
        except (BrokenPipeError, ConnectionResetError) as error:
            self._reap()
            raise ChildDiedError from error

    def _read_line(self, deadline: float) -> dict[str, object]:
        if self._process.stdout is None:
            raise ChildDiedError
        descriptor, received = self._process.stdout.fileno(), bytearray()
        while not received.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise ChildSlowError
            data = os.read(descriptor, 1 << 16)
            received += data
            if not data:
                self._reap()
                raise ChildDiedError
            if len(received) > MAX_ANSWER:
                raise ChildDiedError
        return _parsed(received)

    def _reap(self) -> None:
        """Tell a child that used up its processor time, or was killed, from one that crashed."""
        try:
            status = self._process.wait(timeout=_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            return
        if status == -signal.SIGXCPU:
            raise ChildSlowError
        if status == -signal.SIGKILL:  # no clip can do that to its parser
            raise ChildKilledError


def _parsed(line: bytearray) -> dict[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ChildDiedError from error
    if not isinstance(value, dict):
        raise ChildDiedError
    return value
