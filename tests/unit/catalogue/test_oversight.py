"""Case files and the systems over them, as the catalogue tells them; in whatever cut, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.events import LedgerEvent
from archive.catalogue.projection import KNOWN, project
from tests.unit.catalogue.oversight_story import tell_of_oversight
from tests.unit.catalogue.story import MemoryArchive, Story

ROOT = Path(__file__).resolve().parents[3]
FORMAT = ROOT / "docs/formats/ledger.md"
TABLES = (
    *("case_files", "stages", "revocations", "subjects", "case_subjects", "certificates"),
    *("duty_checks", "station_charges", "document_times", "stops", "excuses", "lists"),
    *("list_changes", "imports", "link_proposals", "reviews", "publications", "classes", "holds"),
    *("disposals", "disposed_clips", "removed_objects", "moved_texts"),
)


def test_every_table_is_filled_and_made_anew_the_same(archive: MemoryArchive, story: Story) -> None:
    tell_of_oversight(story)
    archive.catalogue.catch_up()
    before = archive.tables()
    assert [name for name in TABLES if not before[name]] == []
    assert archive.catalogue.rebuild() == archive.ledger.size()
    assert archive.tables() == before


def told(archive: MemoryArchive) -> dict[str, list[tuple[object, ...]]]:
    """The rows, without how a text index lays out its own."""
    return {name: rows for name, rows in archive.tables().items() if "words" not in name}


def test_an_entry_at_a_time_gives_what_all_at_once_give(
    archive: MemoryArchive, story: Story
) -> None:
    tell_of_oversight(story)
    entries = archive.ledger.kept
    archive.ledger.kept = []
    for entry in entries:
        archive.ledger.kept.append(entry)
        archive.catalogue.catch_up()
    slowly = told(archive)
    archive.catalogue.rebuild()
    assert told(archive) == slowly


def test_a_type_that_lacks_what_it_calls_for_is_a_custody_event_all_the_same() -> None:
    odd = {"at": 3, "from": 4, "case": [], "texts": [5], "points": 6, "list": [], "subject": {}}
    for type_ in sorted(KNOWN):
        rows = project([event(type_, odd), event(type_, {})])
        assert [row["type"] for row in rows.custody] == [type_, type_]


def event(type_: str, data: dict[str, Any]) -> LedgerEvent:
    return LedgerEvent(
        index=0,
        type=type_,
        time="2026-01-18T00:00:00.000000Z",
        clock="host",
        actor="local-0",
        subject="case-1",
        data=data,
        written={"name": 6},
    )


def test_every_type_that_is_projected_stands_in_the_format() -> None:
    said = FORMAT.read_text()
    assert [type_ for type_ in sorted(KNOWN) if f"`{type_}`" not in said] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_type_of_the_three_systems_has_words(
    archive: MemoryArchive, story: Story, language: str
) -> None:
    tell_of_oversight(story)
    words = (ROOT / f"api/locale/{language}/LC_MESSAGES/events.po").read_text()
    types = {entry.type for entry in archive.ledger.kept}
    assert [type_ for type_ in sorted(types) if f'msgid "event.{type_}"' not in words] == []
