"""A folder as a recorder: what a listing says."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.errors import ClipUnreadableError, NotAFolderError, SourceGoneError
from devices.folder import FolderRecorder, Listing
from devices.walk import WINDOW

NOBODY = 65534


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything: be nobody for a moment. Others are nobody enough."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that nobody can reach too; pytest's own are for one account."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def abyss() -> Iterator[Path]:
    """A folder for trees that Python's own rmtree is not deep enough to remove."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    subprocess.run(["rm", "-rf", "--", folder], check=True)


def listing(root: Path) -> Listing:
    with FolderRecorder(root) as recorder:
        return recorder.list()


def refusals(found: Listing) -> dict[bytes, str]:
    return {entry.path: entry.code for entry in found.refused}


def dig(root: Path, depth: int) -> None:
    """A tower of folders named d, with one file in the deepest."""
    at = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("clip", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)


def fill_in(root: Path, depth: int, name: bytes) -> None:
    """Rename the tower's folders to long names and put a file beside each."""
    at = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.close(os.open("beside", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.rename(b"d", name, src_dir_fd=at, dst_dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - /proc is no Path matter


def test_every_entry_is_listed_once_and_folders_are_not(tmp_path: Path) -> None:
    (tmp_path / "DCIM/100MEDIA").mkdir(parents=True)
    (tmp_path / "DCIM/empty").mkdir()
    (tmp_path / "DCIM/100MEDIA/a.mp4").write_bytes(b"abc")
    (tmp_path / ".hidden").write_bytes(b"")
    found = listing(tmp_path)
    assert [(c.path, c.size) for c in found.clips] == [(b".hidden", 0), (b"DCIM/100MEDIA/a.mp4", 3)]
    assert found.refused == []


def test_a_clip_carries_the_times_and_numbers_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"abc")
    os.utime(tmp_path / "a.mp4", ns=(5, 1_700_000_000_123_456_789))
    (clip,) = listing(tmp_path).clips
    is_at = (tmp_path / "a.mp4").stat()
    assert clip.mtime_ns == 1_700_000_000_123_456_789
    assert (clip.dev, clip.ino) == (is_at.st_dev, is_at.st_ino)


def test_what_is_no_file_is_refused_by_kind_and_nothing_is_opened(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    root = tmp_path / "root"
    root.mkdir()
    (root / "to_file").symlink_to(outside / "secret")
    (root / "to_folder").symlink_to(outside)
    (root / "to_nothing").symlink_to("nowhere")
    (root / "to_itself").symlink_to(root)
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(root / "socket"))
    found = listing(root)
    assert found.clips == []
    assert refusals(found) == {
        b"fifo": "fifo",
        b"socket": "socket",
        b"to_file": "link",
        b"to_folder": "link",
        b"to_itself": "link",
        b"to_nothing": "link",
    }
    assert all(entry.reason for entry in found.refused)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make device nodes")
def test_devices_are_refused(tmp_path: Path) -> None:
    os.mknod(tmp_path / "null", 0o600 | 0o020000, os.makedev(1, 3))
    os.mknod(tmp_path / "disk", 0o600 | 0o060000, os.makedev(7, 250))
    assert refusals(listing(tmp_path)) == {b"disk": "device", b"null": "device"}


@pytest.mark.parametrize(
    "name",
    [
        b"line\nbreak.mp4",
        b"quotes\"'`$(x).mp4",
        b"x" * 251 + b".mp4",
        b"\xff\xfe not utf-8 \xed\xa0\x80.mp4",
        "重点文件 现场.mp4".encode(),
        "现场.mp4".encode("gbk"),
        b" ",
        b"-rf",
        b"\\",
    ],
)
def test_any_name_is_listed_as_its_bytes_and_opens(tmp_path: Path, name: bytes) -> None:
    folder = tmp_path / os.fsdecode(name[:200])
    folder.mkdir()
    fd = os.open(os.fsencode(folder) + b"/" + name, os.O_CREAT | os.O_WRONLY)
    os.write(fd, b"bytes")
    os.close(fd)
    with FolderRecorder(tmp_path) as recorder:
        (clip,) = recorder.list().clips
        assert clip.path == name[:200] + b"/" + name
        buffer = bytearray(10)
        with recorder.open(clip) as reader:
            assert reader.read_into(memoryview(buffer)) == 5


def test_names_are_exact_in_a_locale_that_is_not_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {b"\x80\xff", "现场".encode("gbk"), "现场".encode()}
    for name in names:
        os.close(os.open(os.fsencode(tmp_path) + b"/" + name, os.O_CREAT))
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "gbk")
    assert {clip.path for clip in listing(tmp_path).clips} == names


@pytest.mark.slow
def test_two_thousand_folders_deep_and_longer_than_any_path_may_be(abyss: Path) -> None:
    dig(abyss, 2000)
    fill_in(abyss, 2000, b"n" * 200)  # 400 kB of path; PATH_MAX is 4096
    before = open_descriptors()
    with FolderRecorder(abyss) as recorder:
        found = recorder.list()
        assert found.refused == []
        assert len(found.clips) == 2001
        deepest = max(found.clips, key=lambda clip: len(clip.path))
        assert deepest.path == (b"n" * 200 + b"/") * 2000 + b"clip"
        with recorder.open(deepest) as reader:
            assert reader.size == 0
    assert open_descriptors() == before


def test_a_deep_tree_takes_few_descriptors(abyss: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dig(abyss, WINDOW * 3)
    most = 0
    real: Callable[..., os.stat_result] = os.stat

    def counting(*args: object, **kwargs: object) -> os.stat_result:
        nonlocal most
        most = max(most, open_descriptors())
        return real(*args, **kwargs)

    before = open_descriptors()
    monkeypatch.setattr(os, "stat", counting)
    assert len(listing(abyss).clips) == 1
    assert WINDOW < most - before <= WINDOW + 3


def test_folders_beside_a_deep_tree_are_found_after_coming_back_up(abyss: Path) -> None:
    at = abyss
    expected = set()
    for level in range(WINDOW * 2 + 10):
        for side in ("a", "z"):
            (at / side).mkdir()
            (at / side / "clip").touch()
            expected.add(os.fsencode((at / side / "clip").relative_to(abyss)))
        at = at / f"m{level % 10}"
        at.mkdir()
    assert {clip.path for clip in listing(abyss).clips} == expected


@pytest.mark.slow
def test_ten_thousand_files_are_all_there_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for folder in range(10):
        (tmp_path / f"{folder}").mkdir()
        for file in range(1000):
            (tmp_path / f"{folder}/{file}.mp4").touch()
    paths = [clip.path for clip in listing(tmp_path).clips]
    assert len(paths) == len(set(paths)) == 10_000
    assert paths == sorted(paths)


def test_a_folder_that_cannot_be_listed_is_one_row_and_the_rest_is_found(public: Path) -> None:
    (public / "closed").mkdir()
    (public / "closed/a.mp4").touch()
    (public / "closed/deeper").mkdir()
    (public / "open").mkdir()
    (public / "open/b.mp4").touch()
    (public / "closed").chmod(0)
    with without_privileges():
        found = listing(public)
    assert [clip.path for clip in found.clips] == [b"open/b.mp4"]
    assert refusals(found) == {b"closed": "unreadable_folder"}
    (public / "closed").chmod(0o700)


def test_a_folder_that_names_its_files_but_hides_them_refuses_each(public: Path) -> None:
    (public / "half").mkdir()
    (public / "half/a.mp4").touch()
    (public / "half").chmod(0o744)
    with without_privileges():
        found = listing(public)
    assert refusals(found) == {b"half/a.mp4": "unreadable"}
    (public / "half").chmod(0o755)


def test_a_file_without_permission_is_listed_and_refused_when_opened(public: Path) -> None:
    (public / "a.mp4").write_bytes(b"x")
    (public / "a.mp4").chmod(0)
    with without_privileges(), FolderRecorder(public) as recorder:
        (clip,) = recorder.list().clips
        with pytest.raises(ClipUnreadableError, match=r"a\.mp4.*Permission denied") as e:
            recorder.open(clip)
    assert (e.value.code, e.value.retryable) == ("D011", True)


def test_another_accounts_files_can_be_read_though_not_without_touching_them(public: Path) -> None:
    (public / "a.mp4").write_bytes(b"x")
    (public / "a.mp4").chmod(0o644)
    with without_privileges(), FolderRecorder(public) as recorder:
        (clip,) = recorder.list().clips
        with recorder.open(clip) as reader:
            assert reader.read_into(memoryview(bytearray(4))) == 1


def test_the_root_may_be_a_link_and_carries_the_name_of_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "记录仪").mkdir()
    (tmp_path / "记录仪/a.mp4").touch()
    (tmp_path / "link").symlink_to("记录仪")
    with FolderRecorder(tmp_path / "link") as recorder:
        assert recorder.name == "记录仪"
        assert len(recorder.list().clips) == 1


def test_a_folder_that_was_closed_never_lists_another_one(tmp_path: Path) -> None:
    recorder = FolderRecorder(tmp_path)
    recorder.close()
    listing = recorder.list()
    assert not listing.clips
    assert [(e.path, e.code) for e in listing.refused] == [(b".", "listing_failed")]


def test_a_root_that_is_no_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    for name in ("nothing", "file", "file/below", "loop", "fifo", "nul\0"):
        with pytest.raises(NotAFolderError, match="cannot be docked") as e:
            FolderRecorder(tmp_path / name)
        assert (e.value.code, e.value.retryable) == ("D001", False)


def test_a_root_that_vanished_is_said_to_be_gone_not_listed_as_empty(tmp_path: Path) -> None:
    root = tmp_path / "card"
    (root / "DCIM").mkdir(parents=True)
    with FolderRecorder(root) as recorder:
        assert recorder.is_there()
        shutil.rmtree(root)
        assert not recorder.is_there()
        root.mkdir()
        assert not recorder.is_there()


def test_a_root_that_vanishes_while_it_is_listed_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "card"
    (root / "DCIM").mkdir(parents=True)
    (root / "a.mp4").touch()
    real = os.scandir

    def pulled_out(fd: int) -> object:
        entries = list(real(fd))
        monkeypatch.setattr(os, "scandir", real)
        shutil.rmtree(root)

        @contextmanager
        def given() -> Iterator[object]:
            yield entries

        return given()

    with FolderRecorder(root) as recorder:
        monkeypatch.setattr(os, "scandir", pulled_out)
        with pytest.raises(SourceGoneError, match="card") as e:
            recorder.list()
    assert (e.value.code, e.value.retryable) == ("D010", True)


def test_a_folder_that_fails_half_way_keeps_what_it_gave_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp4").touch()
    real = os.scandir

    @contextmanager
    def failing(fd: int) -> Iterator[Iterator[os.DirEntry[str]]]:
        def entries() -> Iterator[os.DirEntry[str]]:
            yield from real(fd)
            raise OSError(5, "Input/output error")

        yield entries()

    monkeypatch.setattr(os, "scandir", failing)
    found = listing(tmp_path)
    assert [clip.path for clip in found.clips] == [b"a.mp4"]
    assert [(r.path, r.code, r.reason) for r in found.refused] == [
        (b".", "listing_failed", "Input/output error")
    ]


def test_a_volume_whose_block_device_left_is_gone_though_still_mounted(tmp_path: Path) -> None:
    root = tmp_path / "card"
    root.mkdir()
    dev = root.stat().st_dev
    block = tmp_path / "sys/dev/block" / f"{os.major(dev)}:{os.minor(dev)}"
    block.mkdir(parents=True)
    with FolderRecorder(root, sysfs=tmp_path / "sys") as recorder:
        assert recorder.is_there()
        block.rmdir()
        assert not recorder.is_there()


def test_a_dropped_recorder_lets_go_of_its_folder(tmp_path: Path) -> None:
    before = open_descriptors()
    recorder = FolderRecorder(tmp_path)
    assert open_descriptors() == before + 1
    del recorder
    assert open_descriptors() == before
