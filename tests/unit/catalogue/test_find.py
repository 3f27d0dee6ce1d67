from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.catalogue import finding_queries
from archive.catalogue.errors import CursorError
from archive.catalogue.search import FindQuery, Scope, make_cursor, read_cursor
from tests.unit.catalogue.story import MemoryArchive, Story


def found(archive: MemoryArchive, query: FindQuery) -> list[str]:
    archive.catalogue.catch_up()
    result = archive.catalogue.find(query)
    clips = [clip.clip for clip in result.clips]
    if query.limit is None:
        assert result.total == len(clips)
        with pytest.MonkeyPatch.context() as patched:
            # As where what was typed finds very many.
            patched.setattr(finding_queries, "MOST_FOUND", -1)
            page = archive.catalogue.find(replace(query, limit=500, most_counted=1_000))
        assert [clip.clip for clip in page.clips] == clips
    return clips


def test_clips_come_by_start_then_id_and_unknown_starts_last(
    archive: MemoryArchive, story: Story
) -> None:
    unknown = story.clip(start=None)
    late = story.clip(start="2026-01-17T09:00:00Z")
    same = [story.clip(start="2026-01-17T08:00:00Z") for _ in range(3)]
    fraction = story.clip(start="2026-01-17T08:00:00.5Z")
    assert found(archive, FindQuery()) == [*same, fraction, late, unknown]


def test_a_case_number_finds_its_clips_in_time_order(archive: MemoryArchive, story: Story) -> None:
    case, other = story.case("2026-0117"), story.case("2026-0118")
    second, first = (
        story.clip(start="2026-01-17T09:00:00Z"),
        story.clip(start="2026-01-17T08:00:00Z"),
    )
    story.link(second, case)
    story.link(first, case)
    story.link(first, other)
    story.clip()
    assert found(archive, FindQuery(case=" ２０２６-0117")) == [first, second]
    assert archive.catalogue.find(FindQuery(case="2026-0117")).clips[0].cases == (
        "2026-0117",
        "2026-0118",
    )
    assert found(archive, FindQuery(case="2026-0119")) == []


def test_an_unlinked_clip_is_found_no_more_and_linked_again_it_is(
    archive: MemoryArchive, story: Story
) -> None:
    case, clip = story.case("1"), story.clip()
    story.link(clip, case)
    story.unlink(clip, case)
    assert found(archive, FindQuery(case="1")) == []
    assert archive.catalogue.find(FindQuery()).clips[0].cases == ()
    story.link(clip, case, "after all")
    assert found(archive, FindQuery(case="1")) == [clip]


def test_badge_unit_and_serial_are_what_people_type(archive: MemoryArchive, story: Story) -> None:
    unit, recorder = story.unit("第一中队"), story.recorder("SN1")
    officer = story.officer("012345", unit=unit)
    clip = story.clip(officer=officer, unit=unit, recorder=recorder)
    story.clip()
    for query in (
        FindQuery(officer="012345"),
        FindQuery(unit="第一中队"),
        FindQuery(recorder="SN1"),
    ):
        assert found(archive, query) == [clip]
    for query in (FindQuery(officer="01234"), FindQuery(unit="第二中队"), FindQuery(recorder="")):
        assert found(archive, query) == []
    row = archive.catalogue.find(FindQuery(officer="012345")).clips[0]
    assert (row.officer, row.unit, row.recorder) == ("012345", "第一中队", "SN1")


def test_a_name_registered_later_is_shown_at_once(archive: MemoryArchive, story: Story) -> None:
    recorder = story.recorder("SN1")
    story.clip(recorder=recorder)
    assert found(archive, FindQuery(recorder="SN1"))
    story.event(
        "recorder.registered", recorder, {"unit": None, "officer": None}, {"serial": "SN-9"}
    )
    assert found(archive, FindQuery(recorder="SN1")) == []
    assert archive.catalogue.find(FindQuery(recorder="SN-9")).clips[0].recorder == "SN-9"


def test_two_officers_noticed_with_one_badge_are_both_found(
    archive: MemoryArchive, story: Story
) -> None:
    clips = [story.clip(officer=story.officer("7")) for _ in range(2)]
    assert found(archive, FindQuery(officer="7")) == clips


