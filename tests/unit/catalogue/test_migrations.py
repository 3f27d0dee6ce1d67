from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from archive.catalogue import access_tables, review_tables, schema
from archive.catalogue.errors import CatalogueDamagedError
from archive.catalogue.migrations import configuration, downgrade, upgrade
from archive.catalogue.schema import SCHEMA_REVISION
from archive.catalogue.search import FindQuery
from archive.catalogue.sqlite import SqliteDatabase
from tests.unit.catalogue.oversight_story import tell_of_oversight
from tests.unit.catalogue.story import MemoryArchive, Story, tables

# One and the same; each module puts its tables into it.
(metadata,) = {part.metadata for part in (schema, access_tables, review_tables)}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[MemoryArchive]:
    """Its catalogue is a file: PostgreSQL has no older forms."""
    archive = MemoryArchive(tmp_path)
    yield archive
    archive.catalogue.close()


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(tmp_path / "fresh.db")


def test_the_newest_revision_is_the_one_the_code_asks_for(database: SqliteDatabase) -> None:
    with database.write() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
    database.close()
    assert script.get_heads() == [SCHEMA_REVISION]


def test_migrating_from_nothing_makes_the_tables_of_the_code(database: SqliteDatabase) -> None:
    assert not database.is_current()
    database.migrate()
    assert database.is_current()
    with database.write() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, *_: not str(name).startswith("words"),
                "compare_type": True,
            },
        )
        difference = compare_metadata(context, metadata)
    database.close()
    assert difference == []


def test_a_table_that_the_migrations_forgot_is_noticed(database: SqliteDatabase) -> None:
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE sightings")
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert any(change[0] == "add_table" for change in difference)


def test_tables_without_row_numbers_are_so_in_the_migration_too(database: SqliteDatabase) -> None:
    database.migrate()
    names = ("custody", "links", "case_officers", "due", "recording_segments", "tallies")
    for name in names:
        ((sql,),) = database.rows(
            "SELECT sql FROM sqlite_master WHERE name = :name", {"name": name}
        )
        assert "WITHOUT ROWID" in sql
    database.close()


def test_migrating_up_again_keeps_what_was_projected(archive: MemoryArchive, story: Story) -> None:
    clip = story.clip()
    story.link(clip, story.case("1"))
    archive.catalogue.catch_up()
    before = repr(archive.catalogue.find(FindQuery(case="1")))
    archive.file.migrate()
    with archive.file.write() as connection:
        upgrade(connection)
    assert repr(archive.catalogue.find(FindQuery(case="1"))) == before


def test_down_to_nothing_and_up_again_is_filled_from_the_ledger(
    archive: MemoryArchive, story: Story
) -> None:
    story.link(story.clip(), story.case("1"))
    archive.catalogue.catch_up()
    before = repr(archive.catalogue.find(FindQuery(case="1")))
    with archive.file.write() as connection:
        downgrade(connection, "base")
    left = archive.file.rows(
        "SELECT name FROM sqlite_master WHERE name != 'alembic_version' AND name NOT LIKE 'sqlite%'",
        {},
    )
    assert left == []
    assert archive.catalogue.catch_up() == 3
    assert repr(archive.catalogue.find(FindQuery(case="1"))) == before


