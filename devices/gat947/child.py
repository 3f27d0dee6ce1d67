"""The process that a maker's library runs in: one session, asked on standard input, told step by step.

Run as a program only. Holds: says which function it calls before it calls it, so that who waits knows where it hangs;
a library's own words never reach our answers; `UnInit_Device` is called after whatever went well or not; it ends with
whoever started it, and has no capability. A library that writes beyond what is documented is found out, and nothing it
said in that call is passed on.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, Final

from devices.gat947.interface import succeeded
from devices.rights import drop_rights

# Room behind every buffer, and what it is filled with: a library that writes further than documented is found out.
_ROOM: Final = 4096
_TEXT: Final = 256  # bytes for an id code
_PASSWORD: Final = 64
_GUARD: Final = 0xA5
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


class OverrunError(Exception):
    """The library wrote behind a buffer."""


class Session:
    """The documented functions of one loaded library."""

    def __init__(self, request: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
        """Load it. Raises OSError."""
        self._library = ctypes.CDLL(request["library"])
        self._password = bytes.fromhex(request["password"])
        self._result_bytes: int = request["result_bytes"]
        self._info_bytes: int = request["info_bytes"]
        self._say = say

    def run(self, steps: list[str], info: str | None) -> None:
        """Init_Device, the steps until one fails, UnInit_Device. Raises as `step`."""
        if not self.step("Init_Device", None):
            return
        try:
            for name in steps:
                if not self.step(name, info):
                    break
        finally:
            if hasattr(self._library, "UnInit_Device"):  # one family of headers lacks it
                self.step("UnInit_Device", None)

    def step(self, name: str, info: str | None) -> bool:
        """Call one function and say what it answered.

        Raises:
            AttributeError: the library has no such function.
            OverrunError: it wrote where it should not. What it said is lost.
        """
        self._say({"calling": name})
        outputs = self._outputs(name, info)
        result = _Buffer(self._result_bytes)
        arguments = [buffer.memory for buffer in outputs.values()]
        if name not in {"Init_Device", "UnInit_Device", "GetIDCode"}:
            password = _Buffer(_PASSWORD, self._password)
            outputs["password"] = password
            arguments.append(password.memory)
        function = getattr(self._library, name)
        function.restype = None if name == "UnInit_Device" else ctypes.c_int
        returned = function(*arguments, result.memory)
        try:
            values = {what: buffer.taken().hex() for what, buffer in outputs.items()}
            code = int.from_bytes(result.taken(), sys.byteorder, signed=True)
        except OverrunError:
            raise OverrunError(name) from None
        values.pop("password", None)
        self._say({"called": name, "returned": returned, "code": code, "values": values})
        return succeeded(returned, code)

    def _outputs(self, name: str, info: str | None) -> dict[str, _Buffer]:
        number = ctypes.sizeof(ctypes.c_int)
        if name in {"Init_Device", "GetIDCode"}:
            return {"id": _Buffer(_TEXT)}
        if name in {"GetZFYInfo", "WriteZFYInfo"}:
            return {"info": _Buffer(self._info_bytes, bytes.fromhex(info or ""))}
        if name == "ReadDeviceResolution":
            return {"width": _Buffer(number), "height": _Buffer(number)}
        return {"battery": _Buffer(number)} if name == "ReadDeviceBatteryDumpEnergy" else {}


class _Buffer:
    """Memory for one argument, zeroed, with a guard behind it."""

    def __init__(self, size: int, content: bytes = b"") -> None:
        self._size = size
        filled = content.ljust(size, b"\0") + bytes([_GUARD]) * _ROOM
        self.memory = ctypes.create_string_buffer(filled, len(filled))

    def taken(self) -> bytes:
        """What is in it now. Raises OverrunError."""
        raw = self.memory.raw
        if raw[self._size :].strip(bytes([_GUARD])):
            raise OverrunError
        return raw[: self._size]


def main() -> None:
    """One session; see the module."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    drop_rights()  # the station may mount cards, its maker's library may not
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = json.loads(sys.stdin.buffer.read())
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)

    def say(answer: dict[str, Any]) -> None:
        os.write(answers, json.dumps(answer).encode() + b"\n")

    try:
        say({"calling": "dlopen"})
        session = Session(request, say)
    except OSError as e:
        say({"failed": "load", "reason": str(e)})
        return
    try:
        session.run(request["steps"], request.get("info"))
    except AttributeError as e:
        say({"failed": "missing", "reason": str(e)})
    except OverrunError as e:
        say({"failed": "overrun", "reason": str(e)})
    # The library's own clearing up at exit may hang or crash as well, and nobody waits for it.
    os._exit(0)


if __name__ == "__main__":
    main()
