"""USB disks with real cables and file systems: QEMU's usb-storage, and the kernel's gadget for what it cannot do."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.clips import FoundClip
from devices.errors import (
    ClipUnreadableError,
    DeviceError,
    MountError,
    NotErasableError,
    SourceGoneError,
)
from devices.massstorage.mountinfo import mounts
from devices.opening import open_source
from devices.recorder import Reader, Recorder
from tests.fakes.images import MEGABYTE, blank, make
from tests.usb.guest.conftest import Cable
from tests.usb.lab.disks import DiskGadget, failing, fill, partitioned
from tests.usb.shelf import pattern

ZONE = ZoneInfo("Asia/Shanghai")
FILES = {
    "DCIM/执法记录仪/DCAM_A0001_012345_20240229_131415_IMP.mp4": pattern("imp", 3 * MEGABYTE + 7),
    "DCIM/执法记录仪/询问室 — 第二段.mp4": pattern("second", 1012),
    "DCIM/100MEDIA/long.mp4": pattern("long", 8 * MEGABYTE),
    "empty.log": b"",
}
KINDS = [("card0", "vfat"), ("card1", "exfat")]
Disks = Callable[..., DiskGadget]


@pytest.fixture
def disks() -> Iterator[Disks]:
    """`disks(images, serial=...)`: a USB device with these disks. At the end all are gone."""
    # ext4 asks for its checksums by an alias that busybox' modprobe does not know.
    subprocess.run(["modprobe", "-a", "loop", "crc32c_generic", "ext4"], check=False)
    made: list[DiskGadget] = []

    def give(*images: Path, serial: str, write_protected: bool = False) -> DiskGadget:
        # One of an earlier test that is still going would be its twin.
        settled(serial, there=False)
        made.append(
            DiskGadget(images, serial=serial, write_protected=write_protected, number=len(made))
        )
        settled(serial, there=True)
        return made[-1]

    yield give
    for each in made:
        each.close()


def settled(serial: str, *, there: bool) -> None:
    """Wait until the kernel has a device of this serial, or none any more; the machine may be busy."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        found = False
        for device in Path("/sys/bus/usb/devices").glob("*-*"):
            with suppress(OSError):  # it is just going
                found |= (device / "serial").read_text().strip() == serial
        if found == there:
            return
        time.sleep(0.05)
    raise AssertionError(f"{serial}: {'not there' if there else 'still there'} after a minute")


def node_of(serial: str) -> Path:
    """The disk of a USB device, as soon as the kernel has it."""
    ends = time.monotonic() + 60  # the machine around the guest may be busy
    while time.monotonic() < ends:
        for device in Path("/sys/bus/usb/devices").glob("*-*"):
            with suppress(OSError):  # it is just going
                if (device / "serial").read_text().strip() != serial:
                    continue
                for disk in device.glob("*/host*/target*/*/block/*"):
                    if int((disk / "size").read_text()):
                        return Path("/dev") / disk.name
        time.sleep(0.05)
    raise AssertionError(f"{serial} has no disk")


def digest(node: Path) -> str:
    """SHA-256 of what is on the medium, not of what is in memory."""
    if node.is_block_device():
        subprocess.run(["blockdev", "--flushbufs", node], check=True)
    with node.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(recorder: Recorder, path: str) -> bytes:
    clip = next(clip for clip in recorder.list().clips if clip.path == path.encode())
    reader = recorder.open(clip)
    found = bytearray()
    try:
        drain(reader, found)
    finally:
        reader.close()
    return bytes(found)


def drain(reader: Reader, into: bytearray, *, step: int = MEGABYTE) -> None:
    """Read on to the end; what came before an error is kept."""
    buffer = bytearray(step)
    while count := reader.read_into(memoryview(buffer)):
        into += buffer[:count]


def read_all(recorder: Recorder, clips: list[FoundClip]) -> None:
    for clip in clips:
        read(recorder, clip.path.decode())


def ours() -> list[bytes]:
    return [mount.at for mount in mounts() if b"/muniment" in mount.at]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_disk_is_read_by_its_serial_and_nothing_is_written_to_it(
    name: str, kind: str, cable: Callable[[str], Cable]
) -> None:
    node = make(node_of(name.upper()), kind, label="BWC")
    fill(node, kind, FILES)
    cable(name).unplug()
    cable(name).plug()
    before = digest(node_of(name.upper()))
    recorder = open_source(f"usb:{name.upper()}", zone=ZONE)
    assert recorder.facts.serial == name.upper()
    assert recorder.facts.port is not None
    assert {mount.kind for mount in mounts() if b"/muniment" in mount.at} == {kind}
    assert recorder.list().refused == []
    assert {clip.path.decode() for clip in recorder.list().clips} == FILES.keys()
    for path, content in FILES.items():
        assert read(recorder, path) == content
    with pytest.raises(NotErasableError):
        recorder.erase(recorder.list().clips[0])
    recorder.close()
    assert ours() == []
    assert digest(node_of(name.upper())) == before


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_pull_in_the_middle_is_a_recorder_that_is_gone(
    name: str, kind: str, cable: Callable[[str], Cable]
) -> None:
    fill(make(node_of(name.upper()), kind), kind, FILES)
    cable(name).unplug()
    cable(name).plug()
    node_of(name.upper())
    recorder = open_source(f"usb:{name.upper()}", zone=ZONE)
    clip = next(c for c in recorder.list().clips if c.path.endswith(b"long.mp4"))
    reader = recorder.open(clip)
    assert reader.read_into(memoryview(bytearray(MEGABYTE)))
    cable(name).unplug()
    with pytest.raises(SourceGoneError):
        drain(reader, bytearray())
    assert not recorder.is_there()
    with pytest.raises(SourceGoneError):
        recorder.list()
    reader.close()
    recorder.close()
    assert ours() == []
    cable(name).plug()
    node_of(name.upper())
    again = open_source(f"usb:{name.upper()}", zone=ZONE)
    assert read(again, "DCIM/100MEDIA/long.mp4") == FILES["DCIM/100MEDIA/long.mp4"]
    again.close()


