"""What a person names, opened: folders, disks, and what is plugged in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.errors import MountError, NoRecorderError, NotAFolderError
from devices.opening import open_source
from devices.recorder import Recorder
from tests.fakes.images import blank, loop, make
from tests.fakes.makers import compile_maker
from tests.fakes.sys_tree import SysTree

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def tree(tmp_path: Path) -> SysTree:
    return SysTree(tmp_path / "sys")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "clip.mp4").write_bytes(b"clip")
    image = make(blank(tmp_path / "card", megabytes=8), "ext4", "-d", str(folder))
    with loop(image) as node:
        yield node


def paths(recorder: Recorder) -> list[bytes]:
    return [clip.path for clip in recorder.list().clips if not clip.path.startswith(b"lost+found")]


def test_a_folder_is_a_folder_whatever_is_mounted_there(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    recorder = open_source(str(tmp_path), zone=ZONE)
    assert recorder.facts.transport == "folder"
    assert paths(recorder) == [b"a"]
    recorder.close()


@pytest.mark.parametrize("text", ["/nowhere", "/a\0b", "/dev/null", "./usb:BWC1"])
def test_what_is_no_folder_is_refused(text: str) -> None:
    with pytest.raises(NotAFolderError):
        open_source(text, zone=ZONE)


def test_a_block_device_is_mounted(disk: Path) -> None:
    recorder = open_source(str(disk), zone=ZONE)
    assert recorder.facts.transport == "mass_storage"
    assert recorder.facts.serial is None
    assert paths(recorder) == [b"clip.mp4"]
    recorder.close()


def test_a_block_device_is_known_by_its_usb_device(disk: Path, tree: SysTree) -> None:
    tree.real_disk(disk, tree.storage("1-1.4", serial=b"BWC7", product=b"DSJ") / "1-1.4:1.0")
    recorder = open_source(str(disk), zone=ZONE, sysfs=tree.root)
    assert (recorder.facts.serial, recorder.facts.port) == ("BWC7", "1-1.4")
    recorder.close()


def test_a_recorder_is_opened_by_its_serial_or_its_port(disk: Path, tree: SysTree) -> None:
    tree.real_disk(disk, tree.storage("1-1", serial=b"BWC7") / "1-1:1.0")
    tree.mtp("1-2", address=3, serial=b"BWC8")
    for text in ("usb:BWC7", "usb:1-1"):
        recorder = open_source(text, zone=ZONE, sysfs=tree.root)
        assert (recorder.facts.serial, paths(recorder)) == ("BWC7", [b"clip.mp4"])
        recorder.close()


def test_a_recorder_that_is_not_plugged_in_is_said_by_name(tree: SysTree) -> None:
    tree.mtp("1-1", serial=b"BWC1")
    with pytest.raises(NoRecorderError, match=r"BWC2.*not plugged in"):
        open_source("usb:BWC2", zone=ZONE, sysfs=tree.root)


def test_two_with_one_serial_are_told_apart_by_port(disk: Path, tree: SysTree) -> None:
    tree.real_disk(disk, tree.storage("1-1", serial=b"SAME") / "1-1:1.0")
    tree.mtp("1-2", address=3, serial=b"SAME")
    with pytest.raises(NoRecorderError, match="usb:1-1 and usb:1-2"):
        open_source("usb:SAME", zone=ZONE, sysfs=tree.root)
    recorder = open_source("usb:1-1", zone=ZONE, sysfs=tree.root)
    assert paths(recorder) == [b"clip.mp4"]
    recorder.close()


def test_a_reader_without_a_card_says_so(tree: SysTree) -> None:
    tree.disk(tree.storage("1-1", serial=b"BWC1") / "1-1:1.0", "sdz", size=0)
    with pytest.raises(MountError, match="no card"):
        open_source("usb:BWC1", zone=ZONE, sysfs=tree.root, patience=0.7)


def test_a_disk_that_was_only_just_plugged_in_is_waited_for(disk: Path, tree: SysTree) -> None:
    device = tree.storage("1-1", serial=b"BWC1")
    plugging = threading.Timer(0.8, tree.real_disk, [disk, device / "1-1:1.0"])
    plugging.start()
    recorder = open_source("usb:BWC1", zone=ZONE, sysfs=tree.root)
    plugging.join()
    assert paths(recorder) == [b"clip.mp4"]
    recorder.close()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A maker's, with its recorder plugged in."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "waiting").touch()
    return compile_maker(tmp_path, "SWITCHES")


def test_a_recorder_that_only_its_makers_library_sees_is_switched_and_opened(
    disk: Path, tree: SysTree, library: Path
) -> None:
    home = library.parent

    def come() -> None:
        while not (home / "switched").exists():
            time.sleep(0.02)
        tree.real_disk(disk, tree.storage("1-3", address=8, serial=b"0001") / "1-3:1.0")

    coming = threading.Thread(target=come)
    coming.start()
    recorder = open_source("usb:A123456", zone=ZONE, sysfs=tree.root, library=library)
    coming.join()
    facts = recorder.facts
    assert (facts.transport, facts.serial, facts.second_serial) == ("gat947", "0001", "A123456")
    assert (facts.badge, facts.unit, facts.battery, facts.port) == (
        "012345",
        "330100000001",
        87,
        "1-3",
    )
    assert paths(recorder) == [b"clip.mp4"]
    recorder.close()
    assert "SyncDevTime" not in (home / "calls").read_text("gbk")


def test_another_recorder_of_a_makers_library_is_left_as_it_is(
    tree: SysTree, library: Path
) -> None:
    with pytest.raises(NoRecorderError, match=r"A9.*not plugged in"):
        open_source("usb:A9", zone=ZONE, sysfs=tree.root, library=library)
    assert (library.parent / "waiting").exists()
    (library.parent / "waiting").unlink()
    with pytest.raises(NoRecorderError, match=r"A123456.*not plugged in"):
        open_source("usb:A123456", zone=ZONE, sysfs=tree.root, library=library)