def form(database: SqliteDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT name, sql FROM sqlite_master ORDER BY name", {})


def tell_an_old_story(story: Story) -> None:
    officer = story.officer("012345")
    recorder = story.recorder("A1")
    docking = story.docking(recorder)
    kept_apart = story.clip("0.mp4", docking=docking, recorder=recorder, quarantined=True)
    clip = story.clip("1.mp4", docking=docking, recorder=recorder, officer=officer)
    story.examined(clip)
    story.rendition(kept_apart)
    story.link(clip, story.case("1", title="夜间检查"))


def as_of_0001(archive: MemoryArchive) -> None:
    """What the first form held of this ledger, as far as it knew its types."""
    archive.catalogue.catch_up()
    with archive.file.write() as connection:
        downgrade(connection, "0001")


def test_down_to_the_first_form_is_the_first_form(archive: MemoryArchive, tmp_path: Path) -> None:
    as_of_0001(archive)
    first = SqliteDatabase(tmp_path / "first.db")
    with first.write() as connection:
        upgrade(connection, "0001")
    names = [name for name, _ in form(first)]
    first.close()
    assert [name for name, _ in form(archive.file)] == names


def test_0002_keeps_what_0001_held_and_equals_a_new_one(
    archive: MemoryArchive, story: Story
) -> None:
    tell_an_old_story(story)
    as_of_0001(archive)
    assert archive.catalogue.catch_up() == 0
    archive.catalogue.close()
    migrated = tables(archive.root / "catalogue.db")
    rebuilt = archive.new_catalogue("rebuilt.db")
    rebuilt.catch_up()
    rebuilt.close()
    assert len(migrated["clips"]) == 2
    assert migrated == tables(archive.root / "rebuilt.db")


@pytest.mark.parametrize("newer", ["type", "docking"])
def test_0002_projects_again_what_0001_did_not_understand(
    archive: MemoryArchive, story: Story, newer: str
) -> None:
    tell_an_old_story(story)
    clip = next(e.subject for e in archive.ledger.kept if e.type == "clip.ingested")
    if newer == "type":
        story.accepted(clip, "officer-9")
    else:
        story.docking("recorder-1", source="mtp", port="1-1.4", make="maker")
    as_of_0001(archive)
    assert archive.catalogue.catch_up() == archive.ledger.size()
    archive.catalogue.close()
    migrated = tables(archive.root / "catalogue.db")
    rebuilt = archive.new_catalogue("rebuilt.db")
    rebuilt.catch_up()
    rebuilt.close()
    assert migrated == tables(archive.root / "rebuilt.db")


def test_0004_keeps_what_0003_held_and_equals_a_new_one(
    archive: MemoryArchive, story: Story
) -> None:
    tell_an_old_story(story)
    archive.catalogue.catch_up()
    with archive.file.write() as connection:
        downgrade(connection, "0003")
    assert archive.catalogue.catch_up() == 0
    migrated, rebuilt = twice(archive)
    assert migrated == rebuilt


@pytest.mark.parametrize("older", ["0006", "0007"])
def test_0008_counts_what_was_there_before(
    archive: MemoryArchive, story: Story, older: str
) -> None:
    tell_an_old_story(story)
    archive.catalogue.catch_up()
    with archive.file.write() as connection:
        downgrade(connection, older)
    assert archive.catalogue.catch_up() == 0
    migrated, rebuilt = twice(archive)
    assert migrated["tallies"]
    assert migrated["words_of_cases"]
    assert migrated == rebuilt


@pytest.mark.parametrize("newer", ["joined", "made"])
def test_0004_projects_again_what_0003_did_not_understand(
    archive: MemoryArchive, story: Story, newer: str
) -> None:
    tell_an_old_story(story)
    clip = next(e.subject for e in archive.ledger.kept if e.type == "clip.ingested")
    story.examined(clip, facts={"object": "f" * 64, "size": 9}, due=["strip", "proxy"])
    if newer == "joined":
        story.joined("recording-1", clip)
    else:
        story.rendition(clip, "strip", index={"object": "e" * 64, "size": 3})
    archive.catalogue.catch_up()
    with archive.file.write() as connection:
        downgrade(connection, "0003")
    assert archive.catalogue.catch_up() == archive.ledger.size()
    migrated, rebuilt = twice(archive)
    assert migrated["due"]
    assert migrated == rebuilt


@pytest.mark.parametrize("newer", [False, True])
def test_0010_projects_again_only_what_0009_did_not_understand(
    archive: MemoryArchive, story: Story, newer: bool
) -> None:
    tell_an_old_story(story)
    if newer:
        tell_of_oversight(story)
    archive.catalogue.catch_up()
    with archive.file.write() as connection:
        downgrade(connection, "0009")
    assert archive.catalogue.catch_up() == (archive.ledger.size() if newer else 0)
    migrated, rebuilt = twice(archive)
    assert bool(migrated["case_files"]) == newer
    assert migrated == rebuilt


def twice(archive: MemoryArchive) -> tuple[dict[str, list[tuple[object, ...]]], ...]:
    """The tables as they are, and as a new catalogue has them."""
    archive.catalogue.close()
    rebuilt = archive.new_catalogue("rebuilt.db")
    rebuilt.catch_up()
    rebuilt.close()
    return tables(archive.root / "catalogue.db"), tables(archive.root / "rebuilt.db")


def lose_the_head(archive: MemoryArchive) -> None:
    with archive.file.write() as connection:
        connection.exec_driver_sql("DELETE FROM head")
        connection.exec_driver_sql("SELECT * FROM nowhere")


def test_writes_are_whole_and_on_the_medium(archive: MemoryArchive) -> None:
    archive.catalogue.catch_up()
    rows = archive.file.rows
    assert rows("PRAGMA synchronous", {}) == [(2,)]
    assert rows("PRAGMA journal_mode", {}) == [("wal",)]
    assert rows("PRAGMA foreign_keys", {}) == [(1,)]
    with pytest.raises(CatalogueDamagedError):
        lose_the_head(archive)
    assert rows("SELECT count(*) FROM head", {}) == [(1,)]


def test_a_second_writer_waits_for_the_first(archive: MemoryArchive) -> None:
    archive.catalogue.catch_up()
    with archive.file.write():
        other = sqlite3.connect(archive.root / "catalogue.db", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("SELECT 1 FROM clips c WHERE c.marked = TRUE ORDER BY c.start_us, c.clip", "clips_marked"),
        (
            "SELECT 1 FROM clips c WHERE c.officer_id = 'x' ORDER BY c.start_us, c.clip",
            "clips_officer",
        ),
        (
            "SELECT 1 FROM links l WHERE l.case_id = 'x' AND l.linked = TRUE ORDER BY l.start_us, l.clip",
            "links_case",
        ),
        ("SELECT d.clip FROM due d WHERE d.kind = 'x' ORDER BY d.\"index\"", "due_kind"),
        ("SELECT 1 FROM clips c WHERE c.facts IS NULL", "clips_unexamined"),
        (
            "SELECT 1 FROM clips c WHERE c.damaged = TRUE ORDER BY c.start_us, c.clip",
            "clips_damaged",
        ),
        ("SELECT 1 FROM clips c WHERE c.late = TRUE ORDER BY c.start_us, c.clip", "clips_late"),
        (
            "SELECT 1 FROM clips c WHERE c.quarantined = TRUE ORDER BY c.start_us, c.clip",
            "clips_apart",
        ),
        (
            "SELECT 1 FROM clips c WHERE c.cases = '[]' ORDER BY c.start_us, c.clip",
            "clips_unlinked",
        ),
    ],
)
def test_the_usual_searches_read_one_index_in_order(
    database: SqliteDatabase, asked: str, index: str
) -> None:
    database.migrate()
    plan = " ".join(str(row[3]) for row in database.rows(f"EXPLAIN QUERY PLAN {asked}", {}))
    database.close()
    assert index in plan
    assert "TEMP B-TREE" not in plan