def test_a_pull_between_listing_and_reading_is_no_damaged_card(
    cable: Callable[[str], Cable],
) -> None:
    fill(make(node_of("CARD0"), "vfat"), "vfat", FILES)
    node_of("CARD0")
    recorder = open_source("usb:CARD0", zone=ZONE)
    clips = recorder.list().clips
    cable("card0").unplug()
    with pytest.raises(SourceGoneError):
        read_all(recorder, clips)
    recorder.close()


def test_several_disks_and_partitions_are_folders(tmp_path: Path, disks: Disks) -> None:
    card = blank(tmp_path / "card")
    parts = partitioned(card, sizes=[40 * MEGABYTE, 34 * MEGABYTE])
    for number, start in enumerate(parts):
        part = make(
            blank(tmp_path / f"part{number}", megabytes=(40, 34)[number]),
            "vfat",
            label=f"P{number}",
        )
        fill(part, "vfat", {f"clip{number}.mp4": b"x"})
        with card.open("r+b") as file:
            file.seek(start)
            file.write(part.read_bytes())
    internal = make(blank(tmp_path / "internal"), "exfat", label="内置存储")
    fill(internal, "exfat", {"内.mp4": b"y"})
    disks(internal, card, serial="TWO")
    recorder = open_source("usb:TWO", zone=ZONE)
    assert [clip.path.decode() for clip in recorder.list().clips] == [
        *("P0/clip0.mp4", "P1/clip1.mp4", "内置存储/内.mp4")
    ]
    assert read(recorder, "内置存储/内.mp4") == b"y"
    recorder.close()


