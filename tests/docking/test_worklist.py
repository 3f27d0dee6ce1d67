"""What waits for a person, and that the person's word is kept, with its reason, before anything follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.access import Reach
from archive.cases import close_case, open_case
from archive.catalogue.rows import ClipRow
from archive.events import Event
from archive.ids import new_id
from archive.ledger.entry import Entry
from archive.opening import Archive, open_archive
from devices.recorder import RecorderFacts
from ingest.docking import dock
from ingest.errors import NothingWaitsError, UnknownDockingError
from ingest.linking import link_clips
from ingest.receipt import Receipt
from ingest.worklist import accept, settle, work_list
from tests.fakes.talking import TalkingRecorder

ACTOR = "local-0"
DAY = ("2026-01-17T00:00:00+08:00", "2026-01-18T00:00:00+08:00")


@pytest.fixture
def strict(root: Path) -> Iterator[Archive]:
    """Takes unregistered recorders apart."""
    settings = root / "muniment.toml"
    settings.write_text(
        settings.read_text().replace('recorder = "accept"', 'recorder = "quarantine"')
    )
    with open_archive(root, write=True) as archive:
        yield archive


def officer(archive: Archive, badge: str, unit: str | None = None) -> str:
    event = Event(
        type="officer.registered",
        subject=new_id("officer"),
        actor=ACTOR,
        data={"unit": unit},
        text={"badge": badge},
    )
    archive.record([event])
    return event.subject


def register(archive: Archive, officer_id: str) -> None:
    archive.catalogue.catch_up()
    noticed = archive.catalogue.recorder_by_serial("SN-1")
    event = Event(
        type="recorder.registered",
        subject=new_id("recorder") if noticed is None else noticed.id,
        actor=ACTOR,
        data={"unit": None, "officer": officer_id},
        text={"serial": "SN-1"},
    )
    archive.record([event])


def secured(
    archive: Archive, recorder: Path, *, badge: str | None = None, case: str | None = None
) -> Receipt:
    facts = RecorderFacts(transport="mtp", serial="SN-1", badge=badge)
    with TalkingRecorder(recorder, facts) as source:
        return dock(
            archive, source, serial=None, officer=None, case=case, reread=False, actor=ACTOR
        )


def write(recorder: Path, badge: str, time: str) -> None:
    (recorder / f"DCAM_A1_{badge}_20260117_{time}.mp4").write_bytes(f"{badge} {time}".encode())


def opened(archive: Archive, number: str, *officers: str) -> str:
    begin, end = (datetime.fromisoformat(text) for text in DAY)
    return open_case(archive, actor=ACTOR, number=number, officers=officers, from_=begin, to=end)


def clips(archive: Archive, docking: str) -> list[ClipRow]:
    archive.catalogue.catch_up()
    return archive.catalogue.clips_of(docking)


def entries(archive: Archive, type_: str) -> list[Entry]:
    return [entry for entry in archive.reader.entries() if entry.type == type_]


def test_accepted_clips_are_linked_as_they_would_have_been(strict: Archive, recorder: Path) -> None:
    one = officer(strict, "1", "unit-1")
    named, ruled = opened(strict, "named"), opened(strict, "ruled", one)
    write(recorder, "9", "120000")
    (recorder / "b.bin").write_bytes(b"b")
    docking = secured(strict, recorder, case="named").docking
    strict.catalogue.catch_up()
    (waiting,) = work_list(strict.catalogue).quarantined
    assert (waiting.docking, waiting.clips) == (docking, 2)
    assert [clip.cases for clip in clips(strict, docking)] == [(), ()]
    done = accept(strict, docking=docking, officer=one, reason="our spare one", actor="local-7")
    assert len(done.clips) == 2
    assert {case for _, case in done.linked} == {ruled}
    assert named not in {case for _, case in done.linked}
    rows = clips(strict, docking)
    assert [(c.quarantined, c.officer, c.unit_id) for c in rows] == [(False, "1", "unit-1")] * 2
    assert sorted(case for clip in rows for case in clip.cases) == ["named", "named", "ruled"]
    assert len(work_list(strict.catalogue)) == 0
    custody = strict.catalogue.custody(done.clips[0])
    (word,) = [event for event in custody if event.type == "clip.accepted"]
    assert (word.actor, word.written["reason"]) == ("local-7", "our spare one")
    with pytest.raises(NothingWaitsError):
        accept(strict, docking=docking, officer=None, reason="again", actor=ACTOR)


def test_whose_accepted_clips_are_stays_where_nobody_says_another(
    strict: Archive, recorder: Path
) -> None:
    opened(strict, "closed meanwhile")
    write(recorder, "9", "120000")
    docking = secured(strict, recorder, case="closed meanwhile").docking
    close_case(strict, actor=ACTOR, number="closed meanwhile")
    (before,) = clips(strict, docking)
    accept(strict, docking=docking, officer=None, reason="known to us", actor=ACTOR)
    (after,) = clips(strict, docking)
    assert (after.officer, after.unit_id) == (before.officer, before.unit_id)
    assert after.officer == "9"
    assert after.cases == ()


def test_a_clip_in_quarantine_is_linked_by_no_later_docking(
    strict: Archive, recorder: Path
) -> None:
    one = officer(strict, "1")
    opened(strict, "named")
    write(recorder, "1", "120000")
    docking = secured(strict, recorder).docking
    register(strict, one)
    assert secured(strict, recorder, case="named").clips[0].status == "known"
    (clip,) = clips(strict, docking)
    assert (clip.quarantined, clip.cases) == (True, ())


def test_until_it_is_accepted_a_clip_is_in_no_case(strict: Archive, recorder: Path) -> None:
    write(recorder, "9", "120000")
    docking = secured(strict, recorder).docking
    (clip,) = clips(strict, docking)
    opened(strict, "1", clip.officer_id or "")
    assert link_clips(strict, actor=ACTOR, clips=[clip.clip]) == []


def test_a_word_on_what_does_not_wait_is_refused(archive: Archive, recorder: Path) -> None:
    docking = secured(archive, recorder).docking
    size = archive.reader.size()
    with pytest.raises(NothingWaitsError):
        settle(archive, docking=docking, officer="officer-1", reason="r", actor=ACTOR)
    with pytest.raises(UnknownDockingError):
        accept(archive, docking="docking-0", officer=None, reason="r", actor=ACTOR)
    with pytest.raises(UnknownDockingError):
        settle(archive, docking="docking-0", officer="officer-1", reason="r", actor=ACTOR)
    assert archive.reader.size() == size


def test_a_settled_dispute_moves_the_clips_that_carry_the_other_badge_and_no_others(
    archive: Archive, recorder: Path
) -> None:
    one, two = officer(archive, "1", "unit-1"), officer(archive, "2", "unit-2")
    register(archive, one)
    case = opened(archive, "1", two)
    for badge, time in (("1", "100000"), ("2", "110000"), ("2", "120000")):
        write(recorder, badge, time)
    (recorder / "b.bin").write_bytes(b"b")
    docking = secured(archive, recorder).docking
    archive.catalogue.catch_up()
    (dispute,) = work_list(archive.catalogue).disputes
    assert (dispute.assigned, dispute.carried, dispute.clips) == ("1", "2", 2)
    done = settle(archive, docking=docking, officer=two, reason="he wore it", actor=ACTOR)
    assert len(done.clips) == 2
    assert [pair[1] for pair in done.linked] == [case, case]
    rows = {clip.path or "": clip for clip in clips(archive, docking)}
    moved = {path for path, clip in rows.items() if clip.officer == "2"}
    assert moved == {path for path in rows if "_2_" in path}
    assert {rows[path].unit_id for path in moved} == {"unit-2"}
    assert len(work_list(archive.catalogue)) == 0
    # Rights follow: who it was taken from no longer reaches it.
    mine = Reach(all=False, units=frozenset({"unit-1"}), officers=frozenset({one}))
    assert not any(mine.covers(rows[path]) for path in moved)


def test_what_the_device_carries_disputes_every_clip_and_the_register_may_be_right(
    archive: Archive, recorder: Path
) -> None:
    one = officer(archive, "1")
    register(archive, one)
    (recorder / "a.mp4").write_bytes(b"a")
    (recorder / "b.mp4").write_bytes(b"b")
    docking = secured(archive, recorder, badge="222222").docking
    archive.catalogue.catch_up()
    (dispute,) = work_list(archive.catalogue).disputes
    assert (dispute.by, dispute.carried, dispute.clips) == ("device", "222222", 2)
    done = settle(archive, docking=docking, officer=one, reason="set up wrongly", actor=ACTOR)
    assert done.clips == []
    assert entries(archive, "clip.reassigned") == []
    (settled,) = entries(archive, "officer.settled")
    assert (settled.data["officer"], settled.data["clips"]) == (one, 0)
    assert len(work_list(archive.catalogue)) == 0


def test_a_clock_that_drifts_is_on_the_list(archive: Archive, recorder: Path) -> None:
    now = datetime.now(UTC)
    facts = RecorderFacts(transport="mtp", serial="SN-1")
    for days, slow in ((0, 0), (2, 20)):
        with TalkingRecorder(
            recorder, facts, slow=timedelta(seconds=slow), now=now + timedelta(days=days)
        ) as source:
            receipt = dock(
                archive, source, serial=None, officer=None, case=None, reread=False, actor=ACTOR
            )
    assert receipt.clock is not None
    assert receipt.clock.drifts
    archive.catalogue.catch_up()
    (found,) = work_list(archive.catalogue).drifting
    assert (found.recorder, found.drift_ms_per_day) == ("SN-1", 10_000)
