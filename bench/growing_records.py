"""How events, proofs and verification grow with the ledger, and searches with the catalogue."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from archive.audit.run import audit
from archive.catalogue.search import FindQuery
from archive.ledger.entry import Draft
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from bench.catalogue_clone import clone
from bench.catalogue_fill import case_number, queries_over
from bench.data import clear, need_room
from bench.finding_many import BARE
from bench.harness import BenchError, Options, Report, percentile, timed
from bench.ledger import drafts, make_ledger

_GROUP: Final = 4096


def bench_growth_ledger(options: Options) -> Report:
    """One ledger that is made ten times as long each time."""
    report = Report()
    sizes = (100, 1_000) if options.quick else (1_000, 10_000, 100_000, 1_000_000)
    asked = 10 if options.quick else 500
    need_room(options.folder, sizes[-1] * 1500)
    root = options.folder / "growing"
    signer = make_ledger(root)
    appends, proofs, checks, holds = [], [], [], 0
    for size in sizes:
        with Ledger(root, signer) as ledger:
            for at in range(holds, size - asked, _GROUP):
                ledger.append(drafts(min(_GROUP, size - asked - at)))
            waiting = [drafts(1) for _ in range(asked)]
            appends.append((size, _median(partial(_append, ledger, waiting), asked)))
        holds = size
        reader = LedgerReader(root)
        places = random.Random(size).choices(range(size), k=asked)  # noqa: S311 - which is no secret
        proofs.append((size, _median(partial(_prove, reader, places), asked)))
        checked = timed(lambda: audit(root))
        if checked.output.entries_checked != size:
            raise BenchError(f"{checked.output.entries_checked} of {size} entries were checked")
        checks.append((size, checked.seconds))
    clear(root)
    report.grow("ledger-append", "an event alone, durable", appends)
    report.grow("ledger-append", "an inclusion proof", proofs)
    report.grow("ledger-verify", "everything verified, every entry parsed", checks)
    against = (f"at {sizes[0]}", appends[0][1])
    report.add(f"ledger-append-at-{sizes[-1]}", appends[-1][1], "ms", against=against)
    return report


def bench_growth_search(options: Options) -> Report:
    """A case by its number, in process and in bare SQL, in turns; ten times as many clips each time."""
    report = Report()
    sizes = (1_000, 5_000) if options.quick else (1_000, 10_000, 100_000, 1_000_000)
    need_room(options.folder, sizes[-1] * 3000)
    ours, bare = [], []
    for clips in sizes:
        path = options.folder / "growing" / "catalogue.db"
        path.parent.mkdir()
        clone(path, clips)
        found = _searched(path, 50 if options.quick else 1_000)
        ours.append((clips, found[0]))
        bare.append((clips, found[1]))
        clear(path.parent)
    report.grow("search", "in process, median", ours)
    report.grow("search", "bare SQL, median", bare)
    against = (f"among {sizes[0]}", ours[0][1])
    report.add(f"search-among-{sizes[-1]}", ours[-1][1], "ms", against=against)
    return report


def _searched(path: Path, count: int) -> tuple[float, float]:
    queries = queries_over(path)
    queries.catch_up()
    with closing(sqlite3.connect(path)) as db:
        (cases,) = db.execute("SELECT count(*) FROM cases").fetchone()
        chance = random.Random(1)  # noqa: S311 - which case is no secret
        ours, bare = [], []
        for _ in range(count):
            number = case_number(chance.randrange(cases - 1))
            query = FindQuery(case=number)
            ours.append(timed(partial(queries.find, query)).seconds * 1000)
            bare.append(timed(partial(_rows, db, number)).seconds * 1000)
    return percentile(ours, 50), percentile(bare, 50)


def _rows(db: sqlite3.Connection, number: str) -> list[tuple[object, ...]]:
    return db.execute(BARE, (number,)).fetchall()


def _append(ledger: Ledger, waiting: Sequence[list[Draft]], n: int) -> None:
    ledger.append(waiting[n])


def _prove(reader: LedgerReader, places: Sequence[int], n: int) -> None:
    reader.proof(places[n])


def _median(action: Callable[[int], object], count: int) -> float:
    """Milliseconds of one call."""
    return percentile([timed(partial(action, n)).seconds * 1000 for n in range(count)], 50)
