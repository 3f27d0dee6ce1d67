"""The annual report of 1,000,000 decisions: counted by unit and act, deadlines of publication and all, in one pass.

The archive and its ledger are real; the million cases stand in the catalogue only, with stages, publications and
reviews as entries would have put them there: what is measured is the counting, not the filling.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from archive.opening import create_archive, open_archive
from bench.data import clear, need_room
from bench.harness import Options, Report
from oversight.report.annual import report as annual_report
from oversight.report.counting import rows_of
from oversight.rules.model import ACTS

_YEAR: Final = 2025
_UNITS: Final = 40
_AT_ONCE: Final = 20_000
_MOST: Final = 30.0  # seconds
_TABLES: Final = {
    "cases": ("id", "number", "unit_id", "officers", "opened_at", "opened_index"),
    "case_files": ("id", "act", "decided_us", "amount"),
    "stages": ("index", "case_id", "stage", "at", "at_us", "actor", "said_at"),
    "publications": (
        *("id", "index", "kind", "about", "record", "state", "feed", "published_index"),
        "published_at",
    ),
    "reviews": (
        *("id", "index", "case_id", "round", "state", "documents", "clips", "requested_at"),
        *("requested_actor", "outcome"),
    ),
}


def bench_report(options: Options) -> Report:
    """Count the year; then follow one figure to its cases."""
    cases = 2_000 if options.quick else 1_000_000
    need_room(options.folder, cases * 2_000)
    report, folder = Report(), options.folder / "annual"
    root = folder / "archive"
    folder.mkdir()
    create_archive(root, origin="bench.invalid/station", unit="bench unit")
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
    _fill(root / "catalogue.db", cases)
    with open_archive(root, write=False) as archive:
        took = []
        for _ in range(1 if options.quick else 2):
            began = time.perf_counter()
            found = annual_report(archive, _YEAR)
            took.append(time.perf_counter() - began)
        began = time.perf_counter()
        followed = sum(1 for _ in rows_of(archive, _YEAR, "late"))
        follow = time.perf_counter() - began
    if found["total"]["decided"] != cases or found["total"]["late"] != followed:
        raise ValueError("the report counted something else than what is there")
    report.add("annual-report", min(took), "s", most=_MOST, rounds=took)
    report.add("annual-report-follow", follow, "s", most=_MOST)
    clear(folder)
    return report


def _fill(path: Path, cases: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        for first in range(0, cases, _AT_ONCE):
            rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
            for number in range(first, min(first + _AT_ONCE, cases)):
                for table, row in _case(number):
                    rows[table].append(row)
            db.execute("BEGIN")
            for table, found in rows.items():
                columns = ", ".join(f'"{name}"' for name in _TABLES[table])
                marks = ", ".join("?" for _ in _TABLES[table])
                db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", found)  # noqa: S608 - names of this file
            db.execute("COMMIT")
        db.execute("PRAGMA optimize")


def _case(number: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    chance = random.Random(number)  # noqa: S311 - made-up cases, not keys
    case, index = f"case-{number:026d}", 1_000 + number * 10
    decided = datetime(_YEAR, 1, 2, tzinfo=UTC) + timedelta(minutes=chance.randrange(360 * 24 * 60))
    us, at = int(decided.timestamp()) * 1_000_000, _text(decided)
    yield "cases", (case, f"{_YEAR}-{number:07d}", f"unit-{number % _UNITS:026d}", "[]", at, index)
    yield "case_files", (case, chance.choice(ACTS), us, chance.randrange(100_000))
    yield "stages", (index + 1, case, "decision", at, us, "local-0", at)
    if chance.random() < 0.2:
        yield (
            "reviews",
            (
                *(f"review-{number:026d}", index + 2, case, 1, "answered", "[]", "[]", at),
                *("local-0", "agree"),
            ),
        )
    if chance.random() < 0.95:
        public = _text(decided + timedelta(days=chance.randrange(1, 25)))
        yield (
            "publications",
            (
                *(f"publication-{number:026d}", index + 3, "decision", case, "0" * 64),
                *("published", number + 1, index + 5, public),
            ),
        )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
