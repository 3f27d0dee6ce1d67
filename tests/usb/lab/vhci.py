"""In the guest: a USB device made of any Link, plugged into the kernel's virtual bus (vhci_hcd).

What hostile recorders need: the bytes are a fake's, the USB stack from the socket on is the real one. Speaks
the server's side of USB/IP (kernel: Documentation/usb/usbip_protocol.rst) on a socket pair, one half of which
the kernel takes over.

Holds: a request that the Link has no answer for stays pending, as on a bus, until the host gives up and unlinks it; a
Link that says it is gone is pulled out.
"""

from __future__ import annotations

import errno
import socket
import struct
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices.mtp.link import Link, LinkError, LinkGoneError, LinkStalledError, LinkTimeoutError

_VHCI: Final = Path("/sys/devices/platform/vhci_hcd.0")
_HEAD: Final = struct.Struct(">IIIII")  # command, number, device, direction, endpoint
_SUBMIT: Final = struct.Struct(">IiIII8s")  # flags, length, start, packets, interval, set-up
_DONE: Final = struct.Struct(">iIIII8x")  # status, length, start, packets, errors
_UNLINKED: Final = struct.Struct(">i24x")
_CMD_SUBMIT, _CMD_UNLINK, _RET_SUBMIT, _RET_UNLINK = 1, 2, 3, 4
_HIGH_SPEED: Final = 3
_FREE: Final = "004"  # VDEV_ST_NULL

_IN, _OUT, _EVENTS = 1, 2, 3
_PACKET: Final = 512
_GET_DESCRIPTOR, _CLEAR_FEATURE = (0x80, 6), (0x02, 1)
_CANCEL, _RESET, _STATUS = (0x21, 0x64), (0x21, 0x66), (0xA1, 0x67)


@dataclass(slots=True, eq=False)
class _Request:
    """A read of the kernel's that waits for its bytes."""

    number: int
    endpoint: int
    buffer: bytearray
    came: int = 0


