"""A disk as a recorder: real ext4 on loop devices. FAT32, exFAT, USB and its cable are in tests/usb."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.errors import (
    ClipChangedError,
    ClipUnreadableError,
    MountError,
    NotErasableError,
    SourceGoneError,
)
from devices.hotplug import Plugged
from devices.massstorage import MassStorageRecorder
from devices.massstorage.mountinfo import mounts
from devices.massstorage.places import clean
from devices.recorder import RecorderFacts
from tests.fakes.images import MEGABYTE, blank, loop, make
from tests.fakes.sys_tree import SysTree

ZONE = ZoneInfo("Asia/Shanghai")
FILES = {"DCIM/执法/a.mp4": b"a" * MEGABYTE, "DCIM/b.mp4": b"bb", "empty": b""}


def card(image: Path, files: dict[str, bytes] | None = None, label: str | None = None) -> Path:
    """An image with these files on it."""
    folder = image.with_suffix(".files")
    for name, content in (FILES if files is None else files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    # Without checksums, so that tests can change a field.
    make(blank(image, megabytes=16), "ext4", "-O", "^metadata_csum", "-d", str(folder), label=label)
    return image


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "mounts"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with loop(card(tmp_path / "card")) as node:
        yield node


@pytest.fixture
def opened(base: Path) -> Iterator[Callable[..., MassStorageRecorder]]:
    """Opens nodes as one recorder; at the end all are closed."""
    made: list[MassStorageRecorder] = []

    def give(
        *nodes: Path, plugged: Plugged | None = None, sys_folder: Path = Path("/sys")
    ) -> MassStorageRecorder:
        names = [node.name for node in nodes]
        made.append(
            MassStorageRecorder(names, zone=ZONE, plugged=plugged, sys_folder=sys_folder, base=base)
        )
        return made[-1]

    yield give
    for recorder in made:
        recorder.close()
    for at in mounted(base):  # what a test that failed has left
        subprocess.run(["umount", "--lazy", at], check=False)


Opened = Callable[..., MassStorageRecorder]


def content(recorder: MassStorageRecorder) -> dict[str, bytes]:
    found = {}
    for clip in recorder.list().clips:
        with recorder.open(clip) as reader:
            buffer = bytearray(clip.size + 1)
            at = 0
            while count := reader.read_into(memoryview(buffer)[at:]):
                at += count
            found[clip.path.decode()] = bytes(buffer[:at])
    return found


def digest(node: Path) -> str:
    subprocess.run(["sync", node], check=True)
    with node.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mounted(base: Path) -> list[bytes]:
    return [mount.at for mount in mounts() if mount.at.startswith(os.fsencode(base))]


def plugged(port: str, serial: str | None = "BWC1", address: int = 2) -> Plugged:
    return Plugged(
        port=port, kind="mass_storage", serial=serial, vendor=1, product=2, bus=1, address=address,
        make="Maker", model="DSJ",
    )  # fmt: skip


@contextmanager
def failing(counter: Path) -> Iterator[None]:
    """The kernel counts another failure whenever it is asked."""
    counter.unlink()
    os.mkfifo(counter)
    ended = threading.Event()

    def count() -> None:
        number = 0
        while not ended.is_set():
            with suppress(OSError):
                fd = os.open(counter, os.O_WRONLY | os.O_NONBLOCK)
                os.write(fd, hex(number).encode())
                os.close(fd)
                number += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    counter.unlink()
    counter.write_bytes(b"0x9")


def test_a_disk_is_read_like_a_folder(disk: Path, opened: Opened) -> None:
    recorder = opened(disk)
    assert content(recorder) == FILES
    assert recorder.list().refused == []
    assert recorder.is_there()
    assert recorder.facts.transport == "mass_storage"
    assert recorder.facts.capacity is not None
    assert 0 < (recorder.facts.free or 0) < recorder.facts.capacity < 16 * MEGABYTE
    assert not recorder.set_clock()


def test_nothing_is_written_to_it(disk: Path, opened: Opened) -> None:
    before = digest(disk)
    recorder = opened(disk)
    content(recorder)
    with pytest.raises(NotErasableError):
        recorder.erase(recorder.list().clips[0])
    recorder.close()
    assert digest(disk) == before


def test_it_is_mounted_where_only_we_can_look_and_never_to_run_or_write(
    disk: Path, base: Path, opened: Opened
) -> None:
    recorder = opened(disk)
    (at,) = mounted(base)
    flags = os.statvfs(at).f_flag
    assert flags & os.ST_RDONLY
    assert flags & os.ST_NOEXEC
    assert flags & os.ST_NOSUID
    assert flags & os.ST_NODEV
    assert flags & os.ST_NOATIME
    for folder in (base, Path(os.fsdecode(at)).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    recorder.close()
    recorder.close()
    assert mounted(base) == []
    assert list(base.iterdir()) == []


def test_a_reader_left_open_does_not_keep_it_mounted(
    disk: Path, base: Path, opened: Opened
) -> None:
    recorder = opened(disk)
    with recorder.open(recorder.list().clips[0]):
        recorder.close()
        assert mounted(base) == []


def test_a_disk_that_is_mounted_already_is_refused(
    disk: Path, opened: Opened, tmp_path: Path
) -> None:
    desktop = tmp_path / "media"
    desktop.mkdir()
    subprocess.run(["mount", disk, desktop], check=True)
    try:
        with pytest.raises(MountError, match=f"mounted at {desktop} already"):
            opened(disk)
    finally:
        subprocess.run(["umount", desktop], check=True)


def test_what_is_no_file_system_is_refused_by_name(
    tmp_path: Path, base: Path, opened: Opened
) -> None:
    with (
        loop(blank(tmp_path / "card", megabytes=1)) as node,
        pytest.raises(MountError, match="empty"),
    ):
        opened(node)
    assert list(base.iterdir()) == []


def test_a_damaged_file_system_is_refused(tmp_path: Path, base: Path, opened: Opened) -> None:
    image = card(tmp_path / "card")
    with image.open("r+b") as file:
        file.seek(2048)
        file.write(b"\xff" * 65536)  # the group descriptors, and more
    with loop(image) as node, pytest.raises(MountError):
        opened(node)
    assert mounted(base) == []


def test_a_card_reader_without_a_card_is_refused(opened: Opened) -> None:
    with pytest.raises(MountError, match="no card"):
        opened()


def test_several_volumes_are_folders_named_after_their_labels(
    tmp_path: Path, opened: Opened
) -> None:
    with (
        loop(card(tmp_path / "one", {"x": b"1"}, label="内置")) as one,
        loop(card(tmp_path / "two", {"y": b"2", "DCIM/z": b"3"})) as two,
    ):
        recorder = opened(one, two)
        assert content(recorder) == {"内置/x": b"1", "volume-2/y": b"2", "volume-2/DCIM/z": b"3"}
        paths = [clip.path for clip in recorder.list().clips]
        assert paths == sorted(paths)
        recorder.close()


def test_a_volume_that_cannot_be_read_is_said_and_hides_no_other(
    tmp_path: Path, opened: Opened
) -> None:
    with loop(card(tmp_path / "one", {"x": b"1"})) as one, loop(blank(tmp_path / "two")) as two:
        recorder = opened(one, two)
        assert content(recorder) == {"volume-1/x": b"1"}
        (refused,) = recorder.list().refused
        assert (refused.path, refused.code) == (b"volume-2", "unreadable_folder")
        assert "empty" in refused.reason
        recorder.close()


def test_an_ext4_whose_journal_is_not_played_back_says_what_may_be_missing(
    tmp_path: Path, opened: Opened
) -> None:
    image = card(tmp_path / "card")
    with image.open("r+b") as file:
        file.seek(1120)
        (features,) = struct.unpack("<I", file.read(4))
        file.seek(1120)
        file.write(struct.pack("<I", features | 0x4))
    with loop(image) as node:
        before = digest(node)
        recorder = opened(node)
        assert content(recorder) == FILES
        (refused,) = recorder.list().refused
        assert (refused.path, refused.code) == (b".", "listing_failed")
        with pytest.raises(NotErasableError, match="cleanly"), recorder.releasing():
            raise AssertionError
        recorder.close()
        assert digest(node) == before


def test_a_clip_is_erased_only_while_releasing(disk: Path, base: Path, opened: Opened) -> None:
    recorder = opened(disk)
    clips = {clip.path: clip for clip in recorder.list().clips}
    with pytest.raises(NotErasableError):
        recorder.erase(clips[b"DCIM/b.mp4"])
    with recorder.releasing():
        recorder.erase(clips[b"DCIM/b.mp4"])
    assert os.statvfs(mounted(base)[0]).f_flag & os.ST_RDONLY
    with pytest.raises(NotErasableError):
        recorder.erase(clips[b"empty"])
    recorder.close()
    again = opened(disk)
    assert content(again).keys() == FILES.keys() - {"DCIM/b.mp4"}


def test_another_file_is_never_erased(disk: Path, base: Path, opened: Opened) -> None:
    recorder = opened(disk)
    clip = next(clip for clip in recorder.list().clips if clip.path == b"DCIM/b.mp4")
    with recorder.releasing():
        at = Path(os.fsdecode(mounted(base)[0]))
        (at / "DCIM/b.mp4").write_bytes(b"grown since")
        with pytest.raises(ClipChangedError):
            recorder.erase(clip)
    assert content(recorder)["DCIM/b.mp4"] == b"grown since"


def test_it_is_read_only_again_also_when_erasing_fails(
    disk: Path, base: Path, opened: Opened
) -> None:
    recorder = opened(disk)

    def fail() -> None:
        with recorder.releasing():
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert os.statvfs(mounted(base)[0]).f_flag & os.ST_RDONLY


def test_a_write_protected_card_cannot_be_erased_from(tmp_path: Path, opened: Opened) -> None:
    with loop(card(tmp_path / "card"), writable=False) as node:
        recorder = opened(node)
        assert content(recorder) == FILES
        with pytest.raises(NotErasableError, match="write-protected"), recorder.releasing():
            raise AssertionError
        recorder.close()


def test_what_a_killed_run_left_mounted_is_cleaned_up(
    disk: Path, base: Path, opened: Opened
) -> None:
    killed = (
        "import os, sys, signal; from pathlib import Path; from zoneinfo import ZoneInfo;"
        "from devices.massstorage import MassStorageRecorder as M;"
        f"m = M([{disk.name!r}], zone=ZoneInfo('UTC'), base=Path({str(base)!r}));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", killed], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(mounted(base)) == 1
    recorder = opened(disk)
    assert content(recorder) == FILES
    assert len(mounted(base)) == 1
    recorder.close()
    assert list(base.iterdir()) == []


def test_what_a_living_run_has_mounted_is_left_alone(
    disk: Path, base: Path, opened: Opened
) -> None:
    recorder = opened(disk)
    clean(base)
    assert content(recorder) == FILES


def test_a_folder_that_others_may_enter_is_not_mounted_in(
    disk: Path, base: Path, opened: Opened
) -> None:
    base.mkdir(mode=0o755)
    base.chmod(0o755)
    with pytest.raises(MountError, match="ours alone"):
        opened(disk)


def test_facts_are_those_of_the_usb_device(disk: Path, opened: Opened, tmp_path: Path) -> None:
    tree = SysTree(tmp_path / "sys")
    device = tree.storage("1-2", address=2)
    tree.real_disk(disk, device / "1-2:1.0")
    recorder = opened(disk, plugged=plugged("1-2"), sys_folder=tree.root)
    room = (recorder.facts.capacity, recorder.facts.free)
    assert recorder.facts == RecorderFacts(
        transport="mass_storage",
        serial="BWC1",
        make="Maker",
        model="DSJ",
        port="1-2",
        capacity=room[0],
        free=room[1],
    )
    assert recorder.name == "Maker DSJ"


def test_a_pull_is_told_from_a_card_that_fails(disk: Path, opened: Opened, tmp_path: Path) -> None:
    tree = SysTree(tmp_path / "sys")
    device = tree.storage("1-2", address=2)
    tree.real_disk(disk, device / "1-2:1.0")
    recorder = opened(disk, plugged=plugged("1-2"), sys_folder=tree.root)
    clip = next(clip for clip in recorder.list().clips if clip.path == b"DCIM/b.mp4")
    folder_fd = recorder.open(clip)
    folder_fd.close()
    unreadable = memoryview(bytearray(1))
    with pytest.raises(ClipUnreadableError):  # a closed file: reading fails, and the disk is there
        folder_fd.read_into(unreadable)
    tree.pull(device)
    assert not recorder.is_there()
    with pytest.raises(SourceGoneError, match="Maker DSJ"):
        folder_fd.read_into(unreadable)
    with pytest.raises(SourceGoneError):
        recorder.list()
    with pytest.raises(SourceGoneError):
        recorder.open(clip.__class__(path=b"gone", size=1, mtime_ns=0, dev=clip.dev, ino=1))


def test_a_pull_that_the_kernel_tells_late_is_a_pull(
    disk: Path, opened: Opened, tmp_path: Path
) -> None:
    tree = SysTree(tmp_path / "sys")
    device = tree.storage("1-2", address=2)
    tree.real_disk(disk, device / "1-2:1.0")
    recorder = opened(disk, plugged=plugged("1-2"), sys_folder=tree.root)
    reader = recorder.open(recorder.list().clips[0])
    reader.close()  # so that reading fails at once
    pulling = threading.Timer(0.1, tree.pull, [device])
    pulling.start()
    with pytest.raises(SourceGoneError):
        reader.read_into(memoryview(bytearray(1)))
    pulling.join()


def test_a_replug_at_the_same_port_is_another_recorder(
    disk: Path, opened: Opened, tmp_path: Path
) -> None:
    tree = SysTree(tmp_path / "sys")
    device = tree.storage("1-2", address=2)
    tree.real_disk(disk, device / "1-2:1.0")
    recorder = opened(disk, plugged=plugged("1-2"), sys_folder=tree.root)
    (device / "devnum").write_bytes(b"3\n")
    assert not recorder.is_there()


def test_a_card_taken_out_of_its_reader_is_gone(disk: Path, opened: Opened, tmp_path: Path) -> None:
    tree = SysTree(tmp_path / "sys")
    device = tree.storage("1-2", address=2)
    tree.real_disk(disk, device / "1-2:1.0")
    recorder = opened(disk, plugged=plugged("1-2"), sys_folder=tree.root)
    (tree.root / "class/block" / disk.name / "size").write_bytes(b"0\n")
    with pytest.raises(SourceGoneError):
        recorder.list()


def test_a_disk_that_failed_while_it_was_listed_says_so(
    disk: Path, opened: Opened, tmp_path: Path
) -> None:
    tree = SysTree(tmp_path / "sys")
    tree.real_disk(disk, tree.storage("1-2") / "1-2:1.0")
    recorder = opened(disk, plugged=plugged("1-2"), sys_folder=tree.root)
    counter = tree.root / "class/block" / disk.name / "device/ioerr_cnt"
    counter.parent.mkdir()
    counter.write_bytes(b"0x3")
    assert recorder.list().refused == []
    with failing(counter):
        (refused,) = recorder.list().refused
    assert (refused.path, refused.code) == (b".", "listing_failed")
    assert recorder.list().refused == []


def test_without_rights_it_is_said_what_is_needed(disk: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from zoneinfo import ZoneInfo;"
        "from devices.massstorage import MassStorageRecorder as M;"
        "from devices.errors import NoAccessError\n"
        "os.environ['PATH'] = ''; os.setgid(65534); os.setuid(65534)\n"
        f"try: M([{disk.name!r}], zone=ZoneInfo('UTC'))\n"
        "except NoAccessError as e: print(e)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert "needs root, or udisks2" in said.stdout
