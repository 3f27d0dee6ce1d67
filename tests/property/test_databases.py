"""SQLite and PostgreSQL hold the same rows and find the same, whatever was written and whatever is typed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.catalogue.database import Database, open_database
from archive.catalogue.projected import Rows
from archive.catalogue.projection import project
from archive.catalogue.words import matches
from archive.catalogue.writing import write_head, write_rows
from tests.postgres import PostgresServer, running, tables
from tests.property.test_catalogue import STEPS, told
from tests.unit.catalogue.story import MemoryArchive

# Few characters, so that what is typed is often there; blanks, marks and widths that separate or fold.
SIGNS = st.text(alphabet="酒驾检查案aB1ａ７ -_%'\"\\*ßı\u0301\0é", max_size=12)
# Fewer still: the pairs of what is typed are often all there, and not side by side.
NEAR = st.text(alphabet="酒驾a -", min_size=2, max_size=9)
LONG = st.builds(lambda sign, times: sign * times, st.sampled_from("a酒1"), st.integers(498, 502))
TEXTS = st.lists(NEAR | SIGNS | st.text(max_size=12) | LONG, min_size=1, max_size=8)
BEGINNINGS = count(1, 1000)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def both(
    server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Database]]:
    folder = tmp_path_factory.mktemp("both")
    databases = [open_database(f"sqlite:///{folder / 'a.db'}"), open_database(server.new_url())]
    for database in databases:
        database.migrate()
    yield databases
    for database in databases:
        database.close()


def found(database: Database, typed: str, begin: int) -> list[list[int]]:
    sql = "SELECT rowid FROM words WHERE words MATCH :match AND rowid >= :begin ORDER BY rowid"
    return [
        [index for (index,) in database.rows(sql, {"match": match, "begin": begin})]
        for match in matches(typed)
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, typed=st.lists(NEAR | SIGNS | LONG, max_size=8))
def test_both_find_the_same_texts(both: list[Database], texts: list[str], typed: list[str]) -> None:
    begin = next(BEGINNINGS)
    rows = Rows()
    for n, text in enumerate(texts):
        rows.add_words(begin + n, text)
    for database in both:
        with database.write() as connection:
            write_rows(connection, rows)
    for word in (*typed, *texts):
        one, other = (found(database, word, begin) for database in both)
        assert one == other
    for n, text in enumerate(texts):
        assert all(begin + n in hits for hits in found(both[1], text, begin))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_both_hold_the_same_rows(server: PostgresServer, steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        archive = MemoryArchive(Path(name))
        events = told(archive, steps)
        archive.catalogue.close()
        urls = [f"sqlite:///{name}/a.db", server.new_url()]
        held = []
        for url in urls:
            database = open_database(url)
            database.migrate()
            with database.write() as connection:
                write_rows(connection, project(events))
                head = {"size": len(events), "leaf": None, "root": None, "names": 0}
                write_head(connection, head)
            database.close()
            held.append(tables(url))
        server.give_back(urls[1])
    assert held[0] == held[1]
