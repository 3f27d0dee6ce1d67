"""What is plugged in: read from a /sys of real files."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from devices.hotplug import Plugged, Watcher, strangers, twins
from tests.fakes.sys_tree import SysTree

SETTLE = 0.03  # seconds: tests have no cables that chatter


@pytest.fixture
def tree(tmp_path: Path) -> SysTree:
    return SysTree(tmp_path / "sys")


def watcher(tree: SysTree, *, patience: float = 5.0) -> Watcher:
    return Watcher(sysfs=tree.root, poll=0.01, settle=SETTLE, patience=patience)


def present(tree: SysTree) -> list[Plugged]:
    with watcher(tree) as watch:
        return watch.present()


def test_a_recorder_is_told_with_all_that_it_says_of_itself(tree: SysTree) -> None:
    tree.mtp("1-1.4", address=7, serial=b"BWC0001", manufacturer="执法".encode(), product=b"DSJ-A1")
    assert present(tree) == [
        Plugged(
            port="1-1.4",
            kind="mtp",
            serial="BWC0001",
            vendor=0x1D6B,
            product=0x0104,
            bus=1,
            address=7,
            make="执法",
            model="DSJ-A1",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "subclass", "says", "told"),
    [
        (b"06", b"01", b"MTP", "mtp"),
        (b"06", b"01", b"Android MTP", "mtp"),
        (b"06", b"01", b"", "ptp"),
        (b"06", b"01", b"Still Image", "ptp"),
        (b"ff", b"ff", b"MTP", "mtp"),
        (b"ff", b"42", b"ADB Interface", None),
        (b"08", b"06", b"", "mass_storage"),
        (b"03", b"01", b"", None),
        (b"09", b"00", b"", None),
    ],
)
def test_kinds_are_told_by_interface(
    tree: SysTree, kind: bytes, subclass: bytes, says: bytes, told: str | None
) -> None:
    at = tree.interface(tree.plug("1-1"), kind=kind, subclass=subclass, says=says)
    tree.disk(at, "sdb")
    assert [recorder.kind for recorder in present(tree)] == ([told] if told else [])


def test_a_recorder_that_is_both_speaks_mtp(tree: SysTree) -> None:
    device = tree.storage("1-1")
    tree.disk(device / "1-1:1.0", "sdb")
    tree.interface(device, kind=b"06", says=b"MTP")
    assert [(r.kind, r.blocks) for r in present(tree)] == [("mtp", ())]


def test_a_plain_camera_that_is_also_a_disk_is_read_as_a_disk(tree: SysTree) -> None:
    device = tree.storage("1-1")
    tree.disk(device / "1-1:1.0", "sdb")
    tree.interface(device, kind=b"06")
    assert [r.kind for r in present(tree)] == ["mass_storage"]


def test_two_recorders_with_one_serial_are_both_told(tree: SysTree) -> None:
    tree.mtp("1-1", serial=b"SAME")
    tree.mtp("1-2", address=3, serial=b"SAME")
    assert [(r.serial, r.port) for r in present(tree)] == [("SAME", "1-1"), ("SAME", "1-2")]


def test_the_others_of_a_serial_are_told_at_once(tree: SysTree) -> None:
    for port in ("1-1", "1-2"):
        tree.mtp(port, address=int(port[-1]), serial=b"SAME")
    tree.mtp("1-3", address=3, serial=b"OTHER")
    assert [recorder.port for recorder in twins("SAME", "1-1", tree.root)] == ["1-2"]
    assert twins("OTHER", "1-3", tree.root) == []
    assert twins("SAME", "1-1", tree.root / "nowhere") == []


def test_a_hub_between_is_no_recorder_and_hides_none(tree: SysTree) -> None:
    hub = tree.plug("1-1")
    tree.interface(hub, kind=b"09", subclass=b"00")
    camera = tree.storage("1-1.4", address=5)
    tree.disk(camera / "1-1.4:1.0", "sdb")
    assert [(r.port, r.blocks) for r in present(tree)] == [("1-1.4", ("sdb",))]


def test_partitions_hold_file_systems_where_there_are_any(tree: SysTree) -> None:
    device = tree.storage("1-1")
    disk = tree.disk(device / "1-1:1.0", "sdb")
    for number in (1, 2, 10):
        tree.partition(disk, number)
    tree.partition(disk, 3, size=1024)  # an extended partition
    assert present(tree)[0].blocks == ("sdb1", "sdb2", "sdb10")


def test_volumes_are_in_the_order_of_the_recorder_not_of_the_kernels_names(tree: SysTree) -> None:
    device = tree.storage("1-1")
    tree.disk(device / "1-1:1.0", "sdc", lun=0)
    tree.disk(device / "1-1:1.0", "sdb", lun=1)
    assert present(tree)[0].blocks == ("sdc", "sdb")


def test_another_devices_disk_is_not_taken_for_its_own(tree: SysTree) -> None:
    for port, name in (("1-1", "sdb"), ("1-11", "sdc")):
        tree.disk(tree.storage(port) / f"{port}:1.0", name)
    tree.disk(tree.root / "devices/pci0000:00/ata1", "sda")
    assert [(r.port, r.blocks) for r in present(tree)] == [("1-1", ("sdb",)), ("1-11", ("sdc",))]


def test_a_made_up_cd_with_drivers_is_no_volume(tree: SysTree) -> None:
    device = tree.storage("1-1")
    tree.disk(device / "1-1:1.0", "sr0", lun=0)
    tree.disk(device / "1-1:1.0", "sdb", lun=1)
    assert present(tree)[0].blocks == ("sdb",)


def test_foreign_text_is_shown_without_harm(tree: SysTree) -> None:
    tree.mtp(
        "1-1",
        serial=b"\x1b[2J\xff\x00A" + b"z" * 9000,
        manufacturer=b"  \t ",
        product=b"\xed\xa0\x80",
    )
    (recorder,) = present(tree)
    assert recorder.serial is not None
    assert recorder.serial.startswith("\\x1b[2J\\xff\\x00Azzz")
    assert len(recorder.serial) < 1100
    assert recorder.make is None
    assert recorder.model == "\\xed\\xa0\\x80"


def test_a_device_that_is_not_whole_yet_is_passed_over(tree: SysTree) -> None:
    (tree.mtp("1-1") / "devnum").unlink()
    (tree.mtp("1-2") / "idVendor").write_bytes(b"soon")
    assert present(tree) == []


def test_a_machine_without_usb_has_no_recorders(tmp_path: Path) -> None:
    with Watcher(sysfs=tmp_path / "nothing", poll=0.01) as watch:
        assert watch.present() == []
        assert watch.wait(0.02) == []


def test_a_plug_ends_the_wait(tree: SysTree) -> None:
    with watcher(tree) as watch:
        assert watch.present() == []
        plugging = threading.Timer(0.05, tree.mtp, ["1-1"])
        plugging.start()
        began = time.monotonic()
        assert [r.port for r in watch.wait(5)] == ["1-1"]
        assert time.monotonic() - began < 2
        plugging.join()


def test_a_pull_ends_the_wait(tree: SysTree) -> None:
    device = tree.mtp("1-1")
    with watcher(tree) as watch:
        assert len(watch.present()) == 1
        tree.pull(device)
        assert watch.wait(5) == []


def test_nothing_new_waits_for_the_whole_time(tree: SysTree) -> None:
    tree.mtp("1-1")
    with watcher(tree) as watch:
        before = watch.present()
        began = time.monotonic()
        assert watch.wait(0.1) == before
        assert time.monotonic() - began >= 0.1


def test_a_replug_is_told_by_its_address(tree: SysTree) -> None:
    device = tree.mtp("1-1", address=2)
    with watcher(tree) as watch:
        watch.present()
        tree.pull(device)
        tree.mtp("1-1", address=3)
        assert [r.address for r in watch.wait(5)] == [3]


def test_a_disk_is_told_when_its_partition_is_there(tree: SysTree) -> None:
    device = tree.storage("1-1")
    with watcher(tree) as watch:
        assert watch.present() == []
        assert watch.settling
        tree.partition(tree.disk(device / "1-1:1.0", "sdb"), 1)
        assert [r.blocks for r in watch.wait(5)] == [("sdb1",)]
        assert not watch.settling


def test_a_second_card_is_waited_for(tree: SysTree) -> None:
    device = tree.storage("1-1")
    interface = device / "1-1:1.0"
    tree.unit(interface, lun=0)
    tree.unit(interface, lun=1)
    tree.unit(interface, lun=2, kind=b"5")  # a made-up CD, whose block device is not our concern
    tree.disk(interface, "sdb", lun=0)
    tree.unit(tree.storage("1-2") / "1-2:1.0", lun=0, host=3)  # another recorder's
    with watcher(tree, patience=60) as watch:
        assert watch.present() == []
        tree.disk(interface, "sdc", lun=1)
        assert [r.blocks for r in watch.wait(5)] == [("sdb", "sdc")]


def test_a_reader_without_a_card_is_told_after_a_while(tree: SysTree) -> None:
    tree.disk(tree.storage("1-1") / "1-1:1.0", "sdb", size=0)
    with watcher(tree, patience=0.1) as watch:
        assert watch.present() == []
        assert [r.blocks for r in watch.wait(5)] == [()]


def test_strangers_are_what_is_neither_hub_nor_recorder(tree: SysTree) -> None:
    assert strangers(tree.root) == frozenset()
    tree.interface(tree.plug("1-1", address=2, bDeviceClass=b"09"), kind=b"09")
    tree.mtp("1-1.1", address=3)
    tree.disk(tree.storage("1-1.2", address=4) / "1-1.2:1.0", "sdz")
    tree.storage("1-1.3", address=5)
    tree.interface(tree.plug("1-1.4", address=6), kind=b"ff")
    tree.interface(tree.plug("1-2", address=7), kind=b"03")
    tree.plug("1-3", address=8, bDeviceClass=b"\xff\0nonsense")
    assert strangers(tree.root) == {("1-1.3", 5), ("1-1.4", 6), ("1-2", 7), ("1-3", 8)}
