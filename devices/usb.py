"""The pipes to a still-image device, over libusb. The one module with pyusb.

Holds: each opening has a libusb context of its own, so that a replug is noticed without udevd and
one recorder's events wait for no other's; bytes go from the kernel into the caller's buffer
without a copy of ours; a call ends within its time; `close` waits for calls in other threads, and
is safe after a pull. Knows nothing of MTP but its three class requests
(USB Still Image Capture Device Definition 1.0, 2000-07-11).
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, Final

import libusb_package
from usb.core import USBError  # type: ignore[import-untyped]

from devices import usb_kernel
from devices.errors import NoAccessError, NoRecorderError
from devices.mtp.link import LinkError, LinkGoneError, LinkStalledError, LinkTimeoutError
from devices.usb_kernel import StillImageDevice

# One request to the kernel. Its memory comes out of usbfs_memory_mb, 16 MiB for all recorders together, so seven can
# have one of this size in flight; who finds no room halves. What a pull cuts off in the middle of a request is lost,
# so each opening begins small: a recorder that leaves after every megabyte still gets on.
PIECE: Final = 2 << 20
_FIRST_PIECE: Final = 64 << 10
_SMALLEST_PIECE: Final = 16 << 10
_CONTROL_SECONDS: Final = 2.0
# A bus error often is the first sign of a pull: the hub reports the pull itself within this time.
_SETTLING_SECONDS: Final = 0.5

_CANCEL, _RESET, _STATUS = 0x64, 0x66, 0x67  # Still Image 1.0, 5.2
_TO_INTERFACE, _FROM_INTERFACE = 0x21, 0xA1  # bmRequestType: class request of an interface

# libusb.h, enum libusb_error
_ACCESS, _NO_DEVICE, _NOT_FOUND, _BUSY, _TIMEOUT, _PIPE = -3, -4, -5, -6, -7, -9
_NO_MEMORY: Final = -11


def open_link(
    *, bus: int | None = None, address: int | None = None, serial: str | None = None
) -> UsbLink:
    """Open the device at a bus address, or the one with a serial number, and claim its interface.

    Raises:
        NoRecorderError: none is there, or two have this serial. Nothing was opened.
        NoAccessError: no right, or somebody else holds it. Nothing stays open.
    """
    shown = f"usb:{serial}" if serial is not None else f"usb:{bus}.{address}"
    meant = [
        device
        for device in usb_kernel.still_image_devices()
        if (serial is None or device.serial == serial)
        and (bus is None or (device.bus, device.address) == (bus, address))
    ]
    if not meant:
        raise NoRecorderError(serial=shown, reason="it is not plugged in")
    if len(meant) > 1:
        ports = ", ".join(device.port for device in meant)
        raise NoRecorderError(serial=shown, reason=f"{len(meant)} are plugged in, at {ports}")
    return UsbLink(meant[0])


def check_libusb() -> None:
    """Whether libusb loads and starts on this machine. Raises NoAccessError."""
    _context("usb").finalize()


class UsbLink:
    """A devices.mtp.link.Link over libusb. For one transaction at a time, from any thread."""

    def __init__(self, device: StillImageDevice) -> None:
        """Open a device and claim its interface.

        Raises:
            NoRecorderError: it was pulled meanwhile.
            NoAccessError: no right, or somebody else holds it. Nothing stays open.
        """
        self.device = device
        self.max_packet = device.bulk_in.packet
        self.name = device.shown
        self._backend = _context(device.shown)
        try:
            self._handle = _opened(self._backend, device)
        except (NoRecorderError, NoAccessError):
            self._backend.finalize()
            raise
        self._piece, self._largest_piece = _FIRST_PIECE, PIECE
        self._gone = False
        self._calls = 0
        self._idle = threading.Condition()

    def write(self, data: bytes, *, timeout: float) -> None:
        """One bulk-out transfer; sends the zero-length packet after a multiple of the packet size.

        Raises:
            LinkError: one of the four. How much the recorder took is not known.
        """
        ends = monotonic() + timeout
        with self._in_use():
            view, at = bytearray(data), 0
            while at < len(view):
                piece = memoryview(view)[at : at + self._piece]
                done, code = self._transfer(self.device.bulk_out.address, piece, ends)
                at += done
                if code == _NO_MEMORY and self._halve():
                    continue
                self._check(code, "writing", received=0)
            if len(view) % self.device.bulk_out.packet == 0:
                code = self._transfer(self.device.bulk_out.address, memoryview(b""), ends)[1]
                self._check(code, "ending a write", received=0)

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        """One bulk-in transfer: ends at a short packet or when the buffer is full.

        Raises:
            LinkError: one of the four; `received` bytes lie in the buffer.
            ValueError: the buffer is no multiple of `max_packet`, so that a recorder could overrun it.
        """
        if not len(buffer) or len(buffer) % self.max_packet:
            raise ValueError(f"{len(buffer)} bytes are no multiple of {self.max_packet}")
        ends = monotonic() + timeout
        at = 0
        with self._in_use():
            while at < len(buffer):  # pieces are multiples of every packet size there is
                piece = buffer[at : at + self._piece]
                done, code = self._transfer(self.device.bulk_in.address, piece, ends)
                at += done
                if code == _NO_MEMORY and self._halve():
                    continue
                self._check(code, "reading", received=at)
                if done < len(piece):
                    break
                self._piece = min(2 * self._piece, self._largest_piece)
        return at

    def read_event(self, *, timeout: float) -> bytes | None:
        """What came over the interrupt pipe; None: nothing did, or it has none.

        Raises:
            LinkError: one of the four.
        """
        pipe = self.device.interrupt
        if pipe is None:
            return None
        # An event has at most 24 bytes (Still Image 1.0, 4.7); whole packets, so that none overruns.
        packet = max(pipe.packet, 1)
        event = bytearray(-(-64 // packet) * packet)
        with self._in_use():
            done, code = self._transfer(pipe.address, memoryview(event), monotonic() + timeout)
            if code == _TIMEOUT and not done:
                return None
            self._check(code, "reading an event", received=done)
        return bytes(event[:done])

    def clear_halt(self) -> None:
        """Of both bulk pipes.

        Raises:
            LinkError: one of the four.
        """
        with self._in_use():
            for endpoint in (self.device.bulk_in.address, self.device.bulk_out.address):
                code = self._backend.lib.libusb_clear_halt(self._handle.handle, endpoint)
                self._check(code, "clearing a halt", received=0)

    def cancel(self, transaction: int) -> None:
        """Class request 0x64 (Still Image 1.0, 5.2.1): the code of the Cancel event, the transaction.

        Raises:
            LinkError: one of the four; a recorder that does not know the request stalls.
        """
        data = struct.pack("<HI", 0x4001, transaction & 0xFFFF_FFFF)
        self._control(_TO_INTERFACE, _CANCEL, bytearray(data))

    def device_status(self) -> bytes:
        """Class request 0x67 (Still Image 1.0, 5.2.4); may be empty.

        Raises:
            LinkError: one of the four; a recorder that does not know the request stalls.
        """
        data = bytearray(64)
        return bytes(data[: self._control(_FROM_INTERFACE, _STATUS, data)])

    def reset(self) -> None:
        """Class request 0x66 (Still Image 1.0, 5.2.3), else a reset of the USB port.

        Raises:
            LinkGoneError: it was pulled, or came back from the reset as another device.
            LinkError: the port cannot be reset.
        """
        try:
            self._control(_TO_INTERFACE, _RESET, bytearray())
        except LinkGoneError:
            raise
        except LinkError:
            with self._in_use():
                code = self._backend.lib.libusb_reset_device(self._handle.handle)
                self._check(_NO_DEVICE if code == _NOT_FOUND else code, "resetting", received=0)

    def is_there(self) -> bool:
        """Is it still plugged in, and not plugged in anew?"""
        return not self._gone and self.device.is_there()

    def close(self) -> None:
        """Let go. May be called again; safe after a pull. Waits for calls in other threads."""
        with self._idle:
            self._gone = True  # whoever asks from now on is told so
            self._idle.wait_for(lambda: not self._calls)
            handle, self._handle = self._handle, None
        if handle is None:
            return
        lib = self._backend.lib
        lib.libusb_release_interface(handle.handle, self.device.interface)  # fails after a pull
        lib.libusb_close(handle.handle)
        self._backend.finalize()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """A call of libusb's: the handle stays open until its end."""
        with self._idle:
            if self._gone:
                raise LinkGoneError(f"{self.name} was unplugged or closed")
            self._calls += 1
        try:
            yield
        finally:
            with self._idle:
                self._calls -= 1
                self._idle.notify_all()

    def _transfer(self, endpoint: int, memory: memoryview, ends: float) -> tuple[int, int]:
        """One transfer: bytes and libusb's code. pyusb's own call hides a time-out after some bytes."""
        done = ctypes.c_int()
        window = (ctypes.c_ubyte * len(memory)).from_buffer(memory) if len(memory) else None
        lib, pipe = self._backend.lib, self.device.interrupt
        call = (
            lib.libusb_interrupt_transfer
            if pipe and endpoint == pipe.address
            else lib.libusb_bulk_transfer
        )
        left = max(1, int((ends - monotonic()) * 1000))  # 0 would be for ever
        code = call(self._handle.handle, endpoint, window, len(memory), ctypes.byref(done), left)
        return done.value, code

    def _control(self, kind: int, request: int, data: bytearray) -> int:
        """One class request; how many bytes it moved."""
        with self._in_use():
            window = (ctypes.c_ubyte * len(data)).from_buffer(data) if data else None
            code: int = self._backend.lib.libusb_control_transfer(
                self._handle.handle,
                kind,
                request,
                0,
                self.device.interface,
                window,
                len(data),
                int(_CONTROL_SECONDS * 1000),
            )
            self._check(code, f"class request {request:#x}", received=0)
        return code

    def _halve(self) -> bool:
        """The kernel has no memory for a piece of this size; is there a smaller one to try?"""
        if self._piece <= _SMALLEST_PIECE:
            return False
        self._piece = self._largest_piece = self._piece // 2
        return True

    def _check(self, code: int, doing: str, *, received: int) -> None:
        """Raise what libusb's code means, if it is an error.

        Raises:
            LinkError: one of the four.
        """
        if code >= 0:
            return
        reason = f"{self.name}: {doing}: libusb error {code}"
        if code == _PIPE:
            raise LinkStalledError(reason, received=received)
        if code == _TIMEOUT:
            raise LinkTimeoutError(reason, received=received)
        if code == _NO_DEVICE or self._goes():
            self._gone = True
            raise LinkGoneError(reason, received=received)
        # EIO, EPROTO, EILSEQ (84), EOVERFLOW (75) on a device that stays: out of step.
        raise LinkError(reason, received=received)

    def _goes(self) -> bool:
        """After a bus error: is it being pulled? The hub's report may come later than the error."""
        ends = monotonic() + _SETTLING_SECONDS
        while self.device.is_there():
            if monotonic() >= ends:
                return False
            sleep(0.02)
        return True


