"""The station's two kinds of children: its Prefect server, kept alive; a flow runner, asked one thing at a time.

Nothing here knows Prefect but by its address, and nothing waits for it: whoever asks gets an answer or an error,
and the station does the work itself.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog

from flows.environment import Address, runner_environment, server_environment, write_profile
from flows.errors import RunnerLostError, StoppedError

PORT: Final = 4200  # Prefect's own, where it is free
_LOOK: Final = 0.2  # seconds between two looks
_PATIENCE: Final = 2.0  # seconds for one health check
_STILL_UP: Final = 5.0  # seconds between two health checks of one that is up
_SILENCE: Final = 180.0  # seconds without an answer after which it is killed: a slow start takes 30
_LONGEST_PAUSE: Final = 60.0  # seconds between two starts
_STEADY: Final = 60.0  # seconds of life after which a start counts as good
_END: Final = 4.0  # seconds from SIGTERM to SIGKILL
_START: Final = 60.0  # seconds for a flow runner to be ready: it imports for two
_log = structlog.get_logger(__name__)


class Server:
    """One Prefect server on loopback, its data under `home`. `tend` it from one long-lived thread."""

    def __init__(
        self, home: Path, *, port: int = PORT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listening = _listen(port)
        self.address = Address(
            home=home, port=self._listening.getsockname()[1], secret=secrets.token_urlsafe(24)
        )
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._next = 0.0
        self._failures = 0
        self._up = False
        self._heard = 0.0
        self.generation = 0  # counts the times that it came up

    @property
    def up(self) -> bool:
        """Whether it answered when it was last asked."""
        return self._up

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process else None

    def tend(self) -> None:
        """Start it when it is not there and its time has come; ask whether it answers."""
        now = self._clock()
        if self._process is not None and self._process.poll() is not None:
            self._lost(now, self._process.returncode)
        if self._process is None:
            if now >= self._next:
                self._start(now)
            return
        if self._up and now - self._heard < _STILL_UP:
            return
        self._hear(now, answers=_answers(self.address.port))

    def _hear(self, now: float, *, answers: bool) -> None:
        if answers:
            self._heard = now
            if not self._up:
                self.generation += 1
                _log.info("prefect is up", api=self.address.url, home=str(self.address.home))
        elif self._process is not None and now - max(self._heard, self._started) > _SILENCE:
            _log.warning("prefect is silent", seconds=_SILENCE)
            self._process.kill()
        self._up = answers

    def stop(self) -> None:
        """End it. Nothing in it is needed again."""
        self._up = False
        if self._process is not None:
            _end(self._process)
            self._process = None
        self._listening.close()

    def _start(self, now: float) -> None:
        self._started = now
        fd = self._listening.fileno()
        try:
            write_profile(self.address)
            self._process = _child(
                "flows.server",
                str(fd),
                folder=self.address.home,
                environment=server_environment(self.address, os.environ),
                pass_fds=(fd,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except OSError as e:
            self._lost(now, str(e))

    def _lost(self, now: float, why: object) -> None:
        self._process, self._up = None, False
        self._failures = 1 if now - self._started > _STEADY else self._failures + 1
        pause = min(2.0 ** (self._failures - 1), _LONGEST_PAUSE)
        self._next = now + pause
        _log.warning("prefect ended; the station works on without it", why=why, again_in=pause)


class Runner:
    """One flow runner, started when it is first asked. For one thread at a time, which has to live as long as it."""

    def __init__(self, address: Address, stopping: threading.Event) -> None:
        self._address = address
        self._stopping = stopping
        self._process: subprocess.Popen[bytes] | None = None
        self._read = b""

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process else None

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Have a flow run to its end.

        Raises:
            RunnerLostError: it died, or cannot be started; ask again.
            StoppedError: the station is ending; the flow runner was ended.
        """
        process = self._running()
        if process.stdin is None:
            raise RunnerLostError("the flow runner has no stdin")
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except OSError as e:
            self.stop()
            raise RunnerLostError(f"the flow runner takes no request: {e}") from e
        return self._answer(process, None)

    def stop(self) -> None:
        """End it."""
        process, self._process, self._read = self._process, None, b""
        if process is None:
            return
        with suppress(OSError):  # what was still to be sent to one that has died
            if process.stdin is not None:
                process.stdin.close()
        _end(process)
        if process.stdout is not None:
            process.stdout.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        try:
            self._process = _child(
                "flows.runner",
                folder=self._address.home,
                environment=runner_environment(self._address, os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as e:
            raise RunnerLostError(f"the flow runner cannot be started: {e}") from e
        self._answer(self._process, time.monotonic() + _START)
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], deadline: float | None) -> dict[str, Any]:
        if process.stdout is None:
            raise RunnerLostError("the flow runner has no stdout")
        fd = process.stdout.fileno()
        while b"\n" not in self._read:
            if self._stopping.is_set():
                self.stop()
                raise StoppedError("the station is ending")
            if deadline is not None and time.monotonic() > deadline:
                self.stop()
                raise RunnerLostError("the flow runner did not start in time")
            if select.select([fd], [], [], _LOOK)[0]:
                piece = os.read(fd, 1 << 16)
                if not piece:
                    self.stop()
                    raise RunnerLostError("the flow runner ended in the middle")
                self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise RunnerLostError("the flow runner's answer is none")
        return answer


def _child(
    module: str,
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str],
    stdin: int,
    stdout: int,
    pass_fds: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """A child that dies with us, in a group of its own: an interrupt at the terminal is ours to handle."""
    return subprocess.Popen(
        [sys.executable, "-I", "-m", module, str(os.getpid()), *arguments],
        cwd=folder,  # Prefect reads settings from files in the working folder: none of ours are there
        env=environment,
        stdin=stdin,
        stdout=stdout,
        pass_fds=pass_fds,
        process_group=0,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _listen(port: int) -> socket.socket:
    """A listening socket on loopback, at this port or at any that is free. Raises OSError."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            listening.bind(("127.0.0.1", 0))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
