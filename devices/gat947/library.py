"""A maker's library, asked through a child process: identity and battery, its clock set, switched to mass storage.

Holds: every call ends within the time limit and with an answer or a DeviceError, whatever the library does; the
password is on no command line, in no message and no log. One recorder at a time: the interface knows no ports.
"""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devices.errors import (
    DeviceError,
    NoAccessError,
    NoRecorderError,
    ProtocolError,
    RecorderSilentError,
)
from devices.gat947.interface import (
    DEFAULT_PASSWORD,
    DOCUMENTED,
    ENCODING,
    Abi,
    Function,
    Result,
    ZfyInfo,
    succeeded,
    text_of,
)

PASSWORD_VARIABLE: Final = "MUNIMENT_GAT947_PASSWORD"  # noqa: S105 - a name
TIMEOUT: Final = 30.0  # seconds for a session; a switch of modes takes some
_MOST_SAID: Final = 1 << 16  # bytes of answers
_LAST: Final = "UnInit_Device"
# Of the parent's environment nothing but where programs and libraries are: secrets are not the library's business.
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "HOME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a recorder says of itself through its maker's library. Text is shown, never trusted."""

    info: ZfyInfo
    code: str  # maker and model, as the maker codes them
    battery: int | None  # percent
    resolution: tuple[int, int] | None  # that it records with: width, height


def library_at(library: Path, environment: Mapping[str, str]) -> MakersLibrary:
    """A maker's library with the password that the environment has for its recorders.

    Raises:
        NoAccessError: it is no file, others may change it, or the password cannot be one.
    """
    try:
        return MakersLibrary(library, password=password_from(environment))
    except ValueError:  # whose text may hold the password
        reason = f"{PASSWORD_VARIABLE} is no password for it: at most 32 bytes of GBK"
        raise NoAccessError(source=library.name, reason=reason) from None


def password_from(environment: Mapping[str, str]) -> str:
    """The recorders' password: from the environment, else the one they leave the factory with."""
    return environment.get(PASSWORD_VARIABLE) or DEFAULT_PASSWORD


