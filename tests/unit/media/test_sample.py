"""The sample recorder: what a newcomer docks first."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import av
import pytest

from ingest.media.child import MediaChild
from muniment.sample import (
    BADGE,
    DEVICE_SERIAL,
    SampleError,
    clock_strip,
    clock_text,
    make_sample_recorder,
    strip_width,
)

NOW = datetime(2026, 3, 4, 17, 30, tzinfo=timezone(timedelta(hours=8)))
NAME = re.compile(r"DCAM_(\w+?)_(\d+)_(\d{8}_\d{6})(_IMP)?\.(mp4|jpg|m4a)")


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("station") / "recorder"
    make_sample_recorder(folder, now=NOW)
    return folder


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_there_are_six_clips_in_a_makers_layout_and_one_is_marked(recorder: Path) -> None:
    names = [NAME.fullmatch(path.name) for path in _files(recorder)]

    found = [name for name in names if name is not None]
    assert len(found) == len(names) == 6
    assert {(name[1], name[2]) for name in found} == {(DEVICE_SERIAL, BADGE)}
    assert sum(name[4] is not None for name in found) == 1
    assert sorted(name[5] for name in found) == ["jpg", "m4a", "mp4", "mp4", "mp4", "mp4"]


def test_every_clip_is_whole_has_sound_and_plays_in_a_browser(recorder: Path) -> None:
    with MediaChild() as child:
        for path in _files(recorder):
            facts = child.probe(path, name=path.name)
            assert facts.damage == ()
            assert facts.plays_in_browser
            assert facts.has_audio is (facts.kind != "photo")


def test_name_container_and_modification_time_tell_the_same_time(recorder: Path) -> None:
    with MediaChild() as child:
        for path in _files(recorder):
            facts, name = child.probe(path, name=path.name), NAME.fullmatch(path.name)
            assert name is not None
            start = datetime.strptime(name[3], "%Y%m%d_%H%M%S").replace(tzinfo=NOW.tzinfo)
            end = start + timedelta(seconds=facts.duration or 0)
            assert path.stat().st_mtime == pytest.approx(end.timestamp(), abs=0.5)
            assert NOW - timedelta(hours=4) < start < end + timedelta(seconds=1) < NOW
            if facts.kind != "photo":
                assert facts.created == f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_the_clock_is_burnt_into_the_frames(recorder: Path) -> None:
    marked = next(path for path in _files(recorder) if "_IMP" in path.name)
    start = datetime(2026, 3, 4, 15, 23, tzinfo=NOW.tzinfo)
    with av.open(str(marked)) as container:
        frames = [frame for _, frame in zip(range(30), container.decode(video=0), strict=False)]

    for number in (0, 29):
        drawn = clock_strip(start, number)
        plane = frames[number].planes[0]
        luma, width = bytes(plane), strip_width()
        height = len(drawn) // width
        top = (plane.height - height - 16) * plane.line_size + 16
        seen = b"".join(luma[top + y * plane.line_size :][:width] for y in range(height))
        wrong = sum((a > 127) != (b > 127) for a, b in zip(seen, drawn, strict=True))
        assert wrong < len(drawn) // 50


def test_the_clock_counts_seconds_and_frames() -> None:
    start = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)

    assert clock_text(start, 24).startswith(" 2026-03-04 23:59:59.24 ")
    assert clock_text(start, 25).startswith(" 2026-03-05 00:00:00.00 ")


def test_a_sample_that_is_there_is_kept(recorder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in _files(recorder)}

    make_sample_recorder(recorder, now=NOW + timedelta(days=9))

    assert {path: path.stat().st_mtime_ns for path in _files(recorder)} == before


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")

    with pytest.raises(SampleError):
        make_sample_recorder(tmp_path, now=NOW)

    assert [path.name for path in tmp_path.parent.glob(f".{tmp_path.name}*")] == []
    assert (tmp_path / "holiday.jpg").read_bytes() == b"mine"


def test_a_clock_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zone"):
        make_sample_recorder(tmp_path / "recorder", now=NOW.replace(tzinfo=None))