def test_a_time_window_takes_in_its_begin_and_not_its_end(
    archive: MemoryArchive, story: Story
) -> None:
    eight = datetime(2026, 1, 17, 8, tzinfo=UTC)
    clip = story.clip()
    story.clip(start=None)
    assert found(archive, FindQuery(from_=eight)) == [clip]
    assert found(archive, FindQuery(to=eight)) == []
    assert found(archive, FindQuery(from_=eight, to=eight + timedelta(microseconds=1))) == [clip]
    assert found(archive, FindQuery(from_=eight + timedelta(seconds=1))) == []


def test_mark_and_kind_narrow_a_search(archive: MemoryArchive, story: Story) -> None:
    marked, photo = story.clip(marked=True), story.clip(kind="photo")
    assert found(archive, FindQuery(mark=True)) == [marked]
    assert found(archive, FindQuery(mark=False)) == [photo]
    assert found(archive, FindQuery(kind="photo")) == [photo]


def test_a_part_of_a_cases_place_finds_its_clips(archive: MemoryArchive, story: Story) -> None:
    clip, other = story.clip(), story.clip()
    story.link(clip, story.case("1", place="人民路１００号_A"))
    story.link(other, story.case("2", place="Market Street"))
    assert found(archive, FindQuery(place="民路100")) == [clip]
    assert found(archive, FindQuery(place="market")) == [other]
    assert found(archive, FindQuery(place="_A")) == [clip]
    assert found(archive, FindQuery(place="%")) == []


@pytest.mark.parametrize(
    "text", ["执法", "dcam", "夜查", "张三", "人民", "2026-0117", "现场", "现场 执法 张三", "酒"]
)
def test_text_covers_path_case_and_reason(archive: MemoryArchive, story: Story, text: str) -> None:
    clip = story.clip("执法/DCAM_1.mp4")
    case = story.case("2026-0117", title="酒驾夜查", subject="张三", place="人民路")
    story.link(clip, case, "现场录制")
    story.clip("other.mp4")
    assert found(archive, FindQuery(text=text)) == [clip]
    story.unlink(clip, case)
    found_by_path = text in {"执法", "dcam"}
    assert found(archive, FindQuery(text=text)) == ([clip] if found_by_path else [])


