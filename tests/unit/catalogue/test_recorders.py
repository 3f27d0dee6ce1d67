"""What the catalogue knows of recorders: who had one when, clocks, twins, and what waits for a person."""

from __future__ import annotations

from archive.catalogue.search import FindQuery, Scope
from tests.unit.catalogue.story import MemoryArchive, Story


def test_an_assignment_is_a_stretch_of_time_whatever_the_order_of_telling(
    archive: MemoryArchive, story: Story
) -> None:
    recorder = story.recorder("A1")
    story.assigned(recorder, "officer-2", "2026-03-01T00:00:00Z")
    story.assigned(recorder, "officer-1", "2026-01-01T08:00:00+08:00", unit="unit-1")
    story.assigned(recorder, None, "2026-03-01T00:00:00Z")
    story.event("recorder.assigned", recorder, {"officer": "officer-9", "from": "yesterday"})
    archive.catalogue.catch_up()
    found = archive.catalogue.assignments(recorder)
    assert [(a.officer_id, a.unit_id, a.from_) for a in found] == [
        ("officer-1", "unit-1", "2026-01-01T08:00:00+08:00"),
        ("officer-2", None, "2026-03-01T00:00:00Z"),
        (None, None, "2026-03-01T00:00:00Z"),
    ]
    assert [a.reason for a in found] == ["handed over"] * 3
    assert archive.catalogue.assignments("recorder-0") == []


def test_what_a_recorder_says_of_itself_fills_what_nobody_registered(
    archive: MemoryArchive, story: Story
) -> None:
    recorder = story.recorder("A1")
    story.docking(recorder, source="mtp", make="maker", model="one", second_serial="S-1")
    story.docking(recorder, source="mtp", model="two", firmware="1.2", port="1-1", battery=40)
    archive.catalogue.catch_up()
    row = archive.catalogue.recorder(recorder)
    assert row is not None
    assert (row.make, row.model, row.firmware, row.second_serial) == ("maker", "two", "1.2", "S-1")
    docking, _ = archive.catalogue.dockings()
    assert (docking.source_kind, docking.port, docking.battery) == ("mtp", "1-1", 40)
    assert (docking.make, docking.model, docking.firmware) == (None, "two", "1.2")
    story.event(
        "recorder.registered",
        recorder,
        {"unit": None, "officer": None},
        {"serial": "A1", "make": "as bought"},
    )
    archive.catalogue.catch_up()
    row = archive.catalogue.recorder_by_serial("A1")
    assert row is not None
    assert (row.make, row.model) == ("as bought", "two")


def test_a_clock_drifts_until_it_is_measured_to_drift_less(
    archive: MemoryArchive, story: Story
) -> None:
    good, bad, unsure = (story.recorder(serial) for serial in ("good", "bad", "unsure"))
    story.clock_read(good, drift=(2_900, 50))
    story.clock_read(bad, drift=(-4_000, 500), offset_us=-7)
    story.clock_read(unsure, drift=(20_000, 18_000))
    story.clock_set(bad)
    story.clock_read(bad, drift=None)
    archive.catalogue.catch_up()
    (found,) = archive.catalogue.drifting(3_000)
    assert (found.recorder, found.drift_ms_per_day, found.offset_us) == ("bad", -4_000, -7)
    assert [c.was_set for c in archive.catalogue.clock_readings(bad)] == [False, True, False]
    assert len(archive.catalogue.clock_readings(bad, limit=1)) == 1
    story.clock_read(bad, drift=(100, 500))
    archive.catalogue.catch_up()
    assert archive.catalogue.drifting(3_000) == []


def test_twins_wait_until_the_register_says_something_new(
    archive: MemoryArchive, story: Story
) -> None:
    recorder = story.recorder("A1")
    assert not archive.catalogue.had_twins(recorder)
    story.twins(recorder, "1-1", "1-2")
    story.twins(recorder, "1-1", "1-4")
    archive.catalogue.catch_up()
    (found,) = archive.catalogue.twins()
    assert (found.recorder, found.ports) == ("A1", ("1-1", "1-4"))
    story.assigned(recorder, "officer-1")
    archive.catalogue.catch_up()
    assert archive.catalogue.twins() == []
    assert archive.catalogue.had_twins(recorder)
    story.twins(recorder, "1-3", "1-4")
    archive.catalogue.catch_up()
    assert len(archive.catalogue.twins()) == 1


