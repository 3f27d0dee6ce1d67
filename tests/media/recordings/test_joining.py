"""What the stage writes: once, whatever the order of arrival, and anew when a segment comes late."""

from __future__ import annotations

from itertools import permutations

from tests.media.recordings.shelf import Shelf, document


def _at(second: int) -> str:
    return f"2026-01-01T12:{second // 60:02}:{second % 60:02}Z"


def _put(shelf: Shelf, second: int, *, serial: str = "T1", offset_ms: int | None = None) -> str:
    name = f"DCAM_{serial}_77_20260101_12{second // 60:02}00.mp4"
    return shelf.clip(name, start=_at(second), seconds=300, serial=serial, offset_ms=offset_ms)


def test_any_order_of_arrival_gives_the_same_recording_and_a_second_run_writes_nothing(
    shelf: Shelf,
) -> None:
    found = []
    for number, order in enumerate(permutations((0, 300, 600))):
        serial = f"T{number}"
        for second in order:
            clip = _put(shelf, second, serial=serial)
            shelf.join([clip])
            assert shelf.join([clip]) == 0
        [recording] = [r for r in shelf.recordings() if r.recorder == serial]
        found.append([(s.from_ms, s.length_ms, s.gap_ms, s.by) for s in recording.segments])
        assert recording.length_ms == 900_000
    assert found == [found[0]] * 6
    assert len(found[0]) == 3
    assert shelf.join() == 0


def test_a_late_segment_joins_and_the_recording_keeps_its_id(shelf: Shelf) -> None:
    first, last, after = (_put(shelf, s, offset_ms=-7000) for s in (0, 600, 900))
    assert shelf.join([first, last, after]) == 1
    [before] = shelf.recordings()
    assert shelf.archive.catalogue.recording_of(first) is None
    # It came with a later docking, when the recorder's clock had been set: the same clock all the same.
    late = _put(shelf, 300, offset_ms=20)
    assert shelf.join([late]) == 1
    [joined] = shelf.recordings()
    assert joined.id == before.id
    assert [s.clip for s in joined.segments] == [first, late, last, after]
    assert [s.gap_ms for s in joined.segments] == [None, 0, 0, 0]
    custody = shelf.archive.catalogue.custody(joined.id)
    assert [len(row.data["segments"]) for row in custody] == [2, 4]
    assert {row.data["recorder"] for row in custody} == {shelf.recorder("T1")}


def test_a_late_segment_between_two_recordings_makes_one_of_them_and_ends_the_other(
    shelf: Shelf,
) -> None:
    clips = [_put(shelf, second) for second in (0, 300, 900, 1200)]
    assert shelf.join(clips[2:]) == 2
    older, younger = sorted(shelf.recordings(), key=lambda row: row.id)
    late = _put(shelf, 600)
    assert shelf.join([late]) == 2
    [joined] = shelf.recordings()
    assert joined.id == older.id
    assert len(joined.segments) == 5
    assert shelf.archive.catalogue.recording(younger.id) is None
    assert shelf.archive.catalogue.recording_of(clips[3]) == joined
    part = shelf.archive.catalogue.parts_of(clips)[clips[3]]
    assert (part.position, part.parts) == (4, 5)
    assert shelf.join() == 0


def test_the_same_content_twice_is_one_segment_and_no_side_file_is_one(shelf: Shelf) -> None:
    first = _put(shelf, 0)
    second = _put(shelf, 300)
    again = _put(shelf, 300)
    name = "DCAM_T1_77_20260101_121000.mp4"
    shelf.clip(name, start=_at(600), seconds=300, belongs_to="DCIM/other.mp4")
    shelf.clip(name, start=_at(600), seconds=300, content=b"photo", examined={"kind": "photo"})
    assert shelf.join([again]) == 1
    [recording] = shelf.recordings()
    assert [s.clip for s in recording.segments] == [first, second]


def test_a_clip_whose_facts_are_gone_is_joined_by_its_name(shelf: Shelf) -> None:
    facts = document(frames=7500, first_us=5)
    first, clip = (
        shelf.clip(f"20260101_12{m:02}00.mp4", start=_at(m * 60), seconds=300, facts=facts)
        for m in (0, 5)
    )
    row = shelf.archive.catalogue.clip(clip)
    assert row is not None
    assert row.facts is not None
    file = shelf.archive.store.file(row.facts)
    assert file is not None
    file.parent.chmod(0o700)
    file.unlink()
    assert shelf.join([clip]) == 1
    assert shelf.join([]) == 0
    [recording] = shelf.recordings()
    assert recording.segments[0].clip == first
    assert [s.by for s in recording.segments] == [None, "names"]
