"""Dockings that end early: killed, interrupted, cancelled, unplugged, out of space, two at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli.command import Command, Result, end, objects, slowed, wait_until

LARGE = 40_000_000  # bytes; together long enough to be met in the middle
LARGES = 8
SMALL = 40
ALL = SMALL + LARGES


@pytest.fixture
def large(place: Path) -> Path:
    """A recorder with small clips, then large ones (by name and age)."""
    return filled(place / "large")


def filled(folder: Path) -> Path:
    """The same recorder each time: names, bytes and times."""
    folder.mkdir()
    for number in range(SMALL):
        (folder / f"a{number:03}.bin").write_bytes(b"%d" % number * 1000)
    for number in range(LARGES):
        with (folder / f"b{number}.bin").open("wb") as file:
            file.write(b"%d" % number)
            file.truncate(LARGE)
    for at, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
    return folder


def begun(archive: Command) -> bool:
    """Whether a docking is at its large clips."""
    for part in (archive.root / "store" / "incoming").glob("r-*/*.part"):
        with suppress(FileNotFoundError):
            if part.stat().st_size > 1_000_000:
                return True
    return False


@contextmanager
def started(archive: Command, large: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A docking that is moving bytes, slowly until the block is left."""
    process = archive.start("dock", large, "--no-derive", "--json")
    wait_until(lambda: begun(archive) or process.poll() is not None)
    with slowed(process):
        assert process.poll() is None, end(process)
        yield process


def check_whole(archive: Command, large: Path) -> Result:
    """Dock again: everything is held, and nothing is left in between."""
    result = archive("dock", large, "--no-derive", "--json")
    clips = result.document["clips"]
    assert len(clips) == ALL
    assert {clip["status"] for clip in clips} <= {"ingested", "known"}
    assert list((archive.root / "store" / "incoming").iterdir()) == []
    assert archive.json("audit")["findings"] == []
    assert archive.json("find")["total"] == ALL
    return result


def test_after_a_kill_the_audit_is_clean_and_the_next_docking_makes_it_whole(
    archive: Command, large: Path
) -> None:
    with started(archive, large) as process:
        process.kill()
    end(process)
    audit = archive.json("audit")
    assert (audit["ok"], audit["findings"]) == (True, [])
    check_whole(archive, large)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_docking_gives_its_receipt_so_far(
    number: signal.Signals, archive: Command, large: Path
) -> None:
    with started(archive, large) as process:
        process.send_signal(number)
        wait_until(lambda: process.poll() is not None)
    result = end(process)
    assert result.status == 130
    assert "Traceback" not in result.err
    document = result.document
    assert document["error"]["code"] == "I010"
    assert len(document["clips"]) == ALL
    assert "ingested" in {clip["status"] for clip in document["clips"]}
    left = [clip for clip in document["clips"] if clip["status"] != "ingested"]
    assert left
    assert all(clip["code"] and clip["reason"] for clip in left)
    assert archive.json("audit")["findings"] == []
    check_whole(archive, large)


def test_a_docking_is_cancelled_by_its_id(archive: Command, large: Path) -> None:
    with started(archive, large) as process:
        running = [d for d in archive.json("docking", "list")["dockings"] if d["ended_at"] is None]
        assert len(running) == 1
        archive("docking", "cancel", running[0]["id"])
        wait_until(lambda: process.poll() is not None)
    result = end(process)
    assert result.status == 3
    assert result.document["error"]["code"] == "I010"
    assert result.document["docking"] == running[0]["id"]
    archive("docking", "cancel", running[0]["id"], status=4)
    archive("docking", "cancel", "docking-nosuch", status=2)
    check_whole(archive, large)


def test_a_source_that_vanishes_half_way_leaves_the_clips_before_it_safe(
    archive: Command, large: Path
) -> None:
    with started(archive, large) as process:
        shutil.rmtree(large)
    result = end(process)
    # 3: each clip that was left had gone; 5: the folder itself had gone by then.
    assert result.status in {3, 5}, result
    clips = result.document["clips"]
    assert len(clips) == ALL
    left = [clip for clip in clips if clip["status"] != "ingested"]
    assert left
    assert {clip["code"] for clip in left} <= {"D010", "D012"}
    assert all(clip["reason"] for clip in left)
    assert archive.json("audit")["findings"] == []
    filled(large)
    check_whole(archive, large)