def test_text_that_is_only_punctuation_finds_nothing(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    assert found(archive, FindQuery(text="---")) == []


def test_text_that_is_not_unicode_finds_nothing(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    for query in (
        FindQuery(case="\udcff"),
        FindQuery(kind="\udcff"),
        FindQuery(place="\udcff", limit=1),
    ):
        assert found(archive, query) == []
    assert archive.catalogue.case_by_number("\udcff") is None


def test_filters_are_all_met(archive: MemoryArchive, story: Story) -> None:
    case, officer = story.case("1", place="路"), story.officer("7")
    clip, other = story.clip(officer=officer, marked=True), story.clip(officer=officer)
    story.link(clip, case)
    story.link(other, case)
    query = FindQuery(case="1", officer="7", mark=True, kind="video", place="路", text="dcim")
    assert found(archive, query) == [clip]


def test_a_scope_shows_its_units_and_officers_clips_only(
    archive: MemoryArchive, story: Story
) -> None:
    ours, theirs = story.unit("A"), story.unit("B")
    me = story.officer("1", unit=theirs)
    mine, unit_clip, foreign = (
        story.clip(officer=me, unit=theirs),
        story.clip(unit=ours),
        story.clip(unit=theirs),
    )
    story.link(foreign, story.case("1"))
    everybody = Scope(all=True)
    supervisor, officer = Scope(units=frozenset({ours})), Scope(officers=frozenset({me}))
    assert found(archive, FindQuery(scope=everybody)) == [mine, unit_clip, foreign]
    assert found(archive, FindQuery(scope=supervisor)) == [unit_clip]
    assert found(archive, FindQuery(scope=officer)) == [mine]
    assert found(archive, FindQuery(scope=Scope())) == []
    assert found(archive, FindQuery(case="1", scope=supervisor)) == []
    assert archive.catalogue.find(FindQuery(scope=officer, limit=0)).total == 1
    assert archive.catalogue.clip(foreign, scope=supervisor) is None
    assert archive.catalogue.clip(mine, scope=officer) is not None


@pytest.mark.parametrize("by_case", [True, False])
def test_pages_join_to_the_whole_and_the_total_is_counted_before(
    archive: MemoryArchive, story: Story, *, by_case: bool
) -> None:
    case = story.case("1")
    for n in range(7):
        story.link(story.clip(start=None if n > 4 else "2026-01-17T08:00:00Z"), case)
    wanted = "1" if by_case else None
    whole = found(archive, FindQuery(case=wanted))
    paged: list[str] = []
    cursor: str | None = None
    for size in (3, 3, 1):
        page = archive.catalogue.find(FindQuery(case=wanted, limit=3, cursor=cursor))
        assert (page.total, len(page.clips)) == (7, size)
        paged += [clip.clip for clip in page.clips]
        cursor = page.next_cursor
    assert (paged, cursor) == (whole, None)


def test_a_page_boundary_at_the_end_has_no_next_page(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    assert archive.catalogue.find(FindQuery(limit=1)).next_cursor is None
    huge = archive.catalogue.find(FindQuery(limit=2**63))
    assert len(huge.clips) == 1


def test_a_clip_that_comes_in_between_moves_no_page(archive: MemoryArchive, story: Story) -> None:
    clips = [story.clip(start=f"2026-01-17T08:0{n}:00Z") for n in range(4)]
    first = archive.catalogue.find(FindQuery(limit=2))
    story.clip(start="2026-01-17T07:00:00Z")
    archive.catalogue.catch_up()
    second = archive.catalogue.find(FindQuery(limit=2, cursor=first.next_cursor))
    assert [clip.clip for clip in (*first.clips, *second.clips)] == clips
    assert second.total == 5


@pytest.mark.parametrize(
    "cursor", ["", "x", "W10", "WzEsMl0", '[1,"a"]', "é", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LCJhIl0"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(archive: MemoryArchive, cursor: str) -> None:
    with pytest.raises(CursorError):
        archive.catalogue.find(FindQuery(limit=1, cursor=cursor))


def test_a_cursor_says_where_it_was() -> None:
    assert read_cursor(make_cursor(2**63 - 1, "clip-1")) == (2**63 - 1, "clip-1")


@pytest.mark.parametrize("typed", ["京A·12345", "京a12345", "京A.12345", "京Ａ・12345"])
def test_a_plate_is_found_with_or_without_its_dot(
    archive: MemoryArchive, story: Story, typed: str
) -> None:
    dotted, plain, other = (
        story.clip("京A·12345.mp4"),
        story.clip("京A12345.mp4"),
        story.clip("京B12345.mp4"),
    )
    assert found(archive, FindQuery(text=typed)) == sorted([dotted, plain])
    assert found(archive, FindQuery(text="京B·12345")) == [other]


def test_part_of_a_case_number_is_found_whatever_its_width_case_and_blanks(
    archive: MemoryArchive, story: Story
) -> None:
    clip, other = story.clip(), story.clip()
    story.link(clip, story.case("市监罚〔2026〕117号/a"))
    story.link(other, story.case("100% sure"))
    for part in ("117", "2026〕117", "〔２０２６〕１１７号", "117 号 / A"):
        assert found(archive, FindQuery(number=part)) == [clip], part
    assert found(archive, FindQuery(number="0%")) == [other]
    assert found(archive, FindQuery(number="1_7")) == []


def test_notes_and_documents_are_found_until_they_are_taken_away(
    archive: MemoryArchive, story: Story
) -> None:
    clip, case = story.clip(), story.case("1")
    story.clip()
    story.link(clip, case)
    marker = {"marker": "marker-1", "kind": "note", "from_us": 0, "to_us": None}
    story.event("marker.set", clip, marker, {"text": "白色面包车驶离"})
    original = {"object": "a" * 64, "size": 1}
    document = {"document": "document-1", "original": original, "media_type": "application/pdf"}
    story.event(
        "document.added", case, {**document, "pages": 2}, {"name": "笔录.pdf", "title": "现场笔录"}
    )
    linked = {"link": "link-1", "document": "document-1", "clip": clip, "from_us": 0, "to_us": None}
    story.event(
        "document.linked", case, {**linked, "page": 1, "paragraph": None}, {"note": "承认饮酒"}
    )
    for words in ("面包车", "现场笔录", "承认饮酒"):
        assert found(archive, FindQuery(text=words)) == [clip], words
    story.event("marker.removed", clip, {"marker": "marker-1"}, {"reason": "wrong"})
    story.event("document.unlinked", case, {"link": "link-1"}, {"reason": "wrong"})
    story.event("document.removed", case, {"document": "document-1"}, {"reason": "wrong"})
    for words in ("面包车", "现场笔录", "承认饮酒"):
        assert found(archive, FindQuery(text=words)) == [], words
