"""What passes for held: never another file at an old one's path, and what is held belongs where new clips would."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.cases import open_case
from archive.opening import Archive
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.readback import verify
from ingest.receipt import Receipt
from ingest.release import release

ACTOR = "local-0"
_Settle = Callable[[str], Archive]


def secured(
    archive: Archive, recorder: Path, *, case: str | None = None, reread: bool = False
) -> Receipt:
    with FolderRecorder(recorder) as source:
        return dock(
            archive, source, serial="A1", officer=None, case=case, reread=reread, actor=ACTOR
        )


def secured_and_erased(archive: Archive, recorder: Path) -> Receipt:
    with FolderRecorder(recorder) as source:
        receipt = dock(
            archive, source, serial="A1", officer=None, case=None, reread=False, actor=ACTOR
        )
        assert verify(archive, receipt.docking, actor=ACTOR) == []
        done = release(archive, source, receipt, policy="by-hand", actor=ACTOR)
    assert (done.erased, done.kept, done.stopped) == (len(receipt.clips), [], None)
    return receipt


def write(file: Path, content: bytes, time: int) -> str:
    file.write_bytes(content)
    os.utime(file, (time, time))
    return hashlib.sha256(content).hexdigest()


def test_a_name_that_a_recorder_gives_again_after_an_erasure_is_another_clip(
    archive: Archive, recorder: Path
) -> None:
    """Its battery was flat: its clock begins at the same second each time."""
    file = recorder / "REC0001.mp4"
    digests = [write(file, b"a" * 1000, 946_684_800)]
    first = secured_and_erased(archive, recorder)
    digests.append(write(file, b"b" * 1000, 946_684_800))
    second = secured_and_erased(archive, recorder)
    assert [r.clips[0].status for r in (first, second)] == ["ingested", "ingested"]
    assert [r.clips[0].sha256 for r in (first, second)] == digests
    assert first.clips[0].clip != second.clips[0].clip


def test_a_clip_that_is_back_after_its_erasure_is_known_by_its_bytes(
    archive: Archive, recorder: Path
) -> None:
    write(recorder / "a.mp4", b"a" * 1000, 946_684_800)
    first = secured_and_erased(archive, recorder)
    write(recorder / "a.mp4", b"a" * 1000, 946_684_800)
    again = secured(archive, recorder)
    assert (again.clips[0].status, again.clips[0].clip) == ("known", first.clips[0].clip)


def test_where_no_time_is_said_the_bytes_tell(archive: Archive, recorder: Path) -> None:
    write(recorder / "a.mp4", b"a" * 1000, 0)
    first = secured(archive, recorder).clips[0]
    same = secured(archive, recorder).clips[0]
    assert (same.status, same.clip) == ("known", first.clip)
    digest = write(recorder / "a.mp4", b"b" * 1000, 0)
    other = secured(archive, recorder).clips[0]
    assert (other.status, other.sha256) == ("ingested", digest)


@pytest.mark.parametrize("reread", [False, True])
def test_a_known_clip_is_linked_to_the_docking_s_case_once(
    archive: Archive, recorder: Path, *, reread: bool
) -> None:
    (recorder / "a.mp4").write_bytes(b"a")
    clip = secured(archive, recorder).clips[0].clip
    case = open_case(archive, actor=ACTOR, number="7")
    for _ in range(2):
        assert secured(archive, recorder, case="7", reread=reread).clips[0].status == "known"
    links = [e.data for e in archive.reader.entries() if e.type == "clip.linked"]
    assert [link["case"] for link in links] == [case]
    archive.catalogue.catch_up()
    row = archive.catalogue.clip(clip or "")
    assert row is not None
    assert row.cases == ("7",)
