"""Who recorded at the same time, and which frames were exported: from the ledger, on both databases."""

from __future__ import annotations

from archive.catalogue.rows import ClipRow
from tests.unit.catalogue.story import MemoryArchive, Story

SECOND = 1_000_000


def film(story: Story, recorder: str, second: int, seconds: int, unit: str | None = None) -> str:
    start = f"2026-01-17T08:{second // 60:02}:{second % 60:02}Z"
    clip = story.clip(recorder=recorder, start=start, unit=unit)
    story.examined(clip, kind="video", duration_us=seconds * SECOND)
    return clip


def found(archive: MemoryArchive, clip: str) -> list[str]:
    row = archive.catalogue.clip(clip)
    assert isinstance(row, ClipRow)
    return [other.clip for other in archive.catalogue.at_the_same_time(row, limit=10)]


def test_others_overlap_in_time_and_share_a_case_or_the_unit(
    archive: MemoryArchive, story: Story
) -> None:
    north, south = story.unit("North"), story.unit("South")
    one, two, three = (story.recorder(serial) for serial in ("A", "B", "C"))
    mine = film(story, one, 60, 30, north)
    unit = film(story, two, 80, 30, north)
    film(story, two, 90, 30, north)  # it began when mine ended
    film(story, one, 70, 5, north)  # the same recorder
    case = story.case("2026-1")
    shared = film(story, three, 61, 5, south)
    film(story, three, 62, 5, south)  # of nobody's case
    story.clip(recorder=three, start=None, unit=north)
    archive.catalogue.catch_up()
    assert found(archive, mine) == [unit]
    for clip in (mine, shared):
        story.link(clip, case)
    archive.catalogue.catch_up()
    assert found(archive, mine) == [shared, unit]
    assert found(archive, shared) == [mine]
    story.unlink(shared, case)
    archive.catalogue.catch_up()
    assert found(archive, mine) == [unit]


def test_a_case_has_its_films_of_a_span(archive: MemoryArchive, story: Story) -> None:
    recorder, case = story.recorder("A"), story.case("2026-1")
    clips = [film(story, recorder, second, 10) for second in (0, 20, 40)]
    for clip in clips:
        story.link(clip, case)
    archive.catalogue.catch_up()
    first = archive.catalogue.clip(clips[0])
    assert first is not None
    base = 1_768_636_800 * SECOND  # 2026-01-17T08:00:00Z
    rows = archive.catalogue.case_between(case, base + 15 * SECOND, base + 35 * SECOND, limit=10)
    assert [row.clip for row in rows] == [clips[1]]


def test_stills_of_a_clip_come_in_the_order_of_their_export(
    archive: MemoryArchive, story: Story
) -> None:
    clip = story.clip(recorder=story.recorder("A"))
    for frame in (7, 3):
        story.event(
            "still.exported",
            clip,
            {
                "at_us": frame * 40_000,
                "frame": frame,
                "still": {"object": f"{frame:064x}", "size": 10},
                "exported": {"object": f"{frame + 100:064x}", "size": 20},
            },
            {"caption": f"frame {frame}"},
        )
    archive.catalogue.catch_up()
    stills = archive.catalogue.stills(clip)
    assert [(row.frame, row.caption, row.exported_size) for row in stills] == [
        (7, "frame 7", 20),
        (3, "frame 3", 20),
    ]
    assert archive.catalogue.stills(clip, after=stills[0].index) == stills[1:]
    assert archive.catalogue.stills(clip, limit=1) == stills[:1]
    assert archive.catalogue.still(clip, stills[1].index) == stills[1]
    assert archive.catalogue.still("clip-other", stills[1].index) is None
