"""Finding still-image devices in /sys, without opening one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devices.usb_kernel import holders, still_image_devices
from tests.fakes.sys_tree import SysTree


@pytest.fixture
def tree(tmp_path: Path) -> SysTree:
    return SysTree(tmp_path / "sys")


def pipe(interface: Path, address: int, kind: str, *, packet: bytes = b"0200") -> None:
    folder = interface / f"ep_{address:02x}"
    folder.mkdir()
    (folder / "bEndpointAddress").write_bytes(b"%02x\n" % address)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "direction").write_text("in\n" if address & 0x80 else "out\n")
    (folder / "wMaxPacketSize").write_bytes(packet + b"\n")


def camera(tree: SysTree, port: str, *, kind: bytes = b"06", says: bytes = b"MTP") -> Path:
    """A recorder with a serial and its three pipes; its interface."""
    device = tree.plug(port, address=7, serial=b"BWC-" + port.encode())
    interface = tree.interface(device, kind=kind, says=says)
    (interface / "bInterfaceNumber").write_bytes(b"00\n")
    pipe(interface, 0x81, "Bulk")
    pipe(interface, 0x02, "Bulk")
    pipe(interface, 0x83, "Interrupt", packet=b"001c")
    return interface


def test_a_recorder_is_found_with_its_pipes(tree: SysTree) -> None:
    camera(tree, "1-1.4")
    [device] = still_image_devices(tree.root)
    assert (device.port, device.bus, device.address, device.serial) == ("1-1.4", 1, 7, "BWC-1-1.4")
    assert (device.bulk_in.address, device.bulk_in.packet) == (0x81, 512)
    assert device.bulk_out.address == 0x02
    assert device.interrupt is not None
    assert device.interrupt.packet == 28
    assert device.node == Path("/dev/bus/usb/001/007")


def test_a_telephone_that_hides_mtp_is_found_and_a_keyboard_is_not(tree: SysTree) -> None:
    camera(tree, "1-1", kind=b"ff")
    camera(tree, "1-2", kind=b"ff", says=b"ADB Interface")
    camera(tree, "1-3", kind=b"03", says=b"MTP")
    assert [device.port for device in still_image_devices(tree.root)] == ["1-1"]


@pytest.mark.parametrize("packet", [b"0000", b"0001", b"03ff", b"zz", b""])
def test_a_pipe_with_packets_that_cannot_be_makes_no_recorder(tree: SysTree, packet: bytes) -> None:
    interface = camera(tree, "1-1")
    (interface / "ep_81" / "wMaxPacketSize").write_bytes(packet + b"\n")
    assert still_image_devices(tree.root) == []


def test_a_high_bandwidth_bit_is_no_part_of_the_size(tree: SysTree) -> None:
    interface = camera(tree, "1-1")
    (interface / "ep_81" / "wMaxPacketSize").write_bytes(b"0a00\n")  # bits 11 and 12 are a count
    [device] = still_image_devices(tree.root)
    assert device.bulk_in.packet == 512


def test_one_without_events_is_a_recorder_and_one_without_a_way_back_is_none(tree: SysTree) -> None:
    quiet, deaf = camera(tree, "1-1"), camera(tree, "1-2")
    (quiet / "ep_83" / "type").write_text("Bulk\n")
    (deaf / "ep_02" / "type").write_text("Isoc\n")
    [device] = still_image_devices(tree.root)
    assert (device.port, device.interrupt) == ("1-1", None)


def test_a_replugged_recorder_is_another_one(tree: SysTree) -> None:
    camera(tree, "1-1")
    [device] = still_image_devices(tree.root)
    assert device.is_there()
    (tree.root / "bus/usb/devices/1-1/devnum").write_text("8\n")
    assert not device.is_there()
    tree.pull((tree.root / "bus/usb/devices/1-1").resolve())
    assert not device.is_there()
    assert device.driver() is None


def test_who_holds_a_device_is_told_by_name(tmp_path: Path) -> None:
    node = tmp_path / "device"
    node.touch()
    assert holders(node) == []
    descriptor = os.open(node, os.O_RDONLY)
    try:
        assert holders(node) == ["this program itself"]
    finally:
        os.close(descriptor)
