"""Categories, holds and disposals, as the catalogue tells them."""

from __future__ import annotations

from archive.catalogue.search import FindQuery
from tests.unit.catalogue.oversight_story import digest, disposal, disposed, hold, named
from tests.unit.catalogue.story import MemoryArchive, Story


def classify(story: Story, about: str, *categories: str) -> None:
    said = {"categories": list(categories), "by": "hand", "rule": None}
    story.event(f"{about.partition('-')[0]}.classified", about, said, {"reason": "x"})


def test_the_newest_categories_count_and_none_is_unclassified(
    archive: MemoryArchive, story: Story
) -> None:
    case, clip, plain = story.case("1"), story.clip("a"), story.clip("b")
    story.link(clip, case)
    classify(story, clip, "ordinary", "evidence")
    classify(story, case, "major_matter")
    archive.catalogue.catch_up()
    ask = archive.catalogue
    told = ask.classified(clip)
    assert told is not None
    assert told.categories == ("evidence", "ordinary")
    assert ask.classified_cases(clip) == [(case, None, '["major_matter"]')]
    kept = {c.clip: (c.categories, bool(c.linked)) for c in ask.kept_clips()}
    assert kept == {clip: ('["evidence", "ordinary"]', True), plain: (None, False)}
    classify(story, clip)
    ask.catch_up()
    emptied = ask.classified(clip)
    assert emptied is not None
    assert emptied.categories == ()


def test_a_hold_keeps_a_clip_by_itself_and_by_every_case_that_it_was_ever_linked_to(
    archive: MemoryArchive, story: Story
) -> None:
    case = story.case("1")
    own, linked, taken_off, free = (story.clip(n) for n in "abcd")
    for clip in (linked, taken_off):
        story.link(clip, case)
    story.unlink(taken_off, case)
    first, second = hold(story, 1, clip=own), hold(story, 2, case=case)
    archive.catalogue.catch_up()
    ask = archive.catalogue
    assert [ask.is_held(c) for c in (own, linked, taken_off, free)] == [True, True, True, False]
    assert ask.held_clips() == {own, linked, taken_off}
    assert [h.id for h in ask.holding(taken_off)] == [second]
    story.event("hold.lifted", second, {}, {"reason": "结案"})
    ask.catch_up()
    assert ask.held_clips() == {own}
    assert not ask.is_held(linked)
    assert [h.id for h in ask.holds()] == [first]
    (over,) = ask.holds(lifted=True)
    assert (over.lifted_reason, ask.holds_on(case)) == ("结案", [over])


def test_a_clip_that_was_disposed_of_keeps_its_row_and_loses_its_words(
    archive: MemoryArchive, story: Story
) -> None:
    gone, stays = story.clip("夜查/红星.mp4"), story.clip("夜查/蓝天.mp4", source="modified")
    story.examined(stays, created="2026-01-17T09:00:00Z")
    archive.catalogue.catch_up()
    ask = archive.catalogue
    assert ask.find(FindQuery(text="夜查")).total == 2
    row = ask.clip(gone)
    assert row is not None
    going = disposal(story, 1, "approved")
    disposed(story, going, gone, row.sha256)
    story.event("disposal.ended", going, {"done": 1, "kept": 0, "codes": {}})
    ask.catch_up()
    assert [c.clip for c in ask.find(FindQuery(text="夜查")).clips] == [stays]
    assert ask.find(FindQuery(text="红星")).total == 0
    told = ask.clip(gone)
    assert told is not None
    assert (told.path, told.sha256) == (None, row.sha256)
    assert told.disposed_at == archive.ledger.entry(archive.ledger.size() - 2).time
    assert [c.clip for c in ask.kept_clips()] == [stays]
    (over,) = ask.disposals()
    assert (over.state, over.done, over.kept) == ("ended", 1, 0)
    assert [c.clip for c in ask.disposed_clips(going)] == [gone]
    line = ask.disposed_clip(gone)
    assert line is not None
    assert (line.disposal, line.bytes) == (going, 100)


