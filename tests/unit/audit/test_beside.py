"""The catalogue that an audit compares with has the form that the migrations make."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.catalogue.beside import fill
from archive.catalogue.sqlite import SqliteDatabase
from archive.ledger.entry import Entry
from archive.texts import TextRef


class NoEntries:
    """A ledger in which nothing happened yet."""

    def size(self) -> int:
        return 0

    def root(self, size: int) -> bytes:
        raise ValueError(size)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        del start, stop
        return iter(())

    def entry(self, index: int) -> Entry:
        raise IndexError(index)


class NoTexts:
    def read(self, ref: TextRef) -> dict[str, Any] | None:
        raise AssertionError(ref)


def form(connection: sqlite3.Connection) -> dict[str, str]:
    """Tables and indexes by name, each as its statement with single spaces."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: re.sub(r"\s*([(),])\s*|\s+", r" \1 ", sql).strip() for name, sql in found}


def rows(connection: sqlite3.Connection) -> list[list[tuple[Any, ...]]]:
    return [
        connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - two names
        for table in ("head", "alembic_version")
    ]


def test_a_database_made_for_one_comparison_has_the_form_and_rows_of_a_migrated_one(
    tmp_path: Path,
) -> None:
    migrated = SqliteDatabase(tmp_path / "migrated.db")
    migrated.migrate()
    migrated.close()
    with (
        closing(sqlite3.connect(tmp_path / "migrated.db", isolation_level=None)) as one,
        closing(sqlite3.connect(tmp_path / "beside.db", isolation_level=None)) as other,
    ):
        fill(other, reader=NoEntries(), texts=NoTexts())
        assert len(form(one)) > 40
        assert form(other) == form(one)
        assert rows(other) == rows(one)