def test_two_recorders_at_once_both_succeed(archive: Command, large: Path, recorder: Path) -> None:
    first = archive.start("dock", large, "--no-derive", "--json")
    second = archive.start("dock", recorder, "--no-derive", "--json")
    assert (end(second).status, end(first).status) == (0, 0)
    assert archive.json("find")["total"] == ALL + 3
    assert archive.json("audit")["findings"] == []


def test_the_same_recorder_twice_at_once_loses_nothing(archive: Command, large: Path) -> None:
    with started(archive, large) as first:
        second = archive.json("dock", large, "--no-derive", status=5)
    assert (second["error"]["code"], second["clips"]) == ("A042", [])
    assert end(first).status == 0
    check_whole(archive, large)


@pytest.fixture
def small_disk(place: Path, root_only: None) -> Iterator[Path]:
    """A disk of 200 MB."""
    del root_only
    folder = place / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        file.writelines(b"\0" * 100_000 for _ in range(10_000))


def test_a_full_disk_is_status_5_and_the_clips_before_are_safe(
    place: Path, small_disk: Path, large: Path
) -> None:
    archive = Command(root=small_disk / "archive", cwd=place)
    archive("init", "--origin", "a.example")
    document = archive.json("dock", large, "--no-derive", status=5)
    assert document["error"]["code"] == "A050"
    clips = document["clips"]
    held = [clip for clip in clips if clip["status"] == "ingested"]
    assert len(clips) == ALL
    assert len(held) >= SMALL
    left = [clip for clip in clips if clip["status"] != "ingested"]
    assert {clip["code"] for clip in left} == {"no_space"}
    assert all("pace" in clip["reason"] or "room" in clip["reason"] for clip in left)
    assert archive.json("audit")["findings"] == []
    subprocess.run(["mount", "-o", "remount,size=800m", small_disk], check=True)
    check_whole(archive, large)


def test_a_disk_that_others_fill_never_makes_the_audit_say_damage(
    place: Path, small_disk: Path, recorder: Path
) -> None:
    archive = Command(root=small_disk / "archive", cwd=place)
    archive("init", "--origin", "a.example")
    archive("dock", recorder, "--no-derive")
    fill(small_disk / "filler")
    other = place / "other"
    other.mkdir()
    (other / "new.mp4").write_bytes(b"new" * 100_000)
    assert archive("dock", other, "--no-derive", status=None).status != 0
    assert archive("audit", status=None).status in {0, 5}
    (small_disk / "filler").unlink()
    assert archive.json("dock", other, "--no-derive")["clips"][0]["status"] == "ingested"
    assert archive.json("audit")["findings"] == []
    assert len(objects(archive.root)) > 4


@pytest.fixture
def small_blocks(place: Path, root_only: None) -> Iterator[Path]:
    """A disk of 24 MB with blocks smaller than a page of memory, as mkfs makes small ones."""
    del root_only
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed: apt-get install e2fsprogs")
    image, folder = place / "image", place / "blocks"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-b", "1024", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_on_a_full_disk_of_small_blocks_commands_say_so_and_searches_are_answered(
    place: Path, small_blocks: Path, recorder: Path
) -> None:
    archive = Command(root=small_blocks / "archive", cwd=place)
    archive("init", "--origin", "a.example")
    archive("dock", recorder, "--no-derive")
    fill(small_blocks / "filler")
    assert archive.json("case", "open", "2026-1", status=5)["error"]["code"] == "A050"
    assert archive.json("dock", recorder, status=5)["error"]["code"] == "A050"
    entries = archive.json("audit")["entries_checked"]
    found = archive.json("find")
    assert (found["total"], found["recorded"]) == (3, True)
    assert archive.json("audit")["entries_checked"] == entries + 1
    (small_blocks / "filler").unlink()
    archive("case", "open", "2026-1")
    assert archive.json("find")["total"] == 3
    assert archive.json("audit")["findings"] == []