@pytest.mark.parametrize("kind", ["vfat", "exfat", "ext4"])
def test_a_clip_is_erased_and_the_card_is_clean_afterwards(
    kind: str, tmp_path: Path, disks: Disks
) -> None:
    image = make(blank(tmp_path / "card"), kind)
    fill(image, kind, {"DCIM/a.mp4": b"a" * 100_000, "DCIM/b.mp4": b"b"})
    disks(image, serial="ERASE")
    recorder = open_source("usb:ERASE", zone=ZONE)
    clips = {clip.path: clip for clip in recorder.list().clips}
    with recorder.releasing():
        recorder.erase(clips[b"DCIM/a.mp4"])
    assert all(mount.read_only for mount in mounts() if b"/muniment" in mount.at)
    assert {c.path for c in recorder.list().clips} == clips.keys() - {b"DCIM/a.mp4"}
    assert read(recorder, "DCIM/b.mp4") == b"b"
    recorder.close()
    check = {"vfat": "fsck.vfat", "exfat": "fsck.exfat", "ext4": "e2fsck"}[kind]
    found = subprocess.run([check, "-n", image], check=False, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_a_write_protected_card_is_read_and_cannot_be_erased_from(
    tmp_path: Path, disks: Disks
) -> None:
    image = make(blank(tmp_path / "card"), "vfat")
    fill(image, "vfat", {"a.mp4": b"a"})
    disks(image, serial="LOCKED", write_protected=True)
    recorder = open_source("usb:LOCKED", zone=ZONE)
    assert read(recorder, "a.mp4") == b"a"
    with pytest.raises(NotErasableError, match="write-protected"), recorder.releasing():
        raise AssertionError
    recorder.close()


@pytest.mark.parametrize("kind", ["vfat", "exfat"])
def test_a_failing_block_in_a_clip_is_that_clips_fault(
    kind: str, tmp_path: Path, disks: Disks
) -> None:
    clip = os.urandom(4 * MEGABYTE)
    image = make(blank(tmp_path / "card"), kind)
    fill(image, kind, {"bad.mp4": clip, "good.mp4": b"good"})
    bad = 2 * MEGABYTE
    place = image.read_bytes().find(clip[bad : bad + 512])
    with failing(image, at=place, length=4096) as node:
        gadget = disks(node, serial="FAILING")
        node_of("FAILING")
        recorder = open_source("usb:FAILING", zone=ZONE)
        found, buffer = bytearray(), bytearray(65536)
        listed = {c.path: c for c in recorder.list().clips}
        reader = recorder.open(listed[b"bad.mp4"])
        with pytest.raises(ClipUnreadableError):
            drain(reader, found, step=len(buffer))
        assert found == clip[: len(found)]
        assert bad - len(buffer) <= len(found) <= bad
        reader.seek(bad + 65536)
        assert reader.read_into(memoryview(buffer)) == len(buffer)
        assert buffer == clip[bad + 65536 :][: len(buffer)]
        reader.close()
        assert recorder.is_there()
        assert read(recorder, "good.mp4") == b"good"
        recorder.close()
        gadget.close()


def test_a_failing_block_in_a_folder_is_said(tmp_path: Path, disks: Disks) -> None:
    """The kernel's FAT passes over such a block in silence."""
    image = make(blank(tmp_path / "card"), "vfat")
    fill(image, "vfat", {f"DCIM/clip{number:04}.mp4": b"x" for number in range(200)})
    place = image.read_bytes().rfind(b"CLIP0150MP4") // 512 * 512
    with failing(image, at=place, length=512) as node:
        gadget = disks(node, serial="FAILING")
        node_of("FAILING")
        recorder = open_source("usb:FAILING", zone=ZONE)
        listing = recorder.list()
        assert 100 < len(listing.clips) < 200
        assert [(entry.path, entry.code) for entry in listing.refused] == [(b".", "listing_failed")]
        recorder.close()
        gadget.close()


def test_a_time_on_fat_is_the_recorders_own(tmp_path: Path, disks: Disks) -> None:
    image = make(blank(tmp_path / "card"), "vfat")
    fill(image, "vfat", {"a.mp4": b"a"})  # 13:14:16 on the card, which names no zone
    disks(image, serial="CLOCK")
    recorder = open_source("usb:CLOCK", zone=ZONE)
    (clip,) = recorder.list().clips
    recorder.close()
    when = datetime.fromtimestamp(clip.mtime_ns / 1e9, UTC)
    assert when == datetime(2024, 2, 29, 13, 14, 16, tzinfo=ZONE)


def test_a_time_on_exfat_is_the_one_it_names(tmp_path: Path, disks: Disks) -> None:
    image = make(blank(tmp_path / "card"), "exfat")
    fill(image, "exfat", {"a.mp4": b"a"})
    silent = blank(tmp_path / "silent")
    silent.write_bytes(without_zones(image.read_bytes()))
    disks(image, serial="CLOCK")
    disks(silent, serial="SILENT")
    times = []
    for serial in ("CLOCK", "SILENT"):
        recorder = open_source(f"usb:{serial}", zone=ZONE)
        (clip,) = recorder.list().clips
        times.append(datetime.fromtimestamp(clip.mtime_ns / 1e9, UTC))
        recorder.close()
    assert times == [
        datetime(2024, 2, 29, 13, 14, 16, tzinfo=UTC),
        datetime(2024, 2, 29, 13, 14, 16, tzinfo=ZONE),
    ]


def without_zones(image: bytes) -> bytes:
    """The image, its file's times naming no zone any more (exFAT specification 1.00, 7.4.10)."""
    name = image.find("a.mp4".encode("utf-16-le"))
    entry = image.rfind(b"\x85", 0, name - 32)
    changed = bytearray(image)
    for field in (22, 23, 24):
        changed[entry + field] = 0
    checksum = 0
    for number, byte in enumerate(changed[entry : entry + 96]):  # 6.3.3
        if number not in {2, 3}:
            checksum = ((checksum << 15 | checksum >> 1) + byte) & 0xFFFF
    changed[entry + 2 : entry + 4] = checksum.to_bytes(2, "little")
    return bytes(changed)


def test_a_disk_that_a_desktop_has_mounted_is_refused(tmp_path: Path, disks: Disks) -> None:
    image = make(blank(tmp_path / "card"), "vfat")
    disks(image, serial="TAKEN")
    desktop = tmp_path / "media"
    desktop.mkdir()
    subprocess.run(["mount", node_of("TAKEN"), desktop], check=True)
    try:
        with pytest.raises(MountError, match="mounted at"):
            open_source("usb:TAKEN", zone=ZONE)
    finally:
        subprocess.run(["umount", desktop], check=True)


def test_a_disk_of_another_kind_is_refused_by_name(tmp_path: Path, disks: Disks) -> None:
    image = blank(tmp_path / "card")
    with image.open("r+b") as file:
        file.write(b"\xeb\x52\x90NTFS    ")
    disks(image, serial="NTFS")
    with pytest.raises(MountError, match="NTFS"):
        open_source("usb:NTFS", zone=ZONE)


def test_the_disk_node_names_its_recorder(cable: Callable[[str], Cable]) -> None:
    assert cable("card0").plugged
    fill(make(node_of("CARD0"), "vfat"), "vfat", {"a.mp4": b"a"})
    recorder = open_source(str(node_of("CARD0")), zone=ZONE)
    assert recorder.facts.serial == "CARD0"
    assert read(recorder, "a.mp4") == b"a"
    recorder.close()


def test_every_refusal_leaves_nothing_mounted() -> None:
    with pytest.raises(DeviceError):
        open_source("usb:NOBODY", zone=ZONE)
    assert ours() == []
