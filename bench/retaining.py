"""What another file of retention rules would change, over ten million clips: counted from the catalogue alone.

What is measured is the one query over all clips and the rules over its groups. Nearly all clips lie in cases, which is
the slowest there is; a third is classified.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from archive.catalogue.class_queries import ClassQueries
from archive.catalogue.database import open_database
from bench.catalogue_clone import clone
from bench.catalogue_fill import FilledQueries, NoLedger, NoTexts
from bench.data import need_room
from bench.harness import Options, Report
from oversight.retention.keeping import Keeper
from oversight.retention.trying import what_if
from oversight.rules.book import RuleBook
from oversight.rules.reading import national, read_rules
from oversight.workdays import Workdays

_MOST: Final = 60.0  # seconds
_CLIPS: Final = 10_000_000
_OTHER: Final = """format = 1
[rules]
level = "agency"
place = "bench"
title = { zh = "本机关", en = "Agency" }
[[retention]]
id = "ordinary"
name = { zh = "一般", en = "Ordinary" }
keep = "3 years"
clause = { zh = "一", en = "1" }
source = { zh = "办法", en = "Measures" }
in_force = 2016-07-01
[[retention]]
id = "evidence"
name = { zh = "证据", en = "Evidence" }
keep = "30 years"
of_cases = true
clause = { zh = "二", en = "2" }
source = { zh = "办法", en = "Measures" }
in_force = 2016-07-01
"""


class _Filled(FilledQueries, ClassQueries):
    """What `clone` made, as retention asks it."""


def bench_retention(options: Options) -> Report:
    """Count what another rule would change."""
    clips = 20_000 if options.quick else max(options.clips, _CLIPS)
    need_room(options.folder, clips * 1500)
    folder = options.folder / "retention"
    folder.mkdir()
    path = folder / "catalogue.db"
    clone(path, clips)
    _classify(path)
    ask = _Filled(open_database(f"sqlite:///{path}"), reader=NoLedger(), texts=NoTexts())
    now = datetime(2027, 1, 1, tzinfo=UTC)
    books = [
        RuleBook([national()]),
        RuleBook([national(), read_rules(_OTHER.encode(), "agency.toml")]),
    ]
    zone = ZoneInfo("Asia/Shanghai")
    keepers = [Keeper(book, now.date(), zone, Workdays()) for book in books]
    took: list[float] = []
    for _ in range(1 if options.quick else 2):
        began = time.perf_counter()
        tried = what_if(ask, keepers[0], keepers[1], now)
        took.append(time.perf_counter() - began)
        assert tried.counts["earlier"] > 0  # noqa: S101 - else nothing was measured
    report = Report()
    report.add("retention-what-if", min(took), "s", most=_MOST, rounds=took)
    return report


def _classify(path: Path) -> None:
    """By the database itself: a third of all clips is ordinary, each seventh in two categories."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            'INSERT INTO classes (subject, categories, by, rule, reason, "index", actor, said_at)'
            ' SELECT clip, CASE WHEN ingested_index % 7 = 0 THEN \'["major_matter","ordinary"]\''
            " ELSE '[\"ordinary\"]' END, 'hand', NULL, NULL, ingested_index, 'local-0', ''"
            " FROM clips WHERE ingested_index % 3 = 0"
        )
