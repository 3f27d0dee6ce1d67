"""Finding in a large catalogue through HTTP: by case number, facets, and the pages of a case of 5,000 clips.

The floor of a search is what no service could leave out: the bare indexed query in the same file, a route that does
nothing, and one durable append, each measured in the same turn.
"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.catalogue.search import FindQuery, Scope
from archive.events import Event
from archive.opening import Archive, create_archive, open_archive
from bench.catalogue_clone import BIG, BIG_CASE, clone
from bench.catalogue_fill import case_number, name, queries_over
from bench.data import clear, need_room
from bench.harness import ROOT, BenchError, NotRunError, Options, Report, percentile, ratios, timed

BARE: Final = (
    "SELECT c.* FROM links l JOIN clips c ON c.ingested_index = l.clip_index"
    " WHERE l.case_id = (SELECT id FROM cases WHERE number_key = ?) AND l.linked = TRUE"
    " ORDER BY l.start_us, l.clip LIMIT 51"
)
_PAGE: Final = 50
_ZONE: Final = timedelta(hours=8)


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - _ZONE


# What a supervisor asks of all there is, of a unit, an officer, a year, a week, a state.
_FACETS: Final = (
    FindQuery(),
    FindQuery(unit="第3中队"),
    FindQuery(scope=Scope(units=frozenset({name("unit", 3)}))),
    FindQuery(scope=Scope(officers=frozenset({name("officer", 7)}))),
    FindQuery(from_=_day("2025-01-01"), to=_day("2026-01-01")),
    FindQuery(from_=_day("2024-06-05"), to=_day("2024-06-12"), mark=True),
    FindQuery(officer="000007", kind="video"),
    FindQuery(case=case_number(77)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    connection: http.client.HTTPConnection
    headers: Mapping[str, str]

    def ask(self, path: str) -> bytes:
        """One answer.

        Raises:
            BenchError: it is none.
        """
        self.connection.request("GET", path, headers=dict(self.headers))
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise BenchError(f"{path} is answered with {answer.status}")
        return body


def bench_find_many(options: Options) -> Report:
    """A million clips, or as many as `--clips` says."""
    clips = 20_000 if options.quick else options.clips
    need_room(options.folder, clips * 1500)
    report, folder = Report(), options.folder / "many"
    folder.mkdir()
    path = folder / "catalogue.db"
    began = time.perf_counter()
    clone(path, clips)
    report.add(f"catalogue-clone-{_short(clips)}", clips / (time.perf_counter() - began), "clips/s")
    report.add(f"catalogue-size-{_short(clips)}", path.stat().st_size / 1e9, "GB")
    root, other = folder / "archive", folder / "other"
    for place in (root, other):
        create_archive(place, origin="bench.invalid/station", unit="bench unit")
    with _served(root, path) as service, open_archive(other, write=True) as beside:
        _search(report, options, service, path, beside)
        _facets(report, options, path, clips)
        _pages(report, options, service)
    clear(folder)
    return report


def _search(
    report: Report, options: Options, service: _Service, path: Path, beside: Archive
) -> None:
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA cache_size = -32768")
    (cases,) = bare.execute("SELECT count(*) FROM cases").fetchone()
    chance = random.Random(1)  # noqa: S311 - which case is no secret
    took: dict[str, list[float]] = {"search": [], "floor": []}
    for _ in range(30 if options.quick else 1_500):
        number = case_number(chance.randrange(cases - 1))
        # Whoever asks for a case first reads it from the disk: each in its turn.
        first = chance.random() < 0.5
        rows = 0.0 if first else _seconds(partial(_all, bare, number))
        asked = f"/api/v1/clips?{urlencode({'case': number})}"
        took["search"].append(_seconds(partial(service.ask, asked)))
        if first:
            rows = _seconds(partial(_all, bare, number))
        empty = _seconds(partial(service.ask, "/healthz"))
        appended = _seconds(partial(beside.record, [_event(beside)]))
        took["floor"].append(rows + empty + appended)
    bare.close()
    clips = 20_000 if options.quick else options.clips
    for percent in (50, 99):
        report.add(
            f"search-{_short(clips)}-p{percent}",
            percentile(took["search"], percent) * 1000,
            "ms",
            against=("bare SQL + empty route + append", percentile(took["floor"], percent) * 1000),
            most=3 if percent == 99 else None,
            rounds=ratios(took["search"], took["floor"], percent),
        )
        series = "through HTTP, " + ("median" if percent == 50 else "slowest hundredth")
        report.grow("search", series, [(clips, percentile(took["search"], percent) * 1000)])


def _event(beside: Archive) -> Event:
    station = beside.settings.station
    return Event(type="search.made", subject=station, actor=station, data={"total": 1})


def _facets(report: Report, options: Options, path: Path, clips: int) -> None:
    """In process: a service remembers what it counted until something findable is appended."""
    queries = queries_over(path)
    queries.catch_up()
    slowest = 0.0
    for query in _FACETS:
        took = [_seconds(partial(queries.facets, query)) for _ in range(2 if options.quick else 20)]
        slowest = max(slowest, percentile(took, 50) * 1000)
    report.add(f"facets-{_short(clips)}-slowest-p50", slowest, "ms", most=100)


def _pages(report: Report, options: Options, service: _Service) -> None:
    """The first page after the count, one in the middle, and the last."""
    took: dict[str, list[float]] = {"first": [], "last": []}
    for _ in range(1 if options.quick else 5):
        cursor, seen = "", []
        while True:
            asked = {"case": BIG_CASE, "limit": str(_PAGE), "cursor": cursor}
            path = f"/api/v1/clips?{urlencode(asked)}"
            page = timed(partial(service.ask, path))
            seen.append(page.seconds)
            document: dict[str, Any] = json.loads(page.output)
            if document["total"] != BIG:
                raise BenchError(f"{document['total']} clips, not {BIG}")
            cursor = document["next"] or ""
            if not cursor:
                break
        tenth = max(1, len(seen) // 10)
        took["first"] += seen[1 : 1 + tenth]
        took["last"] += seen[-tenth:]
    first, last = (percentile(took[part], 50) * 1000 for part in ("first", "last"))
    report.add("case-5000-page-last", last, "ms", against=("first pages", first), most=1.5)


def _seconds(action: Callable[[], object]) -> float:
    return timed(action).seconds


def _all(bare: sqlite3.Connection, number: str) -> list[tuple[Any, ...]]:
    return bare.execute(BARE, (number,)).fetchall()


def _short(clips: int) -> str:
    return f"{clips // 1_000_000}m" if clips % 1_000_000 == 0 else str(clips)


@contextmanager
def _served(root: Path, path: Path) -> Iterator[_Service]:
    with open_archive(root, write=True) as archive:
        accounts = open_accounts(archive)
        account = add_account(
            archive,
            accounts,
            actor="local-0",
            name="archivist",
            role="archivist",
            password="a long password",  # noqa: S106 - of a bench
        )
        token, _ = accounts.open_session(account)
        accounts.close()
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.find_server", str(root), str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        said = server.stdout.readline().strip()
        if not said:
            raise NotRunError("the service does not start here")
        connection = http.client.HTTPConnection("127.0.0.1", int(said), timeout=120)
        yield _Service(connection=connection, headers={"Authorization": f"Bearer {token}"})
        connection.close()
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()
