"""Finding by case number over a million clips, against the bare indexed lookup in the same file."""

from __future__ import annotations

import random
import sqlite3
from functools import partial

from archive.catalogue.search import FindQuery
from bench.catalogue_fill import case_number, fill, queries_over
from bench.data import clear, need_room
from bench.harness import Options, Report, percentile, ratios, timed

# What the least program would do: the case's id, its links in order, each clip's row.
_BARE = (
    "SELECT c.* FROM links l JOIN clips c ON c.ingested_index = l.clip_index"
    " WHERE l.case_id = (SELECT id FROM cases WHERE number_key = ?) AND l.linked = TRUE"
    " ORDER BY l.start_us, l.clip"
)


def bench_find(options: Options) -> Report:
    """In process, warm; the two take turns on the same case numbers."""
    report = Report()
    clips, queries = (5_000, 50) if options.quick else (1_000_000, 4_000)
    need_room(options.folder, clips * 4000)
    path = options.folder / "find" / "catalogue.db"
    path.parent.mkdir()
    report.add(f"catalogue-fill-{clips}", fill(path, clips), "entries/s")
    bare = sqlite3.connect(path)
    cases = int(bare.execute("SELECT COUNT(*) FROM cases").fetchone()[0])
    ours, chance = queries_over(path), random.Random(1)  # noqa: S311 - which case is no secret
    ours.catch_up()
    took: dict[str, list[float]] = {"find": [], "bare": []}
    for number in (case_number(chance.randrange(cases)) for _ in range(queries)):
        found = timed(partial(ours.find, FindQuery(case=number)))
        rows = timed(lambda n=number: bare.execute(_BARE, (n,)).fetchall())  # type: ignore[misc]
        if found.output.total != len(rows.output):
            raise RuntimeError(f"{number}: {found.output.total} clips, not {len(rows.output)}")
        took["find"].append(found.seconds * 1000)
        took["bare"].append(rows.seconds * 1000)
    bare.close()
    clear(path.parent)
    for percent in (50, 99):
        against = ("bare sqlite3", percentile(took["bare"], percent))
        most = 5 if percent == 99 else None
        value = percentile(took["find"], percent)
        name, rounds = f"find-case-{clips}-p{percent}", ratios(took["find"], took["bare"], percent)
        report.add(name, value, "ms", against=against, most=most, rounds=rounds)
    return report
