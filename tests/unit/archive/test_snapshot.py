"""The writer's snapshot gives every link as it was saved, of one moment, or says that it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.ledger.entry import Link
from archive.ledger.state import Position, State
from archive.ledger.subjects import AT_ONCE

MANY = 2 * AT_ONCE + 7  # more than one statement asks for
LINKS = {
    f"clip_{number}": Link(count=number + 1, index=number, leaf=number.to_bytes(32))
    for number in range(MANY)
}
POSITION = Position(size=1, offset=1, last=bytes(32), tiles=[[bytes(32)]], time="2026-01-17")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "writer.state"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    with closing(State(path)) as opened:
        assert opened.save(POSITION, LINKS)
        yield opened


@pytest.mark.parametrize("count", [1, 2, AT_ONCE, AT_ONCE + 1, MANY])
def test_however_many_are_asked_for_each_has_its_link(state: State, count: int) -> None:
    asked = dict(list(LINKS.items())[-count:])
    assert state.links([*asked, "clip_unknown"]) == asked


def test_nobody_asked_for_is_no_reason_to_read_the_ledger(state: State) -> None:
    assert state.links([]) == {}


@pytest.mark.parametrize("count", [1, MANY])
def test_a_snapshot_that_another_process_begins_anew_is_not_believed(
    state: State, path: Path, count: int
) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript("DELETE FROM position; DELETE FROM subjects; DELETE FROM sums")
    assert state.links(list(LINKS)[:count]) is None


@pytest.mark.parametrize("count", [1, MANY])
def test_a_position_of_another_type_is_not_believed(state: State, path: Path, count: int) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE position SET size = 'one'")
    assert state.links(list(LINKS)[:count]) is None


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM subjects WHERE subject = 'clip_3'",
        "UPDATE subjects SET entry = 2 WHERE subject = 'clip_3'",
        "UPDATE subjects SET leaf = 'text' WHERE subject = 'clip_3'",
        "UPDATE sums SET sum = sum + 1",
        "DELETE FROM sums",
    ],
)
@pytest.mark.parametrize("asked", [["clip_3"], list(LINKS)], ids=["one", "many"])
def test_a_row_that_is_wrong_or_lost_ties_nothing(
    state: State, path: Path, damage: str, asked: list[str]
) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    assert state.links(asked) is None
