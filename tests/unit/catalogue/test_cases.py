from __future__ import annotations

import fcntl
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from archive import cases
from archive.cases import (
    AlreadyLinkedError,
    CaseExistsError,
    CaseNotOpenError,
    CaseTextError,
    NotLinkedError,
    UnknownCaseError,
    UnknownClipError,
    close_case,
    link_clip,
    open_case,
    unlink_clip,
)
from archive.catalogue.case_finding_queries import Knowing
from archive.catalogue.errors import CursorError
from archive.catalogue.search import Scope
from archive.errors import ArchiveBusyError
from tests.unit.catalogue.story import MemoryArchive, Story, link_events


def test_a_case_is_shown_as_it_was_opened(archive: MemoryArchive, story: Story) -> None:
    officer, unit = story.officer("7"), story.unit("A")
    begin = datetime(2026, 1, 17, 8, tzinfo=timezone(timedelta(hours=8)))
    case_id = open_case(
        archive,
        actor="local-0",
        number=" 〔２０２６〕17号 ",
        unit=unit,
        title="夜查",
        subject="张三",
        place="人民路",
        officers=[officer, officer],
        from_=begin,
        to=begin + timedelta(hours=1),
    )
    archive.catalogue.catch_up()
    case = archive.catalogue.case_by_number("〔2026〕17号")
    assert case is not None
    assert (case.id, case.number, case.title) == (case_id, "〔２０２６〕17号", "夜查")
    assert (case.subject, case.place, case.officers) == ("张三", "人民路", (officer,))
    assert (case.from_, case.to, case.unit_id) == (
        "2026-01-17T00:00:00Z",
        "2026-01-17T01:00:00Z",
        unit,
    )
    assert case.is_open
    assert archive.catalogue.case(case_id) == case


def test_a_number_is_taken_for_ever(archive: MemoryArchive) -> None:
    open_case(archive, actor="local-0", number="2026-1")
    with pytest.raises(CaseExistsError):
        open_case(archive, actor="local-0", number=" ２０２６-1")
    close_case(archive, actor="local-0", number="2026-1", reason="decided")
    with pytest.raises(CaseExistsError):
        open_case(archive, actor="local-0", number="2026-1")
    assert archive.ledger.size() == 2


@pytest.mark.parametrize("number", ["", " ", "\u3000"])
def test_a_case_has_a_number(archive: MemoryArchive, number: str) -> None:
    with pytest.raises(CaseTextError):
        open_case(archive, actor="local-0", number=number)


def test_a_case_does_not_end_before_it_begins(archive: MemoryArchive) -> None:
    begin = datetime(2026, 1, 17, tzinfo=UTC)
    with pytest.raises(CaseTextError):
        open_case(
            archive, actor="local-0", number="1", from_=begin, to=begin - timedelta(seconds=1)
        )


def test_a_closed_case_says_when_and_why_and_takes_nothing(
    archive: MemoryArchive, story: Story
) -> None:
    clip = story.clip()
    open_case(archive, actor="local-0", number="1")
    link_clip(archive, actor="local-0", number="1", clip=clip, reason="seen")
    close_case(archive, actor="local-0", number="1", reason="decided")
    for act in (link_clip, unlink_clip):
        with pytest.raises(CaseNotOpenError):
            act(archive, actor="local-0", number="1", clip=clip, reason="x")
    with pytest.raises(CaseNotOpenError):
        close_case(archive, actor="local-0", number="1")
    archive.catalogue.catch_up()
    case = archive.catalogue.case_by_number("1")
    assert case is not None
    assert (case.closed_reason, case.clips, case.is_open) == ("decided", 1, False)


