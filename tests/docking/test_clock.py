"""A recorder's clock: kept before anything is corrected, in every clip, set only after the receipt."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.catalogue.rows import ClipRow
from archive.catalogue.search import FindQuery
from archive.opening import Archive, open_archive
from devices.clip_reader import ClipReader
from devices.clips import FoundClip
from devices.errors import ClipUnreadableError, DeviceError
from devices.paths import display
from devices.recorder import ClockReading, RecorderFacts
from ingest.clock import ClockNote, record_clock, set_clock
from ingest.docking import dock
from ingest.receipt import Receipt
from oversight.clocks.arriving import archived_by
from tests.fakes.talking import NOON, TalkingRecorder

ACTOR = "local-0"


class Failing(TalkingRecorder):
    """No clip of it can be read."""

    def open(self, clip: FoundClip) -> ClipReader:
        raise ClipUnreadableError(path=display(clip.path)[0], reason="bad block")


def secured(archive: Archive, source: TalkingRecorder) -> Receipt:
    return dock(
        archive,
        source,
        serial=None,
        officer=None,
        case=None,
        reread=False,
        actor=ACTOR,
        due=archived_by(archive),
    )


def one_clip(archive: Archive) -> ClipRow:
    archive.catalogue.catch_up()
    (clip,) = archive.catalogue.find(FindQuery()).clips
    return clip


def types(archive: Archive) -> list[str]:
    return [entry.type for entry in archive.reader.entries()]


def test_the_clock_is_asked_before_the_files_and_kept_before_the_clips(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(b"a")
    with TalkingRecorder(recorder, slow=timedelta(seconds=90)) as source:
        receipt = secured(archive, source)
        assert source.asked == ["read_clock", "list"]
    told = types(archive)
    assert told.index("recorder.clock_read") < told.index("clip.ingested")
    (entry,) = [e for e in archive.reader.entries() if e.type == "recorder.clock_read"]
    assert entry.data["docking"] == receipt.docking
    assert (entry.data["device"], entry.data["host"]) == (
        "2026-01-17T03:58:30Z",
        "2026-01-17T04:00:00Z",
    )
    assert (entry.data["offset_us"], entry.data["uncertainty_us"]) == (90_000_000, 500_000)
    assert entry.data["drift_ms_per_day"] is None
    archive.catalogue.catch_up()
    (custody,) = [
        c for c in archive.catalogue.custody(entry.subject) if c.type == "recorder.clock_read"
    ]
    assert custody.written["raw"] == "20260117T035830\\udcff"
    assert receipt.clock == ClockNote(offset_us=90_000_000, uncertainty_us=500_000)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        (
            "DCAM_A1_012345_20260117_120000.mp4",
            ("name", "2026-01-17T04:01:30Z", "20260117_120000"),
        ),
        ("a.mp4", ("modified", "2026-01-17T03:01:30Z", None)),
    ],
)
def test_every_start_is_corrected_and_what_the_recorder_said_stays(
    archive: Archive, recorder: Path, name: str, start: tuple[str, str, str | None]
) -> None:
    file = recorder / name
    file.write_bytes(b"a")
    moment = (NOON - timedelta(hours=1)).timestamp()
    os.utime(file, (moment, moment))
    with TalkingRecorder(
        recorder, slow=timedelta(seconds=90), doubt=timedelta(microseconds=500_001)
    ) as slow:
        receipt = secured(archive, slow)
    clip = one_clip(archive)
    assert (clip.start_source, clip.start, clip.start_raw) == start
    assert (clip.offset_ms, clip.uncertainty_ms) == (90_000, 501)
    assert clip.modified == "2026-01-17T03:00:00.000000000Z"
    assert receipt.clips[0].start == start[1]


def test_a_recorder_without_a_clock_leaves_times_as_they_are(
    archive: Archive, recorder: Path
) -> None:
    file = recorder / "a.mp4"
    file.write_bytes(b"a")
    os.utime(file, (NOON.timestamp(), NOON.timestamp()))
    with TalkingRecorder(recorder) as source:
        assert secured(archive, source).clock is None
        assert set_clock(archive, source, docking=types(archive)[-1], actor=ACTOR) is None
    assert "recorder.clock_read" not in types(archive)
    clip = one_clip(archive)
    assert (clip.start, clip.offset_ms, clip.uncertainty_ms) == ("2026-01-17T04:00:00Z", None, None)


def test_late_is_told_by_the_true_time(archive: Archive, recorder: Path) -> None:
    for name, hours in (("late.mp4", 30), ("in time.mp4", 20)):
        file = recorder / name
        file.write_bytes(name.encode())
        # The recorder thinks that it is three days earlier.
        moment = (datetime.now(UTC) - timedelta(days=3, hours=hours)).timestamp()
        os.utime(file, (moment, moment))
    with TalkingRecorder(recorder, slow=timedelta(days=3)) as source:
        assert secured(archive, source).late == 1


def test_a_clock_that_cannot_be_asked_costs_no_clip(archive: Archive, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(b"a")
    with TalkingRecorder(recorder, slow=timedelta()) as source:
        source.asked.append("set_clock")
        source.dumb_after_set = True
        receipt = secured(archive, source)
    assert receipt.whole
    assert receipt.clock is None


def test_a_clock_beyond_what_entries_can_say_is_kept_and_not_counted_with(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "DCAM_A1_012345_20260117_120000.mp4").write_bytes(b"a")
    with TalkingRecorder(recorder, slow=timedelta(days=365 * 400)) as source:
        assert secured(archive, source).clock is None
    (entry,) = [e for e in archive.reader.entries() if e.type == "recorder.clock_read"]
    assert entry.data["offset_us"] is None
    assert entry.data["device"].startswith("1626-")
    assert one_clip(archive).start == "2026-01-17T04:00:00Z"


def test_the_clock_is_left_alone_while_clips_stay_behind(archive: Archive, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(b"a")
    (recorder / "link").symlink_to("a.mp4")  # no file: it holds nothing up
    with Failing(recorder, slow=timedelta(seconds=90)) as source:
        receipt = secured(archive, source)
        assert {c.code for c in receipt.clips} == {"D011", "link"}
        assert set_clock(archive, source, docking=receipt.docking, actor=ACTOR) is None
        assert "set_clock" not in source.asked
    with TalkingRecorder(recorder, slow=timedelta(seconds=90)) as source:
        receipt = secured(archive, source)
        assert one_clip(archive).offset_ms == 90_000
        assert set_clock(archive, source, docking=receipt.docking, actor=ACTOR) is not None


def test_the_clock_is_set_after_the_receipt_and_read_again(
    archive: Archive, recorder: Path
) -> None:
    with TalkingRecorder(recorder, slow=timedelta(seconds=90)) as source:
        receipt = secured(archive, source)
        assert "recorder.clock_set" not in types(archive)
        note = set_clock(archive, source, docking=receipt.docking, actor=ACTOR)
        assert note == ClockNote(offset_us=0, uncertainty_us=500_000)
        assert source.asked[-2:] == ["set_clock", "read_clock"]
    (entry,) = [e for e in archive.reader.entries() if e.type == "recorder.clock_set"]
    assert entry.subject == receipt.recorder_id
    assert (entry.data["docking"], entry.data["offset_us"]) == (receipt.docking, 0)


def test_a_clock_that_was_set_and_then_not_read_is_in_the_ledger_as_set(
    archive: Archive, recorder: Path
) -> None:
    with TalkingRecorder(recorder, slow=timedelta(seconds=90)) as source:
        receipt = secured(archive, source)
        source.dumb_after_set = True
        with pytest.raises(DeviceError):
            set_clock(archive, source, docking=receipt.docking, actor=ACTOR)
    (entry,) = [e for e in archive.reader.entries() if e.type == "recorder.clock_set"]
    assert (entry.data["offset_us"], entry.data["uncertainty_us"]) == (None, None)


def test_a_clock_that_cannot_be_set_is_not_said_to_be(archive: Archive, recorder: Path) -> None:
    with TalkingRecorder(recorder, slow=timedelta(seconds=90)) as source:
        source.settable = False
        receipt = secured(archive, source)
        assert set_clock(archive, source, docking=receipt.docking, actor=ACTOR) is None
    assert "recorder.clock_set" not in types(archive)


def test_a_clock_that_was_not_measured_in_this_docking_is_not_touched(
    archive: Archive, recorder: Path
) -> None:
    with TalkingRecorder(recorder) as source:
        receipt = secured(archive, source)
        source.slow = timedelta(seconds=90)
        assert set_clock(archive, source, docking=receipt.docking, actor=ACTOR) is None
        assert set_clock(archive, source, docking="docking-0", actor=ACTOR) is None
        assert "set_clock" not in source.asked


def test_settings_may_leave_clocks_alone(root: Path, recorder: Path) -> None:
    settings = root / "muniment.toml"
    settings.write_text(settings.read_text().replace("set = true", "set = false"))
    with (
        open_archive(root, write=True) as archive,
        TalkingRecorder(recorder, slow=timedelta(seconds=90)) as source,
    ):
        receipt = secured(archive, source)
        assert set_clock(archive, source, docking=receipt.docking, actor=ACTOR) is None
        assert "set_clock" not in source.asked


def reading(offset: timedelta, host: datetime, doubt_ms: int = 500) -> ClockReading:
    return ClockReading(
        raw="",
        device=host - offset,
        host=host,
        offset_us=offset // timedelta(microseconds=1),
        uncertainty_us=doubt_ms * 1000,
    )


def kept(archive: Archive, offset: timedelta, host: datetime, doubt_ms: int = 500) -> ClockNote:
    archive.catalogue.catch_up()
    note = record_clock(
        archive,
        reading(offset, host, doubt_ms),
        recorder="recorder-1",
        docking="docking-1",
        actor=ACTOR,
    )
    assert note is not None
    return note


def test_drift_is_the_growth_of_the_offset_from_docking_to_docking(archive: Archive) -> None:
    second, day = timedelta(seconds=1), timedelta(days=1)
    assert kept(archive, 10 * second, NOON).drift_ms_per_day is None
    steady = kept(archive, 15 * second, NOON + 2 * day)
    assert (steady.drift_ms_per_day, steady.drift_uncertainty) == (2_500, 500)
    assert not steady.drifts
    fast = kept(archive, 7 * second, NOON + 4 * day)
    assert (fast.drift_ms_per_day, fast.drifts) == (-4_000, True)


def test_within_an_hour_nothing_is_said_of_drift_but_an_older_reading_still_counts(
    archive: Archive,
) -> None:
    second, day = timedelta(seconds=1), timedelta(days=1)
    kept(archive, second, NOON)
    kept(archive, 3 * second, NOON + day)
    soon = kept(archive, 4 * second, NOON + day + timedelta(minutes=59))
    assert soon.drift_ms_per_day == round(3_000 / (1 + 59 / 1440))
    assert kept(archive, second, NOON - timedelta(minutes=30)).drift_ms_per_day is None


def test_a_clock_of_whole_seconds_is_not_blamed_after_an_hour(archive: Archive) -> None:
    kept(archive, timedelta(seconds=1), NOON, 1_000)
    hourly = kept(archive, timedelta(seconds=2), NOON + timedelta(hours=1), 1_000)
    assert (hourly.drift_ms_per_day, hourly.drifts) == (24_000, False)


def test_drift_is_held_against_the_clock_as_it_was_set(archive: Archive, recorder: Path) -> None:
    now = datetime.now(UTC)
    facts = RecorderFacts(transport="mtp", serial="SN-1")
    yesterday = now - timedelta(days=1)
    with TalkingRecorder(recorder, facts, slow=timedelta(seconds=90), now=yesterday) as source:
        receipt = secured(archive, source)
        set_clock(archive, source, docking=receipt.docking, actor=ACTOR)
        assert receipt.clock is not None
        source.now = now + timedelta(minutes=30)
        source.slow = timedelta(seconds=1)
        soon = secured(archive, source).clock
        source.now = now + timedelta(days=1)
        source.slow = timedelta(seconds=4)
        later = secured(archive, source).clock
    assert soon is not None
    assert soon.drift_ms_per_day is None
    assert later is not None
    # The half hour's reading is an hour old by now, and younger than the setting.
    assert later.drift_ms_per_day == round(3_000 / (23.5 / 24))
