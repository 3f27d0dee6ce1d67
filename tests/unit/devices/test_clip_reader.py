"""Reading one clip of a folder: the bytes that were listed, or an error that says why not."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.clip_reader import ClipReader
from devices.errors import ClipChangedError, ClipUnreadableError, SourceGoneError
from devices.folder import FolderRecorder, FoundClip


@pytest.fixture
def card(tmp_path: Path) -> Path:
    root = tmp_path / "card"
    (root / "DCIM").mkdir(parents=True)
    (root / "DCIM/a.mp4").write_bytes(bytes(range(256)) * 40)
    return root


def only(recorder: FolderRecorder) -> FoundClip:
    (clip,) = recorder.list().clips
    return clip


def read_all(reader: ClipReader, step: int = 4096) -> bytes:
    parts = []
    buffer = bytearray(step)
    while n := reader.read_into(memoryview(buffer)):
        parts.append(bytes(buffer[:n]))
    return b"".join(parts)


def test_a_clip_reads_as_its_bytes_in_any_steps(card: Path) -> None:
    with FolderRecorder(card) as recorder, recorder.open(only(recorder)) as reader:
        reader.prefetch()
        assert reader.size == 10240
        assert read_all(reader, 1000) == bytes(range(256)) * 40
        reader.seek(10230)
        assert read_all(reader) == bytes(range(246, 256))
        reader.seek(99999)
        assert read_all(reader) == b""


def test_reading_leaves_no_mark_on_the_source(card: Path) -> None:
    os.utime(card / "DCIM/a.mp4", ns=(1_000, 2_000))
    os.utime(card / "DCIM", ns=(1_000, 2_000))
    before = (card / "DCIM/a.mp4").stat(), (card / "DCIM").stat()
    with FolderRecorder(card) as recorder, recorder.open(only(recorder)) as reader:
        read_all(reader)
    assert ((card / "DCIM/a.mp4").stat(), (card / "DCIM").stat()) == before


def test_a_clip_that_grows_while_it_is_read_is_noticed(card: Path) -> None:
    with FolderRecorder(card) as recorder, recorder.open(only(recorder)) as reader:
        assert reader.restat() == (reader.size, reader.mtime_ns)
        with (card / "DCIM/a.mp4").open("ab") as f:
            f.write(b"more")
        assert reader.restat()[0] == reader.size + 4


def test_a_clip_overwritten_in_place_is_noticed_by_its_time(card: Path) -> None:
    with FolderRecorder(card) as recorder, recorder.open(only(recorder)) as reader:
        os.utime(card / "DCIM/a.mp4", ns=(0, reader.mtime_ns + 1))
        assert reader.restat() == (reader.size, reader.mtime_ns + 1)


def test_a_folder_removed_while_a_clip_is_read_is_gone_for_the_next(card: Path) -> None:
    (card / "DCIM/b.mp4").write_bytes(b"b")
    with FolderRecorder(card) as recorder:
        first, second = recorder.list().clips
        with recorder.open(first) as reader:
            buffer = memoryview(bytearray(100))
            assert reader.read_into(buffer) == 100
            shutil.rmtree(card)
            assert len(read_all(reader)) == 10140  # Linux keeps an open file's bytes
        with pytest.raises(SourceGoneError):
            recorder.open(second)


@pytest.mark.parametrize(
    ("replace", "reason"),
    [
        (lambda path: path.symlink_to("/dev/zero"), "symbolic links"),
        (lambda path: path.symlink_to(path.parent / "moved"), "symbolic links"),
        (lambda path: path.mkdir(), "no regular file"),
        (os.mkfifo, "no regular file"),
        (lambda path: path.write_bytes(b"another file"), "another file took its place"),
        (lambda path: socket.socket(socket.AF_UNIX).bind(str(path)), "No such device or address"),
        (lambda _path: None, "No such file"),
    ],
    ids=["link", "link to the file itself", "folder", "fifo", "other file", "socket", "nothing"],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_what_took_a_clips_place_is_not_read(
    card: Path, replace: Callable[[Path], object], reason: str
) -> None:
    with FolderRecorder(card) as recorder:
        clip = only(recorder)
        path = card / "DCIM/a.mp4"
        path.rename(card / "DCIM/moved")
        replace(path)
        with pytest.raises(ClipChangedError, match=rf"DCIM/a\.mp4.*{reason}") as e:
            recorder.open(clip)
        assert (e.value.code, e.value.retryable) == ("D012", True)


def test_a_folder_above_a_clip_that_became_a_link_is_not_followed(card: Path) -> None:
    with FolderRecorder(card) as recorder:
        clip = only(recorder)
        (card / "DCIM").rename(card / "moved")
        (card / "DCIM").symlink_to("moved")
        with pytest.raises(ClipChangedError):
            recorder.open(clip)


def test_a_new_inode_number_alone_is_no_other_file(card: Path) -> None:
    """FAT and exFAT hand out numbers anew when a file drops out of the cache."""
    with FolderRecorder(card) as recorder:
        clip = only(recorder)
        path = card / "DCIM/a.mp4"
        copy = path.with_name("copy")
        shutil.copy2(path, copy)
        os.utime(copy, ns=(0, clip.mtime_ns))
        copy.rename(path)
        assert path.stat().st_ino != clip.ino
        with recorder.open(clip) as reader:
            assert reader.size == clip.size


@pytest.mark.parametrize("path", [b"", b"/etc/passwd", b"../x", b"DCIM/../../x", b".", b"a//b"])
def test_no_path_leads_out_of_the_recorder(card: Path, path: bytes) -> None:
    clip = FoundClip(path=path, size=0, mtime_ns=0, dev=0, ino=0)
    with FolderRecorder(card) as recorder, pytest.raises(ValueError, match="not a path"):
        recorder.open(clip)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_a_medium_that_fails_is_an_unreadable_clip(
    card: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def broken(_fd: int, _buffers: object) -> int:
        raise OSError(number, os.strerror(number))

    with FolderRecorder(card) as recorder, recorder.open(only(recorder)) as reader:
        monkeypatch.setattr(os, "readv", broken)
        with pytest.raises(ClipUnreadableError, match=os.strerror(number)):
            reader.read_into(memoryview(bytearray(10)))


@pytest.mark.parametrize(("number", "removed"), [(errno.EIO, True), (errno.ENODEV, False)])
def test_a_medium_that_fails_because_it_is_gone_is_a_gone_recorder(
    card: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, removed: bool
) -> None:
    def broken(_fd: int, _buffers: object) -> int:
        raise OSError(number, os.strerror(number))

    with FolderRecorder(card) as recorder, recorder.open(only(recorder)) as reader:
        monkeypatch.setattr(os, "readv", broken)
        if removed:
            shutil.rmtree(card)
        with pytest.raises(SourceGoneError):
            reader.read_into(memoryview(bytearray(10)))


def test_a_closed_reader_and_a_closed_recorder_touch_nobody_elses_file(card: Path) -> None:
    recorder = FolderRecorder(card)
    clip = only(recorder)
    reader = recorder.open(clip)
    reader.close()
    reader.close()
    recorder.close()
    recorder.close()
    with (card / "DCIM/a.mp4").open("rb"):  # takes a descriptor number that was ours
        with pytest.raises(ClipUnreadableError):
            reader.read_into(memoryview(bytearray(10)))
        with pytest.raises(ClipUnreadableError):
            recorder.open(clip)
