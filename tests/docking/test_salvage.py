"""A card that fails in the middle of a clip: what can be read is an object, what cannot is named, and it ends."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import ingest.salvage
from archive.audit import Full, audit
from archive.opening import Archive
from archive.store.posix import path_of
from devices.folder import FolderRecorder
from devices.mtp.codes import Operation
from devices.mtp.recorder import MtpRecorder
from devices.recorder import Recorder
from ingest.docking import dock, receipt_of
from ingest.narrowing import UNANSWERED
from ingest.receipt import ClipResult, Receipt
from muniment.messages import sentence
from muniment.receipt import document, made, text
from tests.fakes.recorders import LyingRecorder, PittedRecorder, ScratchedRecorder
from tests.fakes.responder import ANDROID, PIMA, Habits, Responder, tree

MIB = 1 << 20
BLOCK = 4096


def docked(archive: Archive, source: Recorder, **options: Any) -> Receipt:
    asked: dict[str, Any] = {"serial": "A1", "officer": "7", "case": None, "reread": False}
    with closing(source):
        return dock(archive, source, **{**asked, **options}, actor="local-0")


def row(receipt: Receipt, path: str) -> ClipResult:
    (found,) = [c for c in receipt.clips if c.path == path]
    return found


def salvages(archive: Archive) -> list[dict[str, Any]]:
    return [e.data for e in archive.reader.entries() if e.type == "clip.salvaged"]


def pitted(content: bytes, bad: list[int]) -> bytes:
    """The content with zeros in the bad blocks."""
    copy = bytearray(content)
    for at in bad:
        copy[at : at + BLOCK] = bytes(len(copy[at : at + BLOCK]))
    return bytes(copy)


def test_what_lies_behind_a_bad_block_is_an_object_and_the_bad_blocks_are_named(
    archive: Archive, root: Path, recorder: Path
) -> None:
    content = os.urandom(3 * MIB + 777)
    (recorder / "b.mp4").write_bytes(content)
    bad = [MIB, MIB + 2 * BLOCK, MIB + 3 * BLOCK, 2 * MIB]
    receipt = docked(archive, PittedRecorder(recorder, {b"b.mp4": bad}))
    expected = pitted(content, bad)
    digest = hashlib.sha256(expected).hexdigest()
    result = row(receipt, "b.mp4")
    assert (result.status, result.code, result.clip, result.sha256) == (
        "partial",
        "D011",
        None,
        None,
    )
    assert result.salvaged is not None
    assert result.salvaged.unread == ((MIB, BLOCK), (MIB + 2 * BLOCK, 2 * BLOCK), (2 * MIB, BLOCK))
    assert path_of(archive.store.folder, digest).read_bytes() == expected
    (entry,) = salvages(archive)
    assert entry["salvaged"] == {"object": digest, "size": len(content)}
    assert entry["read"] == len(content) - 4 * BLOCK
    assert entry["unread"] == [list(r) for r in result.salvaged.unread]
    assert entry["officer"] is not None
    assert f"{entry['read']} of {len(content)} bytes are kept, as object {digest}" in str(
        result.reason
    )
    assert f"bytes {MIB}-{MIB + BLOCK - 1}, " in str(result.reason)
    report = audit(root, mode=Full())
    assert report.ok, report.findings


def test_a_salvage_is_told_by_the_receipt_in_both_languages_and_by_the_docking_later(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "b.mp4").write_bytes(os.urandom(MIB))
    receipt = docked(archive, PittedRecorder(recorder, {b"b.mp4": [8 * BLOCK]}))
    salvaged = row(receipt, "b.mp4").salvaged
    assert salvaged is not None
    shown = made(receipt, [], officer=None, case=None)
    assert document(shown)["clips"][0]["salvaged"] == {
        "sha256": salvaged.sha256,
        "size": MIB,
        "unread": [[8 * BLOCK, BLOCK]],
    }
    for language, word in (("en", "Salvaged:"), ("zh", "已抢救")):
        said = text(
            shown, lambda key, _l=language, **v: sentence(_l, key, **v), archive.settings.zone
        )
        assert word in said
        assert salvaged.sha256 in said
    archive.catalogue.catch_up()
    again = receipt_of(archive, receipt.docking)
    assert salvaged.sha256 in str(row(again, "b.mp4").reason)
    types = [c.type for c in archive.catalogue.custody(receipt.docking)]
    assert "clip.salvaged" in types
    assert archive.catalogue.is_named(salvaged.sha256)


def test_the_good_clips_are_objects_before_a_bad_one_is_asked_again(
    archive: Archive, recorder: Path
) -> None:
    names = [f"{n}.mp4" for n in range(6)]
    for name in names:
        (recorder / name).write_bytes(os.urandom(MIB))
    source = PittedRecorder(recorder, {b"0.mp4": [BLOCK], b"3.mp4": [BLOCK]})
    receipt = docked(archive, source)
    last_good = max(n for n, path in enumerate(source.asked) if path not in {b"0.mp4", b"3.mp4"})
    asked_again = source.asked[last_good + 1 :]
    assert asked_again.count(b"0.mp4") > 3
    assert asked_again.count(b"3.mp4") > 3
    types = [e.type for e in archive.reader.entries()]
    first = types.index("clip.salvaged")
    assert types[:first].count("clip.ingested") == 4
    assert [c.status for c in receipt.clips].count("partial") == 2


def test_the_next_docking_goes_on_with_the_part_and_has_the_clip_where_the_card_lets_it(
    archive: Archive, recorder: Path
) -> None:
    content = os.urandom(2 * MIB)
    (recorder / "b.mp4").write_bytes(content)
    bad = {b"b.mp4": [MIB]}
    first = row(docked(archive, PittedRecorder(recorder, bad)), "b.mp4").salvaged
    second = row(docked(archive, PittedRecorder(recorder, bad)), "b.mp4").salvaged
    assert first == second
    assert len(salvages(archive)) == 2
    result = row(docked(archive, FolderRecorder(recorder)), "b.mp4")
    assert (result.status, result.sha256) == ("ingested", hashlib.sha256(content).hexdigest())
    (entry,) = [e.data for e in archive.reader.entries() if e.type == "clip.ingested"]
    assert entry["resumed"] == MIB
    assert list(archive.store.incoming.iterdir()) == []


def test_a_block_that_can_be_read_the_second_time_costs_nothing(
    archive: Archive, root: Path, recorder: Path
) -> None:
    content = os.urandom(2 * MIB)
    (recorder / "b.mp4").write_bytes(content)
    receipt = docked(archive, PittedRecorder(recorder, {b"b.mp4": [MIB]}, fails=1))
    result = row(receipt, "b.mp4")
    assert (result.status, result.sha256) == ("ingested", hashlib.sha256(content).hexdigest())
    assert receipt.whole
    assert audit(root, mode=Full()).ok


def test_a_card_of_which_no_block_can_be_read_is_given_up(archive: Archive, recorder: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (recorder / name).write_bytes(bytes(5 * MIB))
    every = range(0, 5 * MIB, BLOCK)
    source = PittedRecorder(recorder, {b"a.mp4": every, b"b.mp4": every})
    receipt = docked(archive, source)
    assert source.failed <= 2 * (UNANSWERED + 1)
    assert {(c.status, c.code) for c in receipt.clips} == {("refused", "D011")}
    assert salvages(archive) == []
    assert list(archive.store.incoming.iterdir()) == []


def test_a_clip_whose_first_block_is_bad_is_salvaged_too(archive: Archive, recorder: Path) -> None:
    content = os.urandom(MIB)
    (recorder / "b.mp4").write_bytes(content)
    bad = [0, MIB - BLOCK]
    result = row(docked(archive, PittedRecorder(recorder, {b"b.mp4": bad})), "b.mp4")
    assert (result.status, result.code) == ("partial", "D011")
    assert result.salvaged is not None
    digest = hashlib.sha256(pitted(content, bad)).hexdigest()
    assert (result.salvaged.sha256, result.salvaged.size) == (digest, MIB)


def test_a_recorder_that_dies_while_it_is_salvaged_leaves_what_came(
    archive: Archive, recorder: Path
) -> None:
    content = os.urandom(8 * MIB)
    (recorder / "b.mp4").write_bytes(content)
    source = PittedRecorder(recorder, {b"b.mp4": [0]}, lasts=8)
    result = row(docked(archive, source), "b.mp4")
    assert result.salvaged is not None
    end = result.salvaged.size
    assert BLOCK < end < len(content)
    assert (
        path_of(archive.store.folder, result.salvaged.sha256).read_bytes()
        == pitted(content, [0])[:end]
    )
    assert result.salvaged.unread == ((0, BLOCK), (end, len(content) - end))


@pytest.mark.parametrize("size", [MIB + 5, 2 * MIB])
def test_a_clip_that_ends_early_is_an_object_as_far_as_it_goes(
    archive: Archive, recorder: Path, size: int
) -> None:
    content = os.urandom(size)
    (recorder / "a.mp4").write_bytes(content)
    result = row(docked(archive, LyingRecorder(recorder, path=b"a.mp4", more=10**9)), "a.mp4")
    assert result.salvaged is not None
    assert result.salvaged.unread == ((size, 10**9),)
    assert path_of(archive.store.folder, result.salvaged.sha256).read_bytes() == content


def test_a_clip_that_changed_since_is_not_put_together(archive: Archive, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(os.urandom(2 * MIB))

    class Recording(ScratchedRecorder):
        def is_there(self) -> bool:
            (recorder / "a.mp4").write_bytes(b"other")
            return super().is_there()

    result = row(docked(archive, Recording(recorder, path=b"a.mp4", at=MIB)), "a.mp4")
    assert (result.status, result.salvaged) == ("partial", None)
    assert salvages(archive) == []


def test_a_clip_that_is_held_is_not_salvaged_when_it_is_compared(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(os.urandom(2 * MIB))
    docked(archive, FolderRecorder(recorder))
    docked(archive, PittedRecorder(recorder, {b"a.mp4": [MIB]}), reread=True)
    assert salvages(archive) == []


def test_a_docking_that_is_cancelled_while_it_salvages_ends_and_leaves_the_part(
    archive: Archive, recorder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.salvage, "_LOOK", 0)
    (recorder / "a.mp4").write_bytes(os.urandom(4 * MIB))
    source = PittedRecorder(recorder, {b"a.mp4": range(MIB, 4 * MIB, BLOCK)})
    receipt = docked(archive, source, cancelled=lambda: source.failed > 1)
    assert receipt.ended_early is not None
    assert row(receipt, "a.mp4").salvaged is None
    assert f"{MIB} of {4 * MIB} bytes are kept." in str(row(receipt, "a.mp4").reason)
    assert [p.suffix for p in next(archive.store.incoming.iterdir()).iterdir()].count("") == 0


def mtp(content: bytes, operations: frozenset[int]) -> tuple[Responder, MtpRecorder]:
    """A recorder over MTP whose card cannot read a stretch of its one bad clip."""
    nodes = tree({"DCIM/b.mp4": content, "DCIM/c.mp4": b"good"})
    (bad,) = [node for node in nodes if node.name == "b.mp4"]
    bad.bad = (5 * MIB, 5 * MIB + 3 * BLOCK)
    link = Responder(nodes, habits=Habits(operations=operations))
    zone = ZoneInfo("Asia/Shanghai")
    timing = link.hand.timing()
    return link, MtpRecorder(link, zone=zone, serial="BWC1", port="1-1", timing=timing)


def test_a_recorder_over_mtp_that_gives_parts_is_salvaged_block_by_block(archive: Archive) -> None:
    content = os.urandom(11 * MIB + 99)
    link, recorder = mtp(content, ANDROID)
    receipt = docked(archive, recorder)
    result = row(receipt, "DCIM/b.mp4")
    assert (result.status, result.code) == ("partial", "D011")
    assert result.salvaged is not None
    assert result.salvaged.unread == ((5 * MIB, 3 * BLOCK),)
    bad = [5 * MIB + n * BLOCK for n in range(3)]
    assert path_of(archive.store.folder, result.salvaged.sha256).read_bytes() == pitted(
        content, bad
    )
    assert row(receipt, "DCIM/c.mp4").status == "ingested"
    assert link.sent < 6 * len(content)


def test_a_recorder_over_mtp_that_gives_no_parts_is_salvaged_as_far_as_it_goes(
    archive: Archive,
) -> None:
    content = os.urandom(11 * MIB + 99)
    link, recorder = mtp(content, PIMA - {Operation.GET_PARTIAL_OBJECT})
    receipt = docked(archive, recorder)
    result = row(receipt, "DCIM/b.mp4")
    assert (result.status, result.code) == ("partial", "D011")
    assert result.salvaged is not None
    assert result.salvaged.unread[-1][1] + result.salvaged.unread[-1][0] == len(content)
    assert row(receipt, "DCIM/c.mp4").status == "ingested"
    assert link.sent < 20 * len(content)