def _context(shown: str) -> Any:
    """A libusb context of its own. pyusb's get_backend() gives the process one; its class makes more.

    Raises:
        NoAccessError: libusb cannot be loaded or started.
    """
    shared: Any = libusb_package.get_libusb1_backend()
    if shared is None:
        raise NoAccessError(source=shown, reason="libusb cannot be loaded")
    try:
        return type(shared)(shared.lib)
    except USBError as e:
        raise NoAccessError(source=shown, reason=f"libusb does not start: {e}") from e


def _opened(backend: Any, device: StillImageDevice) -> Any:
    """Open and claim.

    Raises:
        NoRecorderError: it was pulled meanwhile.
        NoAccessError: no right, or somebody else holds it.
    """
    handle = None
    try:
        handle = _handle(backend, device)
        if backend.is_kernel_driver_active(handle, device.interface):
            backend.detach_kernel_driver(handle, device.interface)
        backend.claim_interface(handle, device.interface)
    except USBError as e:
        if handle is not None:
            backend.close_device(handle)
        if not device.is_there():
            raise NoRecorderError(serial=device.shown, reason="it was pulled out") from e
        reason = _why_not(e.backend_error_code, device) or f"libusb says {e}"
        raise NoAccessError(source=device.shown, reason=reason) from e
    return handle


