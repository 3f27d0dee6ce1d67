"""Finding by case number and by words on PostgreSQL, against the bare query through the driver on the same server."""

from __future__ import annotations

import random
from functools import partial

from archive.catalogue.postgres.connecting import Link, connect, parameters
from archive.catalogue.search import FindQuery
from bench.catalogue_clone import FIRST
from bench.catalogue_fill import FilledQueries, case_number, fill, queries_over_url
from bench.data import clear, need_room
from bench.harness import Options, Report, percentile, ratios, timed
from bench.postgres_fill import fill_server
from tests.postgres import running

_BARE = (
    "SELECT c.* FROM links l JOIN clips c ON c.ingested_index = l.clip_index"
    " WHERE l.case_id = (SELECT id FROM cases WHERE number_key = %s) AND l.linked = TRUE"
    " ORDER BY l.start_us, l.clip"
)
_FILLED = 1_000_000  # clips: more are a filled catalogue that is repeated
_WORDS = ("酒驾检查", "酒", "market", "dcam 00000042")


def bench_find_postgres(options: Options) -> Report:
    """In process, warm; the two take turns on the same case numbers, which are drawn at random."""
    clips, queries = (5_000, 50) if options.quick else (options.clips, 4_000)
    first = clips if clips <= _FILLED else FIRST
    need_room(options.folder, clips * (8000 if first == clips else 2500))
    path = options.folder / "find" / "catalogue.db"
    path.parent.mkdir()
    with running(fast=False) as server:
        fill(path, first)
        rate = fill_server(server.url(), path, first, repeated=clips // first - 1)
        clear(path.parent)
        ours, bare = queries_over_url(server.url()), connect(parameters(server.url()))
        ours.catch_up()
        report = Report()
        report.add(f"catalogue-copy-postgres-{clips}", rate, "clips/s")
        _compare(report, ours, bare, clips, queries)
        for words in _WORDS if first == clips else ():  # else there are the words of the first only
            took = [
                timed(partial(ours.find, FindQuery(text=words, limit=50))).seconds * 1000
                for _ in range(5)
            ]
            report.add(f"find-postgres-text-{words}-p50", percentile(took, 50), "ms")
        bare.close()
    return report


def _compare(report: Report, ours: FilledQueries, bare: Link, clips: int, queries: int) -> None:
    found = bare.execute("SELECT count(*) FROM cases").fetchone()
    cases, chance = int((found or (0,))[0]), random.Random(1)  # noqa: S311 - which case is no secret
    took: dict[str, list[float]] = {"find": [], "bare": []}
    for number in (case_number(chance.randrange(cases)) for _ in range(queries)):
        clip = timed(partial(ours.find, FindQuery(case=number)))
        rows = timed(lambda n=number: bare.execute(_BARE, (n,)).fetchall())  # type: ignore[misc]
        if clip.output.total != len(rows.output):
            raise RuntimeError(f"{number}: {clip.output.total} clips, not {len(rows.output)}")
        took["find"].append(clip.seconds * 1000)
        took["bare"].append(rows.seconds * 1000)
    for percent in (50, 99):
        against = ("bare psycopg", percentile(took["bare"], percent))
        value = percentile(took["find"], percent)
        most = 5 if percent == 99 else None
        name, rounds = (
            f"find-postgres-{clips}-p{percent}",
            ratios(took["find"], took["bare"], percent),
        )
        report.add(name, value, "ms", against=against, most=most, rounds=rounds)
    for series, key in (("PostgreSQL, in process", "find"), ("bare psycopg", "bare")):
        report.grow("search", f"{series}, median", [(clips, percentile(took[key], 50))])
