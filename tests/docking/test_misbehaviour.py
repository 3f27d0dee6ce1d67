"""Recorders that are pulled, fail or lie: what can be read is kept, what cannot is said, and it always ends."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from archive.opening import Archive
from devices.folder import FolderRecorder
from ingest.acquire import BUFFER
from ingest.docking import dock
from ingest.receipt import ClipResult, Receipt
from tests.fakes.recorders import (
    EndingRecorder,
    FickleRecorder,
    LooseRecorder,
    LyingRecorder,
    MuteRecorder,
    PulledRecorder,
    ScratchedRecorder,
)

MIB = 1 << 20


def docked(archive: Archive, source: FolderRecorder) -> Receipt:
    with source:
        return dock(
            archive, source, serial="A1", officer=None, case=None, reread=False, actor="local-0"
        )


def row(receipt: Receipt, path: str) -> ClipResult:
    (found,) = [c for c in receipt.clips if c.path == path]
    return found


def ingested(archive: Archive) -> dict[str, object]:
    (entry,) = [e.data for e in archive.reader.entries() if e.type == "clip.ingested"]
    return entry


def test_a_recorder_that_goes_every_megabyte_is_read_to_the_end_and_little_is_sent_twice(
    archive: Archive, recorder: Path
) -> None:
    content = os.urandom(9 * MIB + 4321)
    (recorder / "a.mp4").write_bytes(content)
    sent, dockings = 0, []
    for _ in range(40):
        source = LooseRecorder(recorder, every=MIB)
        receipt = docked(archive, source)
        sent += source.sent
        dockings.append(receipt.docking)
        if receipt.whole:
            break
        assert row(receipt, "a.mp4").status == "partial"
    assert row(receipt, "a.mp4").sha256 == hashlib.sha256(content).hexdigest()
    assert sent <= 1.6 * len(content)
    entry = ingested(archive)
    parts = entry["resumed_from"]
    assert isinstance(parts, list)
    assert [part["docking"] for part in parts] == dockings[: len(parts)]
    assert sum(part["bytes"] for part in parts) == entry["resumed"]
    assert list(archive.store.incoming.iterdir()) == []


def test_a_pull_in_the_middle_of_a_buffer_loses_not_one_byte(
    archive: Archive, recorder: Path
) -> None:
    content = os.urandom(4 * BUFFER)
    (recorder / "a.mp4").write_bytes(content)
    came = BUFFER + 1234567
    first = docked(archive, LooseRecorder(recorder, every=came))
    result = row(first, "a.mp4")
    assert (result.status, result.code) == ("partial", "D010")
    assert f"{came} of {len(content)} bytes are kept" in (result.reason or "")
    assert docked(archive, FolderRecorder(recorder)).whole
    entry = ingested(archive)
    assert entry["resumed"] == came
    assert entry["resumed_from"] == [{"docking": first.docking, "bytes": came}]


@pytest.mark.parametrize("asked", [False, True], ids=["at the end", "when it is asked"])
def test_a_pull_after_the_last_byte_costs_no_byte_either(
    archive: Archive, recorder: Path, *, asked: bool
) -> None:
    content = os.urandom(3 * MIB)
    (recorder / "a.mp4").write_bytes(content)
    source = EndingRecorder(recorder) if asked else LooseRecorder(recorder, every=len(content))
    assert row(docked(archive, source), "a.mp4").code == "D010"
    again = LooseRecorder(recorder, every=10 * MIB)
    assert docked(archive, again).whole
    assert again.sent == 256 << 10  # the sample
    assert ingested(archive)["resumed"] == len(content)


def test_a_recorder_that_goes_while_it_is_compared_keeps_what_was_read_before(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(os.urandom(3 * MIB))
    docked(archive, LooseRecorder(recorder, every=2 * MIB))
    result = row(docked(archive, LooseRecorder(recorder, every=1000)), "a.mp4")
    assert (result.status, result.code) == ("partial", "D010")
    assert docked(archive, FolderRecorder(recorder)).whole
    assert ingested(archive)["resumed"] == 2 * MIB


def test_a_long_list_of_dockings_is_named_by_its_ends(archive: Archive, recorder: Path) -> None:
    content = os.urandom(50 * 4096)
    (recorder / "a.mp4").write_bytes(content)
    dockings = []
    kept = 0
    for _ in range(50):
        source = LooseRecorder(recorder, every=min(kept, 256 << 10) + 4096)
        dockings.append(docked(archive, source).docking)
        kept += 4096
    docked(archive, FolderRecorder(recorder))
    parts = ingested(archive)["resumed_from"]
    assert isinstance(parts, list)
    named = [part["docking"] for part in parts]
    assert named == [*dockings[:16], None, *dockings[-16:]]
    assert sum(part["bytes"] for part in parts) == len(content)


def test_a_block_that_cannot_be_read_leaves_what_is_before_it_and_the_other_clips(
    archive: Archive, recorder: Path
) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (recorder / name).write_bytes(os.urandom(3 * MIB))
    for _ in range(2):
        receipt = docked(archive, ScratchedRecorder(recorder, path=b"b.mp4", at=MIB + 4096))
        result = row(receipt, "b.mp4")
        assert (result.status, result.code) == ("partial", "D011")
        assert f"{MIB + 4096} of {3 * MIB} bytes are kept" in (result.reason or "")
        assert {row(receipt, name).status for name in ("a.mp4", "c.mp4")} <= {"ingested", "known"}
    assert docked(archive, FolderRecorder(recorder)).whole


def test_bytes_that_differ_between_two_reads_are_never_put_together(
    archive: Archive, recorder: Path
) -> None:
    content = os.urandom(2 * MIB)
    (recorder / "a.mp4").write_bytes(content)
    docked(archive, LooseRecorder(recorder, every=MIB))
    source = FickleRecorder(recorder)
    result = row(docked(archive, source), "a.mp4")
    assert result.sha256 == hashlib.sha256(bytes(b ^ 1 for b in content)).hexdigest()
    assert ingested(archive)["resumed"] is None


def test_fewer_bytes_than_announced_are_kept_as_far_as_they_go(
    archive: Archive, recorder: Path
) -> None:
    for name in ("a.mp4", "b.mp4"):
        (recorder / name).write_bytes(os.urandom(MIB + 5))
    for _ in range(2):
        source = LyingRecorder(recorder, path=b"a.mp4", more=1000)
        receipt = docked(archive, source)
        result = row(receipt, "a.mp4")
        assert (result.status, result.code) == ("partial", "D011")
        assert f"ends after {MIB + 5}" in (result.reason or "")
        assert row(receipt, "b.mp4").status in {"ingested", "known"}
        assert source.opened == 2  # once more, for what may lie behind


def test_more_bytes_than_announced_are_refused_after_a_few_tries(
    archive: Archive, recorder: Path
) -> None:
    for name in ("a.mp4", "b.mp4"):
        (recorder / name).write_bytes(os.urandom(MIB))
    source = LyingRecorder(recorder, path=b"a.mp4", more=-1000)
    receipt = docked(archive, source)
    result = row(receipt, "a.mp4")
    assert (result.status, result.code) == ("refused", "D012")
    assert "it has more" in (result.reason or "")
    assert source.opened == 3
    assert row(receipt, "b.mp4").status == "ingested"


@pytest.mark.parametrize("clips", [0, 5])
def test_a_mute_recorder_is_not_waited_for_at_every_clip(
    archive: Archive, recorder: Path, clips: int
) -> None:
    for n in range(40):
        (recorder / f"{n:02}.mp4").write_bytes(b"%d" % n)
    source = MuteRecorder(recorder, clips=clips)
    receipt = docked(archive, source)
    came = sum(c.status == "ingested" for c in receipt.clips)
    assert clips - source.streams <= came <= clips  # one may be open when it falls silent
    assert {c.code for c in receipt.clips} - {None} == {"D020"}
    assert source.waited <= 4
    assert docked(archive, FolderRecorder(recorder)).whole


def test_a_recorder_that_is_gone_is_said_for_every_clip(archive: Archive, recorder: Path) -> None:
    for n in range(10):
        (recorder / f"{n}.mp4").write_bytes(os.urandom(5000))
    receipt = docked(archive, PulledRecorder(recorder, reads=5))
    refused = [c for c in receipt.clips if c.code]
    assert {c.code for c in refused} == {"D010"}
    assert 0 < len(refused) < 10
    assert docked(archive, FolderRecorder(recorder)).whole
