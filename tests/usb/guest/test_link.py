"""The pipes themselves, before anybody speaks MTP over them."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.errors import NoAccessError, NoRecorderError
from devices.mtp.link import LinkGoneError, LinkTimeoutError
from devices.usb import UsbLink, open_link
from tests.usb.guest.conftest import Cable, plugged
from tests.usb.lab.gadget import Gadget

COMMAND, OK = 1, 0x2001
OPEN_SESSION = 0x1002


def ask(link: UsbLink, operation: int, *parameters: int, transaction: int = 0) -> bytes:
    """One command, and the first thing that comes back."""
    size = 12 + 4 * len(parameters)
    head = struct.pack("<IHHI", size, COMMAND, operation, transaction)
    link.write(head + struct.pack(f"<{len(parameters)}I", *parameters), timeout=2)
    return heard(link)


def heard(link: UsbLink, *, timeout: float = 2) -> bytes:
    buffer = bytearray(1 << 20)
    return bytes(buffer[: link.read_into(memoryview(buffer), timeout=timeout)])


def test_a_recorder_answers_by_its_serial_and_by_its_address() -> None:
    device = plugged("CAM0")
    link = open_link(serial="CAM0")
    try:
        assert link.name == "usb:CAM0"
        assert struct.unpack_from("<H", ask(link, OPEN_SESSION, 1), 6)[0] == OK
    finally:
        link.close()
    again = open_link(bus=device.bus, address=device.address)
    assert again.is_there()
    again.close()
    again.close()
    with pytest.raises(LinkGoneError):
        heard(again)


def test_one_that_is_not_there_and_one_that_is_held_are_told_apart() -> None:
    with pytest.raises(NoRecorderError, match="not plugged in"):
        open_link(serial="NOBODY")
    held = open_link(serial="CAM0")
    try:
        with pytest.raises(NoAccessError, match="this program itself"):
            open_link(serial="CAM0")
    finally:
        held.close()
    open_link(serial="CAM0").close()


def test_a_silent_recorder_is_waited_for_as_long_as_was_said() -> None:
    link = open_link(serial="CAM0")
    try:
        started = time.monotonic()
        with pytest.raises(LinkTimeoutError):
            heard(link, timeout=0.3)
        assert 0.25 < time.monotonic() - started < 2
        assert link.read_event(timeout=0.05) is None
    finally:
        link.close()


def test_a_pull_ends_a_read_at_once_and_the_replugged_one_opens(
    cable: Callable[[str], Cable],
) -> None:
    link = open_link(serial="CAM0")
    address = link.device.address
    puller = threading.Timer(0.3, cable("cam0").unplug)
    puller.start()
    with pytest.raises(LinkGoneError):
        heard(link, timeout=8)
    puller.join()
    assert not link.is_there()
    link.close()
    cable("cam0").plug()
    assert plugged("CAM0").address != address
    open_link(serial="CAM0").close()


def test_two_recorders_with_one_serial_are_refused_by_serial(
    gadget: Callable[..., Gadget], tmp_path: Path
) -> None:
    gadget("TWIN", tmp_path)
    gadget("TWIN", tmp_path)
    with pytest.raises(NoRecorderError, match="2 are plugged in"):
        open_link(serial="TWIN")
