from __future__ import annotations

import hashlib
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from archive.cases import CaseNotOpenError, UnknownCaseError, close_case, open_case
from archive.catalogue.search import FindQuery
from archive.errors import ArchiveBusyError, NoSpaceError
from archive.opening import Archive, open_archive
from archive.store.area import Area, recorder_area
from archive.store.part import part_name
from archive.store.posix import path_of
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.errors import OfficerRefusedError, RecorderRefusedError
from ingest.readback import verify
from ingest.receipt import ClipResult, Receipt
from tests.fakes.recorders import GrowingRecorder, PulledRecorder


class Dock(Protocol):
    def __call__(self, source: FolderRecorder | None = None, **options: object) -> Receipt: ...


def row(receipt: Receipt, path: str) -> ClipResult:
    (found,) = [c for c in receipt.clips if c.path == path]
    return found


def events(archive: Archive, kind: str) -> list[dict[str, object]]:
    return [e.data for e in archive.reader.entries() if e.type == kind]


def test_every_byte_arrives_and_the_receipt_names_it(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    data = {"a.mp4": os.urandom(5_000_003), "b/c.mp4": b"", "文件.txt": "证据".encode()}
    (recorder / "b").mkdir()
    for name, content in data.items():
        (recorder / name).write_bytes(content)
    receipt = docked()
    assert receipt.whole
    assert receipt.recorder == "folder:recorder"
    for name, content in data.items():
        result = row(receipt, name)
        assert (result.status, result.size) == ("ingested", len(content))
        assert result.sha256 == hashlib.sha256(content).hexdigest()
        assert path_of(archive.store.folder, result.sha256).read_bytes() == content
        assert path_of(archive.store.folder, result.sha256).stat().st_mode & 0o777 == 0o444
    assert receipt.bytes == sum(map(len, data.values()))
    assert list(archive.store.incoming.iterdir()) == []
    assert receipt.checkpoint == archive.reader.checkpoint().decode()


def test_what_is_held_is_known_and_the_sighting_is_an_entry(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    (recorder / "a.mp4").write_bytes(b"first")
    first = docked()
    second = docked()
    assert row(second, "a.mp4").status == "known"
    assert row(second, "a.mp4").clip == row(first, "a.mp4").clip
    assert [e["by"] for e in events(archive, "clip.sighted_again")] == ["metadata"]


def test_a_file_changed_behind_its_metadata_is_found_by_reading_again(
    recorder: Path, docked: Dock
) -> None:
    file = recorder / "a.mp4"
    file.write_bytes(b"first")
    times = file.stat()
    first = docked()
    file.write_bytes(b"FIRST")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert row(docked(), "a.mp4").status == "known"  # by metadata, and the entry says so
    again = row(docked(reread=True), "a.mp4")
    assert again.status == "ingested"
    assert again.clip != row(first, "a.mp4").clip


def test_reading_again_finds_the_same_bytes_known(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    (recorder / "a.mp4").write_bytes(b"first" * 1000)
    first = docked()
    again = docked(reread=True)
    assert (row(again, "a.mp4").status, row(again, "a.mp4").clip) == (
        "known",
        row(first, "a.mp4").clip,
    )
    assert [e["by"] for e in events(archive, "clip.sighted_again")] == ["bytes"]
    assert list(archive.store.incoming.iterdir()) == []


def test_the_same_bytes_elsewhere_are_another_clip_on_one_object(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    for name in ("a.mp4", "b.mp4"):
        (recorder / name).write_bytes(b"same bytes")
    receipt = docked()
    a, b = row(receipt, "a.mp4"), row(receipt, "b.mp4")
    assert a.clip != b.clip
    assert a.sha256 == b.sha256
    other = docked(serial="OTHER")
    assert row(other, "a.mp4").status == "ingested"
    named = [e["same_as"] for e in events(archive, "clip.ingested")]
    assert named.count(None) == 1
    assert {n for n in named if n} <= {a.clip, b.clip}


def test_what_is_no_file_is_refused_and_named(recorder: Path, docked: Dock) -> None:
    os.mkfifo(recorder / "pipe")
    (recorder / "link").symlink_to("/etc/passwd")
    (recorder / "folder-link").symlink_to("/etc")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(recorder / "socket"))
    (recorder / "ok.mp4").write_bytes(b"ok")
    receipt = docked()
    refused = {c.path: c.code for c in receipt.clips if c.status == "refused"}
    assert refused == {"pipe": "fifo", "link": "link", "folder-link": "link", "socket": "socket"}
    assert all(c.reason and c.clip is None and c.sha256 is None for c in receipt.clips if c.code)
    assert row(receipt, "ok.mp4").status == "ingested"
    assert not receipt.whole


@pytest.mark.parametrize(
    "name", [b"new\nline.mp4", b"'quote\".mp4", b"x" * 251 + b".mp4", b"bad\xff\xfe.mp4"]
)
def test_odd_names_are_kept(recorder: Path, docked: Dock, name: bytes) -> None:
    (recorder / os.fsdecode(name)).write_bytes(b"odd")
    (result,) = docked().clips
    assert result.status == "ingested"
    assert (result.path_base64 is not None) == (b"\xff" in name)
    assert docked().clips[0].status == "known"


def test_a_marked_clip_comes_first_then_the_oldest(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    for name in (
        "DCAM_1_012345_20260117_101112.mp4",
        "DCAM_1_012345_20260117_091112.mp4",
        "DCAM_1_012345_20260117_111112_IMP.mp4",
    ):
        (recorder / name).write_bytes(name.encode())
    receipt = docked()
    assert [c.path[-14:-4] for c in receipt.clips] == ["111112_IMP", "117_091112", "117_101112"]
    assert receipt.clips[0].start == "2026-01-17T03:11:12Z"  # 11:11:12 in Asia/Shanghai
    assert receipt.late == 3
    archive.catalogue.catch_up()
    marked = archive.catalogue.clip(receipt.clips[0].clip or "")
    assert marked is not None
    assert marked.marked


def test_the_badge_in_a_name_is_noticed_as_an_officer(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    (recorder / "DCAM_1_012345_20260117_101112.mp4").write_bytes(b"x")
    docked()
    archive.catalogue.catch_up()
    officer = archive.catalogue.officer_by_badge("012345")
    assert officer is not None
    assert not officer.registered
    found = archive.catalogue.find(FindQuery(officer="012345"))
    assert [c.officer for c in found.clips] == ["012345"]
    assert found.clips[0].unit == "一中队"


def test_entries_hold_no_text_that_people_wrote(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    open_case(archive, actor="local-0", number="机密-1", title="酒驾")
    (recorder / "张三.mp4").write_bytes(b"x")
    docked(officer="警号77", serial="序列号88", case="机密-1")
    raw = b"".join(e.raw for e in archive.reader.entries()).decode()
    for text in ("张三", "77", "88", "机密", "酒驾", "一中队"):
        assert text not in raw.replace("2026-", "") or text.isdigit()
    assert "序列号" not in raw


def test_a_case_that_is_not_open_stops_before_anything_is_read(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    (recorder / "a.mp4").write_bytes(b"x")
    before = archive.ledger.size
    with pytest.raises(UnknownCaseError):
        docked(case="2026-0117")
    open_case(archive, actor="local-0", number="2026-0117")
    close_case(archive, actor="local-0", number="2026-0117")
    with pytest.raises(CaseNotOpenError):
        docked(case="2026-0117")
    assert archive.ledger.size == before + 2


def test_docking_for_a_case_links_new_clips_and_known_ones(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    (recorder / "a.mp4").write_bytes(b"a")
    docked()
    (recorder / "b.mp4").write_bytes(b"b")
    open_case(archive, actor="local-0", number="2026-0117")
    docked(case="2026-0117")
    docked(case="2026-0117")
    archive.catalogue.catch_up()
    assert archive.catalogue.find(FindQuery(case="2026-0117")).total == 2
    assert len(events(archive, "clip.linked")) == 2


def test_a_file_that_grows_while_it_is_read_is_refused_and_said(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    file = recorder / "growing.mp4"
    file.write_bytes(b"x" * 10_000)
    (result,) = docked(GrowingRecorder(recorder)).clips
    assert (result.status, result.code) == ("refused", "D012")
    assert "changes while it is read" in (result.reason or "")
    assert docked().clips[0].status == "ingested"
    assert list(archive.store.incoming.iterdir()) == []


def test_a_source_that_vanishes_is_said_and_goes_on_where_it_stopped(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    content = os.urandom(20 << 20)
    (recorder / "a.mp4").write_bytes(content)
    (result,) = docked(PulledRecorder(recorder, reads=6)).clips
    assert (result.status, result.code, result.sha256) == ("partial", "D010", None)
    (again,) = docked().clips
    assert again.sha256 == hashlib.sha256(content).hexdigest()
    (entry,) = events(archive, "clip.ingested")
    assert entry["resumed"] == 12 << 20
    assert path_of(archive.store.folder, again.sha256).read_bytes() == content
    assert list(archive.store.incoming.iterdir()) == []


def test_a_part_that_is_not_the_recorders_bytes_is_not_gone_on_with(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    file = recorder / "a.mp4"
    file.write_bytes(b"1" * (8 << 20))
    times = file.stat()
    docked(PulledRecorder(recorder, reads=2))
    file.write_bytes(b"2" * (8 << 20))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    (again,) = docked().clips
    assert again.sha256 == hashlib.sha256(b"2" * (8 << 20)).hexdigest()
    assert events(archive, "clip.ingested")[0]["resumed"] is None


def test_a_part_whose_clip_is_gone_becomes_an_object_of_its_own(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    file = recorder / "a.mp4"
    file.write_bytes(b"1" * (8 << 20))
    docked(PulledRecorder(recorder, reads=2))
    file.unlink()
    (recorder / "b.mp4").write_bytes(b"b")
    docked()
    (aside,) = events(archive, "object.set_aside")
    kept = aside["set_aside"]
    assert isinstance(kept, dict)
    assert kept["size"] == 4 << 20
    assert path_of(archive.store.folder, kept["object"]).read_bytes() == b"1" * (4 << 20)
    assert list(archive.store.incoming.iterdir()) == []


def test_a_part_that_a_power_cut_brings_back_beside_its_clip_goes_without_an_entry(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    """Its removal was not on the medium, and its object was there before it: two files of the same bytes."""
    file = recorder / "a.mp4"
    file.write_bytes(b"1" * 5000)
    known = docked()
    stat = file.stat()
    area = archive.store.incoming / recorder_area(known.recorder_id)
    area.mkdir()
    part = area / part_name(b"a.mp4", stat.st_size, stat.st_mtime_ns)
    part.write_bytes(b"1" * 5000)
    part.with_suffix(".journal").write_text(f"5000 {hashlib.sha256(b'1' * 5000).hexdigest()}\n")
    assert docked().whole
    assert list(archive.store.incoming.iterdir()) == []
    assert events(archive, "object.set_aside") == []


def test_a_disk_without_room_stops_the_docking_and_keeps_what_was_before(
    recorder: Path, docked: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        (recorder / f"{n}.mp4").write_bytes(b"%d" % n * 1000)
    monkeypatch.setattr(Archive, "free_bytes", lambda _: 0)
    receipt = docked()
    assert isinstance(receipt.stopped, NoSpaceError)
    assert {c.code for c in receipt.clips} == {"no_space"}
    monkeypatch.undo()
    assert docked().whole


def test_a_cancelled_docking_keeps_what_it_has(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    for n in range(5):
        (recorder / f"{n}.mp4").write_bytes(os.urandom(30 << 20))
    receipt = docked(cancelled=lambda: True)
    assert receipt.ended_early == "I010"
    assert docked().whole
    assert len(events(archive, "clip.ingested")) == 5


def test_one_recorder_is_docked_by_one_program_at_a_time(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    (recorder / "a.mp4").write_bytes(b"x")
    docked(serial="A1")
    archive.catalogue.catch_up()
    known = archive.catalogue.recorder_by_serial("A1")
    assert known is not None
    with (
        Area(archive.store.incoming, recorder_area(known.id), archive.disk),
        pytest.raises(ArchiveBusyError),
    ):
        docked(serial="A1")


def test_settings_may_refuse_whom_nobody_registered(root: Path, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(b"x")
    settings = root / "muniment.toml"
    text = settings.read_text()
    for who, error in (("recorder", RecorderRefusedError), ("officer", OfficerRefusedError)):
        settings.write_text(text.replace(f'{who} = "accept"', f'{who} = "refuse"'))
        with open_archive(root, write=True) as archive, FolderRecorder(recorder) as source:
            with pytest.raises(error):
                dock(
                    archive,
                    source,
                    serial="A1",
                    officer="7",
                    case=None,
                    reread=False,
                    actor="local-0",
                )
            assert events(archive, "docking.refused")[-1]["code"] == f"unregistered_{who}"
            assert events(archive, "clip.ingested") == []


def test_settings_may_quarantine_what_nobody_registered(root: Path, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(b"x")
    settings = root / "muniment.toml"
    settings.write_text(
        settings.read_text().replace('recorder = "accept"', 'recorder = "quarantine"')
    )
    with open_archive(root, write=True) as archive, FolderRecorder(recorder) as source:
        open_case(archive, actor="local-0", number="1")
        receipt = dock(
            archive, source, serial="A1", officer=None, case="1", reread=False, actor="local-0"
        )
        assert (receipt.clips[0].status, receipt.clips[0].code) == (
            "quarantined",
            "unregistered_recorder",
        )
        assert receipt.clips[0].sha256 is not None
        assert events(archive, "clip.linked") == []


def test_reading_back_says_verified_only_of_equal_bytes(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    for name in ("a.mp4", "b.mp4"):
        (recorder / name).write_bytes(name.encode() * 1000)
    receipt = docked()
    broken = path_of(archive.store.folder, row(receipt, "b.mp4").sha256 or "")
    broken.chmod(0o644)
    broken.write_bytes(b"changed")
    failures = verify(archive, receipt.docking, actor="local-0")
    assert [(f.clip, f.code) for f in failures] == [(row(receipt, "b.mp4").clip, "differs")]
    assert len(events(archive, "clip.verified")) == 1
    assert len(verify(archive, receipt.docking, actor="local-0")) == 1


def test_a_clip_made_more_than_a_day_ago_is_late(recorder: Path, docked: Dock) -> None:
    for name, hours in (("old.mp4", 25), ("new.mp4", 23)):
        file = recorder / name
        file.write_bytes(name.encode())
        moment = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
        os.utime(file, (moment, moment))
    assert docked().late == 1


def test_until_when_a_clip_has_to_be_stored_is_what_the_rules_say(
    archive: Archive, recorder: Path, docked: Dock
) -> None:
    rules = archive.root / "rules" / "agency.toml"
    rules.parent.mkdir()
    rules.write_text(
        'format = 1\n[rules]\nlevel = "agency"\nplace = "x"\ntitle = { zh = "本", en = "Own" }\n'
        '[[deadline]]\nid = "upload"\nbegins = "recording_ended"\nends = "archived"\n'
        'within = "12 hours"\nrolls = false\nclause = { zh = "一", en = "1" }\n'
        'source = { zh = "办法", en = "M" }\nin_force = 2019-01-01\n'
    )
    for name, hours in (("a.mp4", 13), ("b.mp4", 11)):
        (recorder / name).write_bytes(name.encode())
        moment = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
        os.utime(recorder / name, (moment, moment))
    assert docked().late == 1
    rules.write_text("no rules at all")  # evidence waits for no rule: the country's count
    (recorder / "c.mp4").write_bytes(b"c")
    moment = (datetime.now(UTC) - timedelta(hours=25)).timestamp()
    os.utime(recorder / "c.mp4", (moment, moment))
    assert docked().late == 1


@pytest.mark.parametrize("ns", [-(2**62), 2**62, 0, 10**18])
def test_any_modification_time_is_kept(recorder: Path, docked: Dock, ns: int) -> None:
    file = recorder / "a.mp4"
    file.write_bytes(b"x")
    os.utime(file, ns=(ns, ns))
    assert docked().whole
    assert docked().clips[0].status == "known"