def _handle(backend: Any, device: StillImageDevice) -> Any:
    """Open what libusb has at a bus address.

    Its devices must not outlive their context, so they are given back here; a handle keeps its own.

    Raises:
        NoRecorderError: nothing is there any more.
        USBError: as libusb gave it.
    """
    scan = backend.enumerate_devices()
    entries = list(scan)
    try:
        for entry in entries:
            descriptor = backend.get_device_descriptor(entry)
            if (descriptor.bus, descriptor.address) == (device.bus, device.address):
                return backend.open_device(entry)
    finally:
        for each in (*entries, scan):
            each.finalize()
    raise NoRecorderError(serial=device.shown, reason="it was pulled out")


def _why_not(code: int, device: StillImageDevice) -> str | None:
    """For people: what keeps us from a device; None where libusb's own words must do."""
    if code == _ACCESS:
        return (
            f"no right to write to {device.node}; Muniment's udev rules give it (muniment doctor)"
        )
    if code != _BUSY:
        return None
    # Our own opening, whose claim just failed, is closed by now.
    if holders := usb_kernel.holders(device.node):
        return f"{', '.join(holders)} holds it; a desktop must be kept from opening recorders"
    driver = device.driver()
    if driver not in {None, "usbfs"}:
        return f"the kernel's driver {driver} holds it"
    return "another program holds it (often gvfs, the desktop's file manager)"
