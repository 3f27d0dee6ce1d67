"""Erasing from a folder: exactly the listed file goes, and only while it is that file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from devices import removal
from devices.errors import ClipChangedError, ClipUnreadableError, NotErasableError, SourceGoneError
from devices.folder import FolderRecorder, FoundClip
from tests.unit.devices.test_folder import public, without_privileges

__all__ = ["public"]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    (folder / "DCIM").mkdir(parents=True)
    (folder / "DCIM" / "a.mp4").write_bytes(b"evidence")
    (folder / "b.mp4").write_bytes(b"more")
    return folder


def clip_at(recorder: FolderRecorder, path: bytes) -> FoundClip:
    (found,) = [clip for clip in recorder.list().clips if clip.path == path]
    return found


def below(card: Path) -> list[str]:
    return sorted(str(p.relative_to(card)) for p in card.rglob("*"))


def test_the_listed_file_goes_and_nothing_else(card: Path) -> None:
    with FolderRecorder(card) as recorder, recorder.releasing():
        recorder.erase(clip_at(recorder, b"DCIM/a.mp4"))
        assert below(card) == ["DCIM", "b.mp4"]


def replaced(file: Path) -> None:
    """Another file of the same size and time."""
    times = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"Evidence")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(file)


def linked(file: Path) -> None:
    file.rename(file.with_name("kept"))
    file.symlink_to("kept")


def made_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def parent_linked(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))
    file.parent.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_bytes(b"EVIDENCE"),
        lambda file: file.write_bytes(b"longer evidence"),
        Path.unlink,
        replaced,
        linked,
        made_a_folder,
        parent_linked,
    ],
    ids=["touched", "longer", "gone", "replaced", "a link", "a folder", "below a link"],
)
def test_what_is_not_the_listed_file_stays(card: Path, change: Callable[[Path], object]) -> None:
    with FolderRecorder(card) as recorder, recorder.releasing():
        clip = clip_at(recorder, b"DCIM/a.mp4")
        change(card / "DCIM" / "a.mp4")
        before = below(card)
        with pytest.raises(ClipChangedError):
            recorder.erase(clip)
        assert below(card) == before


def test_another_number_is_the_same_file_only_where_numbers_are_made_up(
    card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FolderRecorder(card) as recorder, recorder.releasing():
        clip = clip_at(recorder, b"DCIM/a.mp4")
        replaced(card / "DCIM" / "a.mp4")
        mounts = card.parent / "mountinfo"
        device = f"{os.major(clip.dev)}:{os.minor(clip.dev)}"
        monkeypatch.setattr(removal, "_MOUNTS", mounts)
        mounts.write_text(f"29 1 {device} / / rw shared:1 - ext4 /dev/sdb1 rw\n")
        with pytest.raises(ClipChangedError):
            recorder.erase(clip)
        mounts.write_text(f"29 1 {device} / / rw,noexec shared:1 master:2 - vfat /dev/sdb1 rw\n")
        recorder.erase(clip)
        assert below(card) == ["DCIM", "b.mp4"]


def test_one_name_of_two_goes(card: Path) -> None:
    os.link(card / "b.mp4", card / "c.mp4")
    with FolderRecorder(card) as recorder, recorder.releasing():
        recorder.erase(clip_at(recorder, b"b.mp4"))
    assert (card / "c.mp4").read_bytes() == b"more"


def test_a_folder_without_rights_is_said_to_refuse(public: Path) -> None:
    (public / "a.mp4").write_bytes(b"evidence")
    with without_privileges(), FolderRecorder(public) as recorder, recorder.releasing():
        with pytest.raises(NotErasableError, match=r"a\.mp4: Permission denied"):
            recorder.erase(clip_at(recorder, b"a.mp4"))
        assert (public / "a.mp4").exists()


def test_a_read_only_file_system_is_said_before_anything_is_tried(
    card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FolderRecorder(card) as recorder:
        now = list(os.statvfs(card))
        now[8] |= os.ST_RDONLY
        monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(now))
        with pytest.raises(NotErasableError, match="read-only"), recorder.releasing():
            pytest.fail("the block must not begin")


def test_a_folder_that_is_gone_is_said_to_be_gone(card: Path) -> None:
    with FolderRecorder(card) as recorder, recorder.releasing():
        clip = clip_at(recorder, b"b.mp4")
        card.rename(card.with_name("away"))
        (card.with_name("away") / "b.mp4").unlink()
        with pytest.raises(SourceGoneError):
            recorder.erase(clip)


def test_a_sync_that_fails_says_that_nobody_knows(
    card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with FolderRecorder(card) as recorder, recorder.releasing():
        clip = clip_at(recorder, b"b.mp4")
        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(ClipUnreadableError):
            recorder.erase(clip)


@pytest.mark.parametrize("path", [b"../b.mp4", b"DCIM/../b.mp4", b"/b.mp4", b"", b"."])
def test_a_path_that_no_listing_gives_is_never_followed(card: Path, path: bytes) -> None:
    with FolderRecorder(card) as recorder, recorder.releasing():
        clip = FoundClip(path=path, size=4, mtime_ns=0, dev=0, ino=0)
        with pytest.raises(ValueError, match="not a path"):
            recorder.erase(clip)
    assert below(card) == ["DCIM", "DCIM/a.mp4", "b.mp4"]
