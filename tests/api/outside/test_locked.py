"""A database that somebody else keeps locked: 503 with a time to come back, nothing shown, and well again after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.api.world import PASSWORD, World


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Written to by another program, for as long as the block lasts."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.slow
def test_a_locked_accounts_file_is_503_with_a_time_to_come_back(fresh: World) -> None:
    body = {"user": "chief", "password": PASSWORD}
    with locked(fresh.archive.root / "accounts.db"):
        answer = fresh.client().post("/api/v1/session", json=body)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert fresh.client().post("/api/v1/session", json=body).status_code == 201


@pytest.mark.slow
def test_a_locked_catalogue_is_503_or_answers_from_what_it_knew(fresh: World) -> None:
    chief = fresh.client("chief")
    known = chief.get("/api/v1/clips").json()["total"]
    marking = {"text": "n", "from_us": None}
    assert chief.post(f"{fresh.clip('first')}/markers", json=marking).status_code == 201
    with locked(fresh.archive.root / "catalogue.db"):
        answer = chief.get("/api/v1/clips", params={"kind": "video"})
    assert answer.status_code in {200, 503}
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) >= 1
    assert chief.get("/api/v1/clips").json()["total"] == known
