"""Open findings on objects, as the catalogue tells them: open until closed, the last word counts, in whatever cut."""

from __future__ import annotations

from tests.unit.catalogue.story import MemoryArchive, Story

ONE, OTHER = "1" * 64, "2" * 64


def said(story: Story, digest: str, code: str | None, by: str = "audit") -> None:
    data = {"digest": digest, "found_by": by}
    if code is None:
        story.event("object.sound", "clip-a", data, None)
    else:
        story.event("object.damaged", "clip-a", data | {"code": code}, None)


def test_a_finding_is_open_until_it_is_closed(archive: MemoryArchive, story: Story) -> None:
    said(story, ONE, "object_changed")
    said(story, OTHER, "object_missing", by="reading")
    archive.catalogue.catch_up()
    assert archive.catalogue.damaged_digests() == {ONE, OTHER}
    newest, first = archive.catalogue.damaged_objects()
    assert (newest.digest, newest.subject, newest.code, newest.found_by) == (
        *(OTHER, "clip-a", "object_missing"),
        "reading",
    )
    assert archive.catalogue.damaged_object(ONE) == first
    said(story, ONE, None)
    archive.catalogue.catch_up()
    assert archive.catalogue.damaged_digests() == {OTHER}
    assert archive.catalogue.damaged_object(ONE) is None
    assert archive.catalogue.count_damaged_objects() == 1


def test_the_last_word_counts_in_one_cut_and_in_many(archive: MemoryArchive, story: Story) -> None:
    words = ("object_changed", None, "object_missing", None, "object_unreadable")
    for code in words:
        said(story, ONE, code)
        said(story, OTHER, code)
        archive.catalogue.catch_up()
    said(story, OTHER, None)
    archive.catalogue.catch_up()
    whole = archive.new_catalogue("whole.db")
    whole.catch_up()
    assert archive.catalogue.damaged_objects() == whole.damaged_objects()
    assert [one.code for one in whole.damaged_objects()] == ["object_unreadable"]
    whole.close()


def test_what_names_no_object_is_no_finding(archive: MemoryArchive, story: Story) -> None:
    story.event("object.damaged", "clip-a", {"code": "object_changed"}, None)
    archive.catalogue.catch_up()
    assert archive.catalogue.count_damaged_objects() == 0


def test_closing_a_finding_leaves_one_that_was_opened_later(
    archive: MemoryArchive, story: Story
) -> None:
    said(story, ONE, "object_changed")
    archive.catalogue.catch_up()
    (first,) = archive.catalogue.damaged_objects()
    said(story, ONE, "object_missing")
    closing = {"digest": ONE, "damaged": first.index, "found_by": "audit"}
    story.event("object.sound", "clip-a", closing, None)
    archive.catalogue.catch_up()
    assert [one.code for one in archive.catalogue.damaged_objects()] == ["object_missing"]
    story.event("object.sound", "clip-a", closing, None)
    archive.catalogue.catch_up()
    assert archive.catalogue.damaged_digests() == {ONE}
    newest = {**closing, "damaged": first.index + 1}
    story.event("object.sound", "clip-a", newest, None)
    archive.catalogue.catch_up()
    assert archive.catalogue.damaged_digests() == frozenset()