class VirtualRecorder:
    """A Link as a USB device, plugged in from the start until `unplug`."""

    def __init__(self, link: Link, *, serial: str) -> None:
        self.serial, self._link = serial, link
        self._pending: deque[_Request] = deque()
        self._written = bytearray()
        ours, theirs = socket.socketpair()
        self._bus = ours
        subprocess.run(["modprobe", "vhci_hcd"], check=True)
        self._port = _free_port()
        with theirs:
            attach = f"{self._port} {theirs.fileno()} {0x10001 + self._port} {_HIGH_SPEED}"
            (_VHCI / "attach").write_text(attach)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable out. May be called again."""
        with suppress(OSError):
            (_VHCI / "detach").write_text(str(self._port))
        with suppress(OSError):
            self._bus.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self._thread:
            self._thread.join()
            self._bus.close()

    def _serve(self) -> None:
        try:
            while True:
                self._one()
        except (LinkGoneError, EOFError, OSError):
            self.unplug()

    def _one(self) -> None:
        """One request of the kernel's, and every pending one that has an answer now.

        Raises:
            LinkGoneError: the recorder pulls itself out.
            EOFError: the kernel let go.
        """
        command, number, _, direction, endpoint = _HEAD.unpack(self._take(_HEAD.size))
        rest = self._take(_SUBMIT.size)
        if command == _CMD_UNLINK:
            self._unlink(number, struct.unpack_from(">I", rest)[0])
            return
        _, length, _, _, _, setup = _SUBMIT.unpack(rest)
        data = self._take(length) if not direction and length > 0 else b""
        if endpoint == 0:
            self._control(number, setup, data)
        elif endpoint == _OUT:
            self._write(number, data)
        else:
            self._pending.append(_Request(number, endpoint, bytearray(length)))
        self._answer()

    def _write(self, number: int, data: bytes) -> None:
        """Bulk out: what ends with a short packet is one write."""
        self._written += data
        status = 0
        if len(data) % _PACKET or not data:
            whole, self._written = bytes(self._written), bytearray()
            status = _status(lambda: self._link.write(whole, timeout=1))
        self._done(number, status, written=len(data))

    def _answer(self) -> None:
        """Answer what can be, in order for each pipe; a pipe that has nothing keeps its requests waiting."""
        waiting: deque[_Request] = deque()
        silent: set[int] = set()
        while self._pending:
            request = self._pending.popleft()
            if request.endpoint in silent or not self._fill(request):
                silent.add(request.endpoint)
                waiting.append(request)
        self._pending = waiting

    def _fill(self, request: _Request) -> bool:
        """Answer one request, if there is an answer.

        Raises:
            LinkGoneError: the recorder pulls itself out; the request has what came before.
        """
        try:
            if request.endpoint == _EVENTS:
                event = self._link.read_event(timeout=0)
                if event is None:
                    return False
                self._done(request.number, 0, event[: len(request.buffer)])
                return True
            room = memoryview(request.buffer)[request.came :]
            request.came += self._link.read_into(room, timeout=0)
        except LinkTimeoutError as e:
            request.came += e.received
            return False
        except LinkError as e:
            # A pull is a bus error first (USB 2.0, 8.7); the kernel gets what came before it.
            status = -errno.EPIPE if isinstance(e, LinkStalledError) else -errno.EPROTO
            request.came += e.received
            self._done(request.number, status, bytes(request.buffer[: request.came]))
            if isinstance(e, LinkGoneError):
                raise
            return True
        self._done(request.number, 0, bytes(request.buffer[: request.came]))
        return True

    def _control(self, number: int, setup: bytes, data: bytes) -> None:
        kind, request, value, _, length = struct.unpack("<BBHHH", setup)
        asked = kind, request
        if asked == _GET_DESCRIPTOR:
            answer = self._descriptor(value >> 8, value & 0xFF)
            status = 0 if answer else -errno.EPIPE
            self._done(number, status, answer[:length])
        elif asked == _STATUS:
            said: list[bytes] = [b""]
            status = _status(lambda: said.append(self._link.device_status()))
            self._done(number, status, said[-1][:length])
        elif asked == _CANCEL:
            transaction = struct.unpack_from("<HI", data.ljust(6, b"\0"))[1]
            self._done(number, _status(lambda: self._link.cancel(transaction)), written=len(data))
        elif asked == _RESET:
            self._done(number, _status(self._link.reset))
        elif asked == _CLEAR_FEATURE:
            self._done(number, _status(self._link.clear_halt))
        else:  # SET_CONFIGURATION, SET_INTERFACE and whatever else is agreed to
            self._done(number, 0, bytes(length if kind & 0x80 else 0))

    def _descriptor(self, kind: int, index: int) -> bytes:
        """USB 2.0, 9.5 and 9.6; a still-image interface by Still Image 1.0, 3."""
        if kind == 1:
            return struct.pack(
                "<BBHBBBBHHHBBBB", 18, 1, 0x200, 0, 0, 0, 64, 0x1D6B, 0x0199, 0x100, 1, 2, 3, 1
            )
        if kind == 2:
            pipes = b"".join(
                struct.pack("<BBBBHB", 7, 5, address, transfer, packet, interval)
                for address, transfer, packet, interval in (
                    (0x80 | _IN, 2, _PACKET, 0),
                    (_OUT, 2, _PACKET, 0),
                    (0x80 | _EVENTS, 3, 64, 6),
                )
            )
            interface = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 3, 6, 1, 1, 4)
            size = 9 + len(interface) + len(pipes)
            return struct.pack("<BBHBBBBB", 9, 2, size, 1, 1, 0, 0xC0, 50) + interface + pipes
        if kind == 3:
            text = ("", "Lab", "Hostile recorder", self.serial, "MTP")[index] if index else ""
            body = text.encode("utf-16-le") if index else struct.pack("<H", 0x409)
            return struct.pack("<BB", 2 + len(body), 3) + body
        return b""  # a qualifier is for devices with another speed

    def _unlink(self, number: int, target: int) -> None:
        """The host gave up on a request."""
        kept = deque(request for request in self._pending if request.number != target)
        status = -errno.ECONNRESET if len(kept) < len(self._pending) else 0
        self._pending = kept
        head = _HEAD.pack(_RET_UNLINK, number, 0, 0, 0)
        self._bus.sendall(head + _UNLINKED.pack(status))

    def _done(self, number: int, status: int, data: bytes = b"", *, written: int = 0) -> None:
        head = _HEAD.pack(_RET_SUBMIT, number, 0, 0, 0)
        self._bus.sendall(head + _DONE.pack(status, len(data) or written, 0, 0, 0) + data)

    def _take(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            more = self._bus.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return bytes(data)


def _free_port() -> int:
    """A port for a high-speed device."""
    for line in (_VHCI / "status").read_text().splitlines()[1:]:
        hub, port, state, *_ = line.split()
        if (hub, state) == ("hs", _FREE):
            return int(port)
    raise OSError(errno.EBUSY, "no free port on the virtual bus")


def _status(call: Callable[[], object]) -> int:
    """What a call of the Link's is on the bus.

    Raises:
        LinkGoneError: the recorder pulls itself out.
    """
    try:
        call()
    except LinkGoneError:
        raise
    except LinkError:
        return -errno.EPIPE
    return 0