def test_one_catalogue_that_saw_the_text_and_one_that_did_not_are_the_same(
    archive: MemoryArchive, story: Story
) -> None:
    kept = story.clip("夜查/蓝天.mp4")
    gone = story.clip("夜查/红星.mp4", source="modified")
    story.examined(gone, created="2026-01-17T09:00:00Z")
    archive.catalogue.catch_up()
    disposed(story, disposal(story, 1, "approved"), gone, digest(1))
    archive.catalogue.catch_up()
    row = archive.ledger.entry(1).data["text"]["row"]
    del archive.texts.rows[row]
    again = archive.new_catalogue("again.db")
    again.catch_up()
    again.close()
    before, after = (archive.tables(name) for name in ("catalogue.db", "again.db"))
    assert before["clips"] == after["clips"]
    assert before["tallies"] == after["tallies"]
    left = archive.catalogue.clip(gone)
    assert left is not None
    assert (left.start_source, left.start_raw) == ("container", "2026-01-17T09:00:00Z")
    assert [c.clip for c in archive.catalogue.find(FindQuery(text="夜查")).clips] == [kept]


def test_an_object_is_gone_until_its_bytes_come_again(archive: MemoryArchive, story: Story) -> None:
    original = named(1)
    clip = story.clip(original=original)
    going = disposal(story, 1, "approved")
    disposed(story, going, clip, digest(1), digest(2))
    archive.catalogue.catch_up()
    ask = archive.catalogue
    assert ask.removed_digests() == {digest(1), digest(2)}
    assert ask.is_removed(digest(1))
    story.clip("again.mp4", original=original)
    ask.catch_up()
    assert ask.removed_digests() == {digest(2)}
    assert not ask.is_removed(digest(1))


def test_texts_are_followed_to_where_their_rows_are_now(
    archive: MemoryArchive, story: Story
) -> None:
    going = disposal(story, 1, "approved")
    for n in (1, 2):
        texts = [{"old": digest(n), "new": named(n + 1, size=n)}]
        disposed(story, going, story.clip(f"{n}.mp4"), texts=texts)
    archive.catalogue.catch_up()
    ask = archive.catalogue
    assert ask.moved_text(digest(1)) == ask.moved_text(digest(2)) == (digest(3), 2)
    assert ask.moved_text(digest(3)) is None
    disposed(story, going, story.clip("3.mp4"), texts=[{"old": digest(3), "new": None}])
    ask.catch_up()
    assert ask.moved_text(digest(1)) == (digest(3), None)


def test_a_disposal_that_was_declined_is_not_approved_after_all(
    archive: MemoryArchive, story: Story
) -> None:
    id_ = disposal(story, 1, "declined", "approved", "ended")
    archive.catalogue.catch_up()
    told = archive.catalogue.disposal(id_)
    assert told is not None
    assert (told.state, told.approved_at, told.declined_reason) == ("declined", None, "declined")
    assert archive.catalogue.disposals("approved") == []


def test_clips_are_counted_by_day_and_by_what_decides_how_long_they_are_kept(
    archive: MemoryArchive, story: Story
) -> None:
    case = story.case("1")
    linked, plain = story.clip("a"), story.clip("b")
    story.clip("c")
    story.link(linked, case)
    classify(story, case, "tour")
    classify(story, plain, "ordinary", "tour")
    archive.catalogue.catch_up()
    found = archive.catalogue.kept_groups()
    assert sorted(
        (group.categories or "", group.by_case or "", bool(group.linked), group.clips)
        for group in found
    ) == [
        ("", "", False, 1),
        ("", '["tour"]', True, 1),
        ('["ordinary", "tour"]', "", False, 1),
    ]
    assert sum(group.bytes for group in found) > 0
    assert {type(group.day) for group in found} == {int}