def test_linking_is_refused_where_it_means_nothing(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip()
    open_case(archive, actor="local-0", number="1")
    with pytest.raises(UnknownCaseError):
        link_clip(archive, actor="local-0", number="2", clip=clip, reason="x")
    with pytest.raises(UnknownCaseError):
        close_case(archive, actor="local-0", number="2")
    for act in (link_clip, unlink_clip):
        with pytest.raises(UnknownClipError):
            act(archive, actor="local-0", number="1", clip="clip-x", reason="x")
        with pytest.raises(CaseTextError):
            act(archive, actor="local-0", number="1", clip=clip, reason=" ")
    with pytest.raises(NotLinkedError):
        unlink_clip(archive, actor="local-0", number="1", clip=clip, reason="x")
    link_clip(archive, actor="local-0", number="1", clip=clip, reason="x")
    with pytest.raises(AlreadyLinkedError):
        link_clip(archive, actor="local-0", number="1", clip=clip, reason="x")
    assert len(link_events(archive.ledger.kept)) == 1


def test_unlinking_keeps_the_history(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip()
    case_id = open_case(archive, actor="local-0", number="1")
    link_clip(archive, actor="local-0", number="1", clip=clip, reason="seen")
    unlink_clip(archive, actor="local-0", number="1", clip=clip, reason="mistaken")
    archive.catalogue.catch_up()
    history = archive.catalogue.custody(clip)
    assert [(row.type, row.written.get("reason")) for row in history[1:]] == [
        ("clip.linked", "seen"),
        ("clip.unlinked", "mistaken"),
    ]
    link = archive.catalogue.link(case_id, clip)
    assert link is not None
    assert (link.linked, link.reason) == (False, "seen")
    assert archive.catalogue.links_of(clip) == []


def test_a_clip_may_belong_to_several_cases(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip()
    for number in ("2", "1"):
        open_case(archive, actor="local-0", number=number)
        link_clip(archive, actor="local-0", number=number, clip=clip, reason=f"for {number}")
    archive.catalogue.catch_up()
    links = archive.catalogue.links_of(clip)
    assert [(link.number, link.by, link.reason) for link in links] == [
        ("2", "hand", "for 2"),
        ("1", "hand", "for 1"),
    ]
    row = archive.catalogue.clip(clip)
    assert row is not None
    assert row.cases == ("2", "1")


def test_the_register_is_paged_newest_first(archive: MemoryArchive, story: Story) -> None:
    ours = story.unit("A")
    for n in range(5):
        story.case(str(n), unit=ours if n % 2 else None)
    archive.catalogue.catch_up()
    first = archive.catalogue.cases(limit=3)
    second = archive.catalogue.cases(limit=3, cursor=first.next_cursor)
    assert [case.number for case in (*first.cases, *second.cases)] == ["4", "3", "2", "1", "0"]
    assert (first.total, second.total, second.next_cursor) == (5, 5, None)
    assert [c.number for c in archive.catalogue.cases(units=frozenset({ours})).cases] == ["3", "1"]
    assert archive.catalogue.cases(units=frozenset()).cases == []
    with pytest.raises(CursorError):
        archive.catalogue.cases(cursor="x")
    close_case(archive, actor="local-0", number="4")
    archive.catalogue.catch_up()
    assert archive.catalogue.cases(open_only=True).total == 4


def test_a_register_that_somebody_holds_is_said_to_be_busy_and_nothing_is_decided(
    archive: MemoryArchive,
) -> None:
    with (archive.root / "cases.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with cases.patience(0.05), pytest.raises(ArchiveBusyError, match=r"cases\.lock"):
            open_case(archive, actor="local-0", number="2026-1")
    assert archive.ledger.size() == 0
    open_case(archive, actor="local-0", number="2026-1")


def test_a_case_is_found_by_its_words_by_whoever_may_know_of_it(
    archive: MemoryArchive, story: Story
) -> None:
    unit, other = story.unit("第1中队"), story.unit("第2中队")
    mine = story.case("2026-0001", title="占道经营", unit=unit)
    named = story.case("2026-0002", title="占道经营", unit=other, officers=["officer-1"])
    held = story.case("2026-0003", title="占道经营", unit=other)
    granted = story.case("2026-0004", title="占道经营", unit=other)
    hidden = story.case("2026-0005", title="占道经营 harbour", unit=other)
    story.link(story.clip(unit=unit), held)
    story.link(story.clip(unit=other), hidden)
    archive.catalogue.catch_up()

    def found(knowing: Knowing, text: str = "占道", number: str | None = None) -> list[str]:
        rows = archive.catalogue.cases_found(text=text, number=number, knowing=knowing, limit=10)
        return [row.id for row in rows]

    officer = Knowing(
        scope=Scope(units=frozenset({unit})),
        cases=frozenset({granted}),
        own=True,
        unit=unit,
        officer="officer-1",
    )
    assert found(officer) == [granted, held, named, mine]
    assert found(replace(officer, own=False)) == [granted, held]
    assert found(officer, "harbour") == []
    assert found(Knowing(scope=Scope())) == []
    assert found(Knowing()) == [hidden, granted, held, named, mine]
    assert found(Knowing(), "harb 占道") == [hidden]
    assert found(Knowing(), "26-0003") == [held]
    assert found(Knowing(), "占道", "0004") == [granted]
    assert found(Knowing(), "?!") == []
