"""What only a catalogue on a server can meet: other writers elsewhere, a server that goes, a read-only one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from archive.catalogue.database import Database, open_database
from archive.catalogue.errors import CatalogueAwayError, CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.postgres.dialect import text_search, translate
from archive.catalogue.search import FindQuery
from archive.catalogue.words import match
from archive.errors import ReadOnlyArchiveError, SettingsError
from tests.postgres import PostgresServer
from tests.unit.catalogue.story import MemoryArchive, Story
from tests.unit.catalogue.telling import tell


@pytest.fixture
def archive(tmp_path: Path, server: PostgresServer) -> Iterator[MemoryArchive]:
    archive = MemoryArchive(tmp_path, server.new_url)
    yield archive
    archive.catalogue.close()
    for url in archive.urls.values():
        server.give_back(url)


def test_one_writer_at_a_time_on_whatever_machine(archive: MemoryArchive) -> None:
    archive.catalogue.catch_up()
    held = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with archive.catalogue._file.write(), psycopg.connect(archive.url()) as other:
        assert other.execute(held).fetchone() == (1,)
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(
                "SELECT pg_advisory_xact_lock("
                "hashtextextended('muniment catalogue ' || current_schema(), 0))"
            )


def lose_the_head(archive: MemoryArchive) -> None:
    with archive.catalogue._file.write() as connection:
        connection.exec_driver_sql("DELETE FROM head")
        connection.exec_driver_sql("SELECT * FROM nowhere")


def test_what_fails_in_a_transaction_leaves_nothing(archive: MemoryArchive) -> None:
    archive.catalogue.catch_up()
    with pytest.raises(CatalogueDamagedError):
        lose_the_head(archive)
    assert archive.catalogue.size() == 0


def test_questions_of_one_snapshot_see_one_state(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    archive.catalogue.catch_up()
    waits = "SELECT count(*) FROM clips, pg_sleep(0)"
    one, other = archive.catalogue._file.snapshot([(waits, {}), ("SELECT count(*) FROM clips", {})])
    assert one == other == [(1,)]
    with pytest.raises(CatalogueBehindError):
        archive.catalogue._file.snapshot([("SELECT 1", {}), ("DELETE FROM clips", {})])


def test_a_server_that_goes_and_comes_back(
    archive: MemoryArchive, story: Story, server: PostgresServer
) -> None:
    tell(story)
    archive.catalogue.catch_up()
    server.stop()
    try:
        for _ in range(2):
            with pytest.raises(CatalogueAwayError, match="whole"):
                archive.catalogue.find(FindQuery())
        story.clip()
        with pytest.raises(CatalogueAwayError):
            archive.catalogue.catch_up()
    finally:
        server.start()
    assert archive.catalogue.catch_up() == 1
    assert archive.catalogue.find(FindQuery()).total == 6


def test_a_server_that_lets_nobody_write_answers_while_it_is_whole(
    archive: MemoryArchive, story: Story
) -> None:
    tell(story)
    archive.catalogue.catch_up()
    archive.urls["replica"] = archive.url() + "%20-cdefault_transaction_read_only%3Don"
    replica = archive.new_catalogue("replica")
    assert replica.find(FindQuery()).total == 5
    story.clip()
    with pytest.raises(CatalogueBehindError, match="rebuild is due"):
        replica.catch_up()
    with pytest.raises(ReadOnlyArchiveError):
        replica.rebuild()
    replica.close()
    del archive.urls["replica"]


def test_a_form_of_an_older_version_is_made_anew_from_the_ledger(
    archive: MemoryArchive, story: Story
) -> None:
    tell(story)
    archive.catalogue.catch_up()
    before = archive.tables()
    with archive.catalogue._file.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0005'")
        connection.exec_driver_sql("ALTER TABLE clips DROP COLUMN protected")
    assert archive.catalogue.catch_up() == archive.ledger.size()
    assert archive.tables() == before


def test_a_schema_that_is_not_there_is_said(server: PostgresServer) -> None:
    database = open_database(server.url("nowhere"))
    with pytest.raises(SettingsError, match="schema is not there"):
        database.migrate()
    database.close()


def test_the_one_character_that_postgresql_cannot_hold_is_shown(
    archive: MemoryArchive, story: Story
) -> None:
    story.case("1\0", title="夜\0查")
    (case,) = archive.catalogue.cases().cases
    assert (case.number, case.title) == ("1␀", "夜␀查")
    assert archive.catalogue.case_by_number("1\0") == case


@pytest.fixture
def both(tmp_path: Path, archive: MemoryArchive) -> Iterator[list[Database]]:
    archive.catalogue.catch_up()
    file = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    file.migrate()
    yield [file, archive.catalogue._file]
    file.close()


@pytest.mark.parametrize(
    "question",
    [
        "SELECT id, name FROM units ORDER BY name, id",
        "SELECT id, name FROM units ORDER BY name DESC, id LIMIT :most",
        "SELECT u.id FROM units u LEFT JOIN units p ON p.id = u.parent ORDER BY p.name, u.id DESC",
        "SELECT id FROM units WHERE name LIKE :like ORDER BY id",
        "SELECT id FROM units WHERE name LIKE :like ESCAPE '\\' ORDER BY id",
        "SELECT id FROM units WHERE name LIKE '%b:most\\%%' ESCAPE '\\' ORDER BY id",
        "SELECT id FROM units WHERE id IN () OR name = ':most' ORDER BY id",
        "SELECT group_concat(name) FROM (SELECT name FROM units ORDER BY name) n",
        "SELECT count(*), sum(length(name)), min(name), max(name), avg(length(id)) FROM units",
        "SELECT TRUE, id = 'b', name IS NULL, :none IS NULL, NULL FROM units ORDER BY id",
        "SELECT id FROM units WHERE (:none IS NULL OR name = :none) ORDER BY id LIMIT :most",
        "SELECT id, row_number() OVER (ORDER BY name, id) FROM units ORDER BY 2",
    ],
)
def test_a_question_has_one_answer(both: list[Database], question: str) -> None:
    names = [("a", "B%"), ("b", None), ("c", "b:most%"), ("d", "甲"), ("e", ":most"), ("f", "b\\")]
    params = {"most": -1, "like": "b\\%%", "none": None}
    answers = []
    for database in both:
        with database.write() as connection:
            rows = [(id_, name, "d" if id_ > "c" else None) for id_, name in names]
            connection.exec_driver_sql(
                "INSERT INTO units (id, name, parent) VALUES (?, ?, ?)", rows
            )
        used = {k: v for k, v in params.items() if f":{k}" in question}
        answers.append(repr(database.rows(question, used)))
    assert answers[0] == answers[1]


def test_what_stands_in_quotes_stays() -> None:
    said = translate("SELECT ':a', \"rowid\", 'LIMIT :b' FROM units WHERE name = :a").sql
    assert said == "SELECT ':a', \"rowid\", 'LIMIT :b' FROM units WHERE name = %(a)s"


@pytest.mark.parametrize(
    ("typed", "query", "phrase"),
    [
        ("酒", "'酒':*", None),
        ("酒驾", "'酒驾'", None),
        ("酒驾检", "'酒驾' & '驾检'", "% 酒驾 驾检 %"),
        ("2026-01", "'2026' & '01':*", "% 2026 01%"),
    ],
)
def test_words_are_looked_up_and_phrases_held_against_the_text(
    typed: str, query: str, phrase: str | None
) -> None:
    assert text_search(match(typed) or "") == (query, phrase)
