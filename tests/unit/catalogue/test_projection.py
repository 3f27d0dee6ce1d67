from __future__ import annotations

import base64

import pytest

from archive.catalogue.rows import ClipRow
from archive.catalogue.search import FindQuery
from tests.unit.catalogue.story import MemoryArchive, Story


def only(archive: MemoryArchive) -> ClipRow:
    archive.catalogue.catch_up()
    (clip,) = archive.catalogue.find(FindQuery()).clips
    return clip


def test_a_clip_shows_what_its_entries_say(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip(
        "a/b.mp4", original={"object": "a" * 64, "size": 5, "sm3": "b" * 64}, marked=True, late=True
    )
    story.event(
        "clip.verified", clip, {"docking": "docking-1", "original": {"object": "a" * 64, "size": 5}}
    )
    story.examined(clip, damaged=True, damage=["cut"], playable=False, rate="30/1")
    row = only(archive)
    assert (row.clip, row.path, row.sha256, row.sm3, row.size) == (
        clip,
        "a/b.mp4",
        "a" * 64,
        "b" * 64,
        5,
    )
    assert (row.duration, row.container, row.video, row.rate) == (60.0, "mp4", "h264", "30/1")
    assert (row.damaged, row.damage, row.playable, row.marked, row.late) == (
        True,
        ("cut",),
        False,
        True,
        True,
    )
    assert row.verified_at == archive.ledger.entry(1).time
    assert row.examined


def test_a_file_name_says_more_about_the_start_than_a_container(
    archive: MemoryArchive, story: Story
) -> None:
    clip = story.clip(source="name", text={"start_raw": "20260117_160000"})
    story.examined(clip, created="2026-01-17T09:00:00Z")
    row = only(archive)
    assert (row.start, row.start_source, row.start_raw) == (
        "2026-01-17T08:00:00Z",
        "name",
        "20260117_160000",
    )


@pytest.mark.parametrize("source", ["modified", None])
def test_a_container_says_more_than_a_modification_time(
    archive: MemoryArchive, story: Story, source: str | None
) -> None:
    case = story.case("1")
    clip = story.clip(
        source=source, start="2026-01-17T08:00:00Z" if source else None, offset_ms=-1500
    )
    story.link(clip, case)
    archive.catalogue.catch_up()
    story.examined(clip, created="2026-01-17T09:00:00Z")
    later = story.clip(start="2026-01-17T08:30:00Z")
    story.link(later, case)
    archive.catalogue.catch_up()
    first, second = archive.catalogue.find(FindQuery(case="1")).clips
    assert (first.clip, second.clip) == (later, clip)
    assert second.start == "2026-01-17T08:59:58.500000Z"
    assert (second.start_source, second.start_raw) == ("container", "2026-01-17T09:00:00Z")


def test_a_container_time_beyond_the_calendar_is_none(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip(source="modified", offset_ms=10**9)
    story.examined(clip, created="9999-12-31T23:59:59Z")
    assert only(archive).start_source == "modified"


def test_a_start_that_is_no_time_is_unknown(archive: MemoryArchive, story: Story) -> None:
    story.clip(start="some day")
    row = only(archive)
    assert (row.start, row.start_source) == (None, None)


def test_an_examination_that_could_not_tell_the_kind_leaves_it(
    archive: MemoryArchive, story: Story
) -> None:
    story.examined(story.clip(kind="document"), kind=None)
    assert only(archive).kind == "document"


def test_a_path_that_is_not_utf8_is_held_by_its_bytes(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip("\\xff.mp4", text={"path_base64": base64.b64encode(b"\xff.mp4").decode()})
    catalogue = archive.catalogue
    modified = "2026-01-17T08:00:00.000000000Z"
    assert catalogue.held("recorder-1", b"\xff.mp4", 101, modified) == clip
    assert catalogue.held("recorder-1", b"\\xff.mp4", 101, modified) is None
    assert catalogue.held_many("recorder-1") == {(b"\xff.mp4", 101, modified): clip}


def test_held_answers_with_the_newest_clip_of_a_path(archive: MemoryArchive, story: Story) -> None:
    original = {"object": "a" * 64, "size": 5}
    first, second = story.clip(original=original), story.clip(original=original)
    catalogue = archive.catalogue
    assert (
        catalogue.held("recorder-1", b"DCIM/1.mp4", 5, "2026-01-17T08:00:00.000000000Z") == second
    )
    assert catalogue.held("recorder-2", b"DCIM/1.mp4", 5, "2026-01-17T08:00:00.000000000Z") is None
    assert catalogue.clip_with_object("a" * 64) == first
    assert catalogue.clip_with_object("b" * 64) is None


def test_every_object_that_any_entry_names_is_known(archive: MemoryArchive, story: Story) -> None:
    story.event(
        "new.kind", "clip-9", {"deep": [{"object": "c" * 64, "size": 7}], "object": "d" * 64}
    )
    story.event("new.kind", "clip-9", {"object": "d" * 64, "size": 8})
    assert dict(archive.catalogue.objects()) == {"c" * 64: 7, "d" * 64: 8}
    assert archive.catalogue.is_named("c" * 64)
    assert not archive.catalogue.is_named("e" * 64)


def test_a_type_nobody_knows_is_a_custody_event(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip()
    story.event("clip.blessed", clip, {"by": "x"}, {"note": "祝"})
    rows = archive.catalogue.custody(clip)
    assert [row.type for row in rows] == ["clip.ingested", "clip.blessed"]
    assert (rows[1].data["by"], rows[1].written) == ("x", {"note": "祝"})


@pytest.mark.parametrize(
    "type_", ["clip.ingested", "clip.linked", "rendition.made", "account.added", "docking.started"]
)
def test_an_entry_that_lacks_what_its_type_calls_for_is_a_custody_event(
    archive: MemoryArchive, story: Story, type_: str
) -> None:
    story.event(type_, "x-1", {"original": {"object": 3}, "text": 4})
    assert archive.catalogue.catch_up() == 1
    assert [row.type for row in archive.catalogue.custody("x-1")] == [type_]
    assert archive.catalogue.find(FindQuery()).total == 0


def test_a_clip_whose_text_was_disposed_of_is_still_there(
    archive: MemoryArchive, story: Story
) -> None:
    clip = story.clip()
    archive.texts.rows.clear()
    row = only(archive)
    assert (row.clip, row.path) == (clip, None)
    assert archive.catalogue.held_many("recorder-1") == {}


def test_a_docking_shows_its_receipt_again(archive: MemoryArchive, story: Story) -> None:
    case = story.case("2026-1")
    docking = story.docking(story.recorder("SN1"), case=case)
    new = story.clip("new.mp4", docking=docking)
    bad = story.clip("odd.mp4", docking=docking, quarantined=True)
    old = story.clip("old.mp4")
    story.event("clip.sighted_again", old, {"docking": docking, "by": "metadata"})
    refused = {"path": "fifo", "reason": "a FIFO"}
    story.event("clip.refused", docking, {"code": "I010", "partial": False}, refused)
    story.event(
        "clip.refused",
        docking,
        {"code": "I011", "partial": True},
        {"path": "cut", "reason": "pulled out"},
    )
    counts = {"ingested": 1, "known": 1, "refused": 1, "partial": 1, "quarantined": 1}
    rest = {"bytes": 9, "milliseconds": 5, "late": 0, "stopped": None}
    archive.catalogue.catch_up()
    assert archive.catalogue.docking(docking).ended_at is None  # type: ignore[union-attr]
    story.event("docking.ended", docking, {**counts, **rest})
    archive.catalogue.catch_up()
    row = archive.catalogue.docking(docking)
    assert row is not None
    assert (row.recorder, row.case, row.source, row.profile) == ("SN1", "2026-1", "card", "generic")
    assert (row.ingested, row.partial, row.bytes) == (1, 1, 9)
    assert row.ended_at is not None
    assert archive.catalogue.dockings(1) == [row]
    lines = [(c.path, c.status, c.clip, c.code) for c in archive.catalogue.docking_clips(docking)]
    assert lines == [
        ("new.mp4", "ingested", new, None),
        ("odd.mp4", "quarantined", bad, None),
        ("old.mp4", "known", old, None),
        ("fifo", "refused", None, "I010"),
        ("cut", "partial", None, "I011"),
    ]


def test_what_is_still_to_be_done_is_known(archive: MemoryArchive, story: Story) -> None:
    new, looked_at, done, plain = (story.clip() for _ in range(4))
    facts = {"facts": {"object": "f" * 64, "size": 7}}
    story.examined(looked_at)
    story.examined(done, **facts)
    story.examined(plain, video=None, width=None, height=None, **facts)
    archive.catalogue.catch_up()
    due = [(c.clip, c.examined) for c in archive.catalogue.unexamined()]
    assert due == [(new, False), (looked_at, True)]
    story.rendition(done)
    assert [c.clip for c in archive.catalogue.unexamined([done, looked_at])] == [looked_at]
    assert [c.clip for c in archive.catalogue.unverified("docking-1")] == [
        new,
        looked_at,
        done,
        plain,
    ]
    story.event("clip.verified", new, {"docking": "docking-1"})
    archive.catalogue.catch_up()
    assert [c.clip for c in archive.catalogue.unverified()] == [looked_at, done, plain]
    (rendition,) = archive.catalogue.renditions(done)
    assert (rendition.kind, rendition.parameters, rendition.tool) == (
        "poster",
        {"width": 640},
        "av",
    )


def test_the_registers_answer_by_id_and_by_name(archive: MemoryArchive, story: Story) -> None:
    unit = story.unit("第一中队")
    officer, recorder = story.officer("007", unit=unit), story.recorder("SN1")
    account = {"role": "supervisor", "unit": unit, "officer": officer}
    story.event("account.added", "account-1", account, {"name": "li"})
    story.event("account.password_set", "account-1")
    catalogue = archive.catalogue
    catalogue.catch_up()
    assert catalogue.unit_by_name("第一中队") == catalogue.unit(unit) == catalogue.units()[0]
    assert (
        catalogue.officer_by_badge(" 007 ") == catalogue.officer(officer) == catalogue.officers()[0]
    )
    assert (
        catalogue.recorder_by_serial("SN1")
        == catalogue.recorder(recorder)
        == catalogue.recorders()[0]
    )
    found = catalogue.account_by_name("li")
    assert found == catalogue.account("account-1") == catalogue.accounts()[0]
    assert found is not None
    assert (found.role, found.officer_id, found.disabled) == ("supervisor", officer, False)
    story.event("account.disabled", "account-1")
    catalogue.catch_up()
    after = catalogue.account("account-1")
    assert after is not None
    assert (after.name, after.role, after.disabled) == ("li", "supervisor", True)
    assert catalogue.unit("unit-x") is None
    assert catalogue.officer_by_badge("8") is None
    assert catalogue.recorder_by_serial("8") is None
    assert catalogue.account_by_name("x") is None


def test_a_registered_recorder_comes_before_one_that_was_only_noticed(
    archive: MemoryArchive, story: Story
) -> None:
    story.recorder("SN1")
    story.event(
        "recorder.registered", "recorder-z", {"unit": None, "officer": None}, {"serial": "SN1"}
    )
    found = archive.catalogue.recorder_by_serial("SN1")
    assert found is not None
    assert (found.id, found.registered) == ("recorder-z", True)