class MakersLibrary:
    """See the module. For one thread at a time."""

    def __init__(
        self,
        library: Path,
        *,
        password: str = DEFAULT_PASSWORD,
        abi: Abi = DOCUMENTED,
        timeout: float = TIMEOUT,
    ) -> None:
        """Name a library; nothing is loaded yet.

        Raises:
            NoAccessError: it is no file, or others may change it.
            ValueError: the password does not fit.
        """
        self.name = library.name
        _check(library)
        self._library = library
        self._password = password.encode(ENCODING)
        if len(self._password) > 32 or b"\0" in self._password:
            raise ValueError("a password has at most 32 bytes")
        self._abi = abi
        self._timeout = timeout

    def identify(self) -> Identity:
        """Ask the recorder that is plugged in who it is. Raises as `to_disk`."""
        return self._identity(self._session(_IDENTIFY))

    def to_disk(self, *, set_clock: bool) -> Identity:
        """Ask who it is, set its clock to ours if so wished, and switch it to mass storage, in one session.

        The clock has to be set here or not at all, because a disk has none; what it showed cannot be asked.

        Raises:
            NoRecorderError: the library finds none.
            NoAccessError: another password, or the library cannot be loaded or lacks a function.
            RecorderSilentError: a call did not end in time. The recorder may have been switched.
            ProtocolError: the library answered what cannot be, wrote where it should not, or crashed. The same.
        """
        clock: tuple[Function, ...] = ("SyncDevTime",) if set_clock else ()
        return self._identity(self._session((*_IDENTIFY, *clock, "SetMSDC")))

    def set_clock(self) -> None:
        """Set the recorder's clock to ours. Raises as `to_disk`."""
        self._session(("SyncDevTime",))

    def write(self, info: ZfyInfo) -> None:
        """Write who it belongs to into the recorder.

        Raises:
            ValueError: a text does not fit. Nothing was written.
            DeviceError: as `to_disk`; it may have been written.
        """
        self._session(("WriteZFYInfo",), info=info.build(self._abi))

    def _identity(self, said: Mapping[str, Mapping[str, bytes]]) -> Identity:
        info = ZfyInfo.parse(said["GetZFYInfo"]["info"], self._abi)
        battery = _number(said["ReadDeviceBatteryDumpEnergy"]["battery"])
        resolution = said["ReadDeviceResolution"]
        width, height = _number(resolution["width"]), _number(resolution["height"])
        return Identity(
            info=info,
            code=text_of(said["GetIDCode"]["id"]),
            battery=battery if 0 <= battery <= 100 else None,
            resolution=(width, height) if 0 < width < 100_000 and 0 < height < 100_000 else None,
        )

    def _session(
        self, steps: Sequence[Function], *, info: bytes = b""
    ) -> dict[str, dict[str, bytes]]:
        """Run a session; the values that each step gave. Raises as `to_disk`."""
        request = {
            "library": str(self._library),
            "password": self._password.hex(),
            "result_bytes": self._abi.result_bytes,
            "info_bytes": self._abi.size,
            "info": info.hex(),
            "steps": list(steps),
        }
        answers, late, status = _ask(request, self._timeout)
        said: dict[str, dict[str, bytes]] = {}
        doing = "starting"
        for answer in answers:
            doing = str(answer.get("calling", doing))
            if "failed" in answer:
                raise self._unusable(str(answer["failed"]), str(answer["reason"]))
            if "called" in answer and doing != _LAST:
                if not succeeded(answer["returned"], answer["code"]):
                    raise self._refused(doing, answer["code"], answer["returned"])
                said[doing] = {k: bytes.fromhex(v) for k, v in answer["values"].items()}
        if set(steps) <= said.keys():
            return said  # how it lets go is nobody's business
        if late:
            raise RecorderSilentError(source=self.name, doing=doing)
        how = f"signal {-status}" if status < 0 else f"status {status}"
        raise ProtocolError(source=self.name, reason=f"its library ended in {doing} ({how})")

    def _refused(self, name: str, code: int, returned: int | None) -> DeviceError:
        if code == Result.CHECK_PWD_FAILED:
            reason = f"it has another password: set {PASSWORD_VARIABLE}"
            return NoAccessError(source=self.name, reason=reason)
        if name == "Init_Device":
            return NoRecorderError(serial=self.name, reason="its library finds no recorder")
        known = {int(result): result.name for result in Result}
        what = known.get(code, f"code {code}, return {returned}")
        return ProtocolError(source=self.name, reason=f"{name} answered {what}")

    def _unusable(self, kind: str, reason: str) -> DeviceError:
        if kind == "overrun":
            wrong = f"its library wrote more than documented in {reason}: its structures differ"
            return ProtocolError(source=self.name, reason=wrong)
        return NoAccessError(source=self.name, reason=reason[:300])


_IDENTIFY: Final[tuple[Function, ...]] = (
    "GetIDCode",
    "GetZFYInfo",
    "ReadDeviceResolution",
    "ReadDeviceBatteryDumpEnergy",
)


def _check(library: Path) -> None:
    """Whoever can change the library can do what we can. Raises NoAccessError."""
    try:
        found = library.stat()
    except OSError as e:
        raise NoAccessError(source=str(library), reason=e.strerror or str(e)) from e
    if not library.is_absolute() or not stat.S_ISREG(found.st_mode):
        raise NoAccessError(source=str(library), reason="it is no file named from the root on")
    if found.st_mode & stat.S_IWOTH:
        raise NoAccessError(source=str(library), reason="everybody may change it: chmod o-w")


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, sys.byteorder, signed=True)


def _ask(request: dict[str, Any], timeout: float) -> tuple[list[dict[str, Any]], bool, int]:
    """Run the child to its end: what it said, whether it was too slow, how it ended."""
    environment = {k: os.environ[k] for k in _KEPT if k in os.environ}
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "devices.gat947.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    ) as process:
        try:
            text, late = _converse(process, json.dumps(request).encode(), timeout)
        finally:
            with suppress(ProcessLookupError):  # threads and children of the library's too
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    answers = []
    for line in text.split(b"\n")[:-1]:
        with suppress(ValueError):
            answers.append(json.loads(line))
    return [a for a in answers if isinstance(a, dict)], late, process.returncode


def _converse(
    process: subprocess.Popen[bytes], request: bytes, timeout: float
) -> tuple[bytes, bool]:
    """Ask, and hear what is said until the end or until it is too late."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("a child without pipes")
    with suppress(BrokenPipeError), process.stdin as asking:
        asking.write(request)
    said, until = b"", time.monotonic() + timeout
    while len(said) < _MOST_SAID:
        left = until - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            return said, True
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)  # how it ended; a library's thread may hold it
            return said, False
        said += piece
    return said, True
