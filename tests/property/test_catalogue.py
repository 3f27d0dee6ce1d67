from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.catalogue.errors import CursorError, TimeTextError
from archive.catalogue.events import LedgerEvent, event_of
from archive.catalogue.projection import project
from archive.catalogue.search import make_cursor, read_cursor
from archive.catalogue.sqlite import SqliteDatabase
from archive.catalogue.times import known_us, lower_bound, microseconds, moment_text, upper_bound
from archive.catalogue.words import match, matches, number_key, tokens
from archive.catalogue.writing import write_head, write_rows
from tests.unit.catalogue.story import MemoryArchive, Story, tables

HAN = st.text(alphabet="酒驾检查夜间", min_size=1, max_size=8)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("clip", "case", "link", "unlink", "examined", "rendition"),
                *("due", "failed", "assessed", "joined"),
                *("assigned", "clock", "disputed", "settled", "accepted", "reassigned", "erased"),
            ]
        ),
        st.integers(0, 5),
    ),
    max_size=30,
)


@cache
def migrated() -> bytes:
    """A catalogue of no entries, made once: migrating takes longer than all the rest."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "empty.db"
        database = SqliteDatabase(path)
        database.migrate()
        database.close()
        return path.read_bytes()


def projected(
    path: Path, events: Sequence[LedgerEvent], cuts: Sequence[int]
) -> dict[str, list[tuple[object, ...]]]:
    """The tables that come of projecting events, cut at these places."""
    path.write_bytes(migrated())
    database = SqliteDatabase(path)
    edges = [0, *sorted({cut % (len(events) + 1) for cut in cuts}), len(events)]
    for start, end in pairwise(edges):
        with database.write() as connection:
            write_rows(connection, project(events[start:end]))
            write_head(connection, {"size": end, "leaf": None, "root": None, "names": 0})
    database.close()
    return tables(path)


def tell_of_recorders(story: Story, what: str, n: int, clip: str) -> None:
    if what == "assigned":
        story.assigned("recorder-1", f"officer-{n}", f"2026-01-1{n}T00:00:00Z")
        story.twins("recorder-1", "1-1", f"1-{n}")
    elif what == "clock":
        story.clock_read("recorder-1", offset_us=n)
        story.clock_set("recorder-1")
    elif what == "disputed":
        story.disputed("docking-1", "officer-1", f"officer-{n}")
    elif what == "settled":
        story.settled("docking-1", f"officer-{n}")
    elif what == "accepted":
        story.accepted(clip, f"officer-{n}")
    elif what == "reassigned":
        story.reassigned(clip, None, f"unit-{n}")
    else:
        story.erased(clip)


def tell_of_media(story: Story, what: str, n: int, clip: str, clips: Sequence[str]) -> None:
    kind = ["poster", "strip", "quality"][n % 3]
    if what == "rendition":
        story.rendition(clip, kind)
    elif what == "due":
        facts = {"object": f"{n + 10**7:064x}", "size": n}
        story.examined(clip, facts=facts, due=["strip", "quality"][: n % 3], protected=n == 0)
    elif what == "failed":
        story.failed(clip, kind, f"code_{n}")
    elif what == "assessed":
        story.assessed(clip, "black", clock="2026-01-17" if n % 2 else None)
    else:
        story.joined(f"recording-{n % 2}", *clips[: n + 1])


def told(archive: MemoryArchive, steps: Sequence[tuple[str, int]]) -> list[LedgerEvent]:
    """A ledger in which every step is about things that are there."""
    story = Story(archive.record)
    clips, cases = [story.clip("0.mp4", source="modified")], [story.case("0")]
    for what, n in steps:
        clip, case = clips[n % len(clips)], cases[n % len(cases)]
        if what == "clip":
            clips.append(story.clip(f"{n}.mp4", source=["name", "modified"][n % 2]))
        elif what == "case":
            cases.append(story.case(f"number {len(cases)}", title="夜查"))
        elif what == "link":
            story.link(clip, case, f"reason {n}")
        elif what == "unlink":
            story.unlink(clip, case)
        elif what == "examined":
            story.examined(clip, created=f"2026-01-17T1{n}:00:00Z", damaged=n == 0)
        elif what in {"rendition", "due", "failed", "assessed", "joined"}:
            tell_of_media(story, what, n, clip, clips)
        else:
            tell_of_recorders(story, what, n, clip)
    return [event_of(entry, archive.texts) for entry in archive.ledger.kept]


@settings(max_examples=25, deadline=None)
@given(STEPS, st.lists(st.integers(0, 40), max_size=4))
def test_a_ledger_projected_in_any_cut_gives_the_same_tables(
    steps: list[tuple[str, int]], cuts: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = MemoryArchive(folder)
        events = told(archive, steps)
        archive.catalogue.close()
        assert projected(folder / "a.db", events, cuts) == projected(folder / "b.db", events, [])


@settings(deadline=None)
@given(HAN, HAN)
def test_a_chinese_text_is_found_by_exactly_its_parts(text: str, typed: str) -> None:
    db = sqlite3.connect(":memory:")
    try:
        db.execute(
            "CREATE VIRTUAL TABLE words USING fts5(body, content='', columnsize=0, tokenize='ascii')"
        )
        db.execute("INSERT INTO words(rowid, body) VALUES (1, ?)", (" ".join(tokens(text)),))
        hit = db.execute("SELECT 1 FROM words WHERE words MATCH ?", (match(typed),)).fetchall()
        assert bool(hit) == (typed in text)
    finally:
        db.close()


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_typed_is_a_search_and_a_text_is_found_by_itself(text: str, other: str) -> None:
    db = sqlite3.connect(":memory:")
    try:
        db.execute(
            "CREATE VIRTUAL TABLE words USING fts5(body, content='', columnsize=0, tokenize='ascii')"
        )
        db.execute("INSERT INTO words(rowid, body) VALUES (1, ?)", (" ".join(tokens(text)),))
        for query in matches(other):
            db.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall()
        for query in matches(text):
            assert db.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall()
    finally:
        db.close()


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_refusal(text: str) -> None:
    known_us(text)
    for bound in (lower_bound, upper_bound):
        try:
            moment = bound(text, ZoneInfo("Asia/Shanghai"))
        except TimeTextError:
            continue
        assert moment.tzinfo is not None


@given(st.datetimes(timezones=st.just(ZoneInfo("UTC"))))
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    value = microseconds(moment)
    assert known_us(moment_text(value)) == value


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_a_refusal(text: str) -> None:
    try:
        place, name = read_cursor(text)
    except CursorError:
        return
    assert read_cursor(make_cursor(place, name)) == (place, name)


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.text())
def test_a_cursor_is_read_as_it_was_made(place: int, name: str) -> None:
    assert read_cursor(make_cursor(place, name)) == (place, name)


@given(st.text())
def test_the_key_of_a_number_is_its_own_key(number: str) -> None:
    assert number_key(number_key(number)) == number_key(number)