def test_clips_in_quarantine_wait_docking_by_docking_until_they_are_accepted(
    archive: MemoryArchive, story: Story
) -> None:
    recorder = story.recorder("A1")
    docking = story.docking(recorder)
    apart = [
        story.clip(f"{n}.mp4", docking=docking, recorder=recorder, quarantined=True)
        for n in range(2)
    ]
    free = story.clip("2.mp4", docking=docking, recorder=recorder)
    archive.catalogue.catch_up()
    (found,) = archive.catalogue.quarantined()
    assert (found.docking, found.recorder, found.clips) == (docking, "A1", 2)
    assert found.bytes == sum(c.size for c in archive.catalogue.clips_of(docking, quarantined=True))
    assert [c.clip for c in archive.catalogue.clips_of(docking, quarantined=False)] == [free]
    assert len(archive.catalogue.clips_of(docking)) == 3
    officer = story.officer("012345")
    story.accepted(apart[0], officer, "unit-7")
    archive.catalogue.catch_up()
    (found,) = archive.catalogue.quarantined()
    assert found.clips == 1
    row = archive.catalogue.clip(apart[0])
    assert row is not None
    assert (row.quarantined, row.accepted, row.officer, row.unit_id) == (
        False,
        True,
        "012345",
        "unit-7",
    )
    # A receipt says for ever what it said when it was given.
    assert [c.status for c in archive.catalogue.docking_clips(docking)] == [
        "quarantined",
        "quarantined",
        "ingested",
    ]


def test_whoever_a_clip_was_given_to_sees_it_and_whoever_it_was_taken_from_does_not(
    archive: MemoryArchive, story: Story
) -> None:
    clip = story.clip(officer="officer-1", unit="unit-1")
    story.reassigned(clip, "officer-2", "unit-2")
    archive.catalogue.catch_up()
    seen = {
        who: [c.clip for c in archive.catalogue.find(FindQuery(scope=scope)).clips]
        for who, scope in {
            "before": Scope(officers=frozenset({"officer-1"})),
            "unit before": Scope(units=frozenset({"unit-1"})),
            "now": Scope(officers=frozenset({"officer-2"})),
            "unit now": Scope(units=frozenset({"unit-2"})),
        }.items()
    }
    assert seen == {"before": [], "unit before": [], "now": [clip], "unit now": [clip]}


def test_a_dispute_lasts_until_it_is_settled_and_a_later_one_counts_anew(
    archive: MemoryArchive, story: Story
) -> None:
    recorder, one, other = story.recorder("A1"), story.officer("1"), story.officer("2")
    docking, next_docking = story.docking(recorder), story.docking(recorder)
    story.disputed(docking, one, other, by="device", clips=3)
    story.disputed(next_docking, one, other)
    archive.catalogue.catch_up()
    found, later = archive.catalogue.disputes()
    assert (found.assigned, found.carried, found.by, found.clips) == ("1", "2", "device", 3)
    assert later.docking == next_docking
    story.settled(docking, other)
    archive.catalogue.catch_up()
    assert archive.catalogue.disputes(docking) == []
    assert [d.docking for d in archive.catalogue.disputes()] == [next_docking]
    story.settled(docking, one)
    archive.catalogue.catch_up()
    ended = "SELECT settled_index FROM disputes WHERE settled_index IS NOT NULL"
    assert archive.catalogue._file.rows(ended, {}) == [(archive.ledger.size() - 2,)]
    story.disputed(docking, other, one)
    archive.catalogue.catch_up()
    assert len(archive.catalogue.disputes(docking)) == 1


def test_a_clip_shows_that_it_was_erased_from_its_recorder(
    archive: MemoryArchive, story: Story
) -> None:
    clip, kept = story.clip("1.mp4"), story.clip("2.mp4")
    story.erased(clip)
    archive.catalogue.catch_up()
    rows = {c.clip: c.erased_at for c in archive.catalogue.find(FindQuery()).clips}
    assert rows == {clip: archive.ledger.entry(2).time, kept: None}


def test_the_bytes_of_a_stretch_of_days_are_known(archive: MemoryArchive, story: Story) -> None:
    docking = story.docking(story.recorder("A1"))
    story.event("docking.ended", docking, {"bytes": 70})
    archive.catalogue.catch_up()
    assert archive.catalogue.secured_bytes("2026-01-18T00:00:00Z") == 70
    assert archive.catalogue.secured_bytes("2026-02-18T00:00:00Z") == 0
