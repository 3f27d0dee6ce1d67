"""Deadlines of 100,000 open cases with 5 clips each: from scratch, after one change, and the desk's page over HTTP.

The archive is whole: every case and clip is an entry of its ledger. What is told of a case is two or three deadlines,
some near, some missed; one clip in twenty came too late.
"""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from api.identity.registering import add_account
from api.serving import open_accounts, serve
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from bench.checked import check_all
from bench.data import clear, need_room
from bench.harness import ROOT, NotRunError, Options, Report, percentile
from oversight.clocks.keeping import refresh
from oversight.clocks.kept import Kept

_CLIPS: Final = 5  # of a case
_UNITS: Final = 20
_OFFICERS: Final = 400
_CASES_AT_ONCE: Final = 500  # appended together
_MOST_SCRATCH: Final = 60.0  # seconds
_MOST_CHANGE: Final = 1.0
_MOST_DESK: Final = 200.0  # milliseconds


def bench_clocks(options: Options) -> Report:
    """Count all deadlines, then one; ask for the desk."""
    cases = 300 if options.quick else 100_000
    need_room(options.folder, cases * _CLIPS * 3_000)
    report, folder = Report(), options.folder / "clocks"
    root = folder / "archive"
    folder.mkdir()
    create_archive(root, origin="bench.invalid/station", unit="bench unit")
    with open_archive(root, write=True) as archive:
        known = _fill(archive, cases)
        archive.catalogue.catch_up()
        kept, took = Kept(root), list[float]()
        for _ in range(1 if options.quick else 2):
            kept.forget()
            took.append(_timed(archive, kept))
        report.add("clocks-scratch", min(took), "s", most=_MOST_SCRATCH, rounds=took)
        size = (root / "oversight.db").stat().st_size
        report.add("clocks-size", size / 1e6, "MB")
        check_all(archive, report, known[: 3 if options.quick else 40], clocks=min(took))
        changes = [_change(archive, kept, case) for case in known[: 3 if options.quick else 40]]
        report.add("clocks-change", percentile(changes, 99), "s", most=_MOST_CHANGE, rounds=changes)
        token = _token(archive)
    with _served(root) as port:
        _asked(port, token)  # what a process loads when first asked
        asked = [_asked(port, token) for _ in range(3 if options.quick else 40)]
    report.add("oversight-desk", percentile(asked, 99), "ms", most=_MOST_DESK, rounds=asked)
    clear(folder)
    return report


def _timed(archive: Archive, kept: Kept) -> float:
    began = time.perf_counter()
    refresh(archive, kept)
    return time.perf_counter() - began


def _change(archive: Archive, kept: Kept, case: str) -> float:
    """A case file is formed: from its entry to the desk knowing it."""
    formed = {"catalogue": {"object": "0" * 64, "size": 1}}
    event = Event(type="case.catalogued", subject=case, actor="local-0", data=formed)
    began = time.perf_counter()
    archive.record([event])
    refresh(archive, kept)
    return time.perf_counter() - began


def _fill(archive: Archive, cases: int) -> list[str]:
    chance = random.Random(1)  # noqa: S311 - made-up cases, not keys
    units = [new_id("unit") for _ in range(_UNITS)]
    officers = [new_id("officer") for _ in range(_OFFICERS)]
    archive.record(
        [
            Event(
                type="unit.registered", subject=unit, actor="local-0", text={"name": f"第{n}中队"}
            )
            for n, unit in enumerate(units)
        ]
    )
    known: list[str] = []
    for first in range(0, cases, _CASES_AT_ONCE):
        events: list[Event] = []
        for number in range(first, min(first + _CASES_AT_ONCE, cases)):
            case = new_id("case")
            known.append(case)
            unit, officer = units[number % _UNITS], officers[number % _OFFICERS]
            events += _case(case, number, unit, officer, chance)
        archive.record(events)
    return known


def _case(case: str, number: int, unit: str, officer: str, chance: random.Random) -> list[Event]:
    now = datetime.now(UTC)
    ended = _text(now - timedelta(days=chance.randrange(60), hours=1))
    act = chance.choice(("penalty", "permit", "levy", "inspection"))
    opened = {"unit": unit, "officers": [officer], "from": None, "to": None}
    text = {"number": f"2026-{number:06d}"}
    said: list[tuple[str, dict[str, Any]]] = [
        ("case.filed_as", {"act": act}),
        ("case.stage_entered", {"stage": "investigation", "at": _text(now - timedelta(days=61))}),
        ("document.timed", {"document": "document-0", "part": "inspection"} | _half_an_hour(now)),
        ("case.action_ended", {"at": ended}),
        ("case.stage_entered", {"stage": "decision", "at": ended}),
    ]
    events = [Event(type="case.opened", subject=case, actor="local-0", data=opened, text=text)]
    events += [Event(type=type_, subject=case, actor="local-0", data=data) for type_, data in said]
    for _ in range(_CLIPS):
        clip = new_id("clip")
        start = _text(now - timedelta(days=3 if chance.random() < 0.05 else 0, hours=5))
        ingested = _clip(unit, officer, start, chance)
        events.append(Event(type="clip.ingested", subject=clip, actor="local-0", data=ingested))
        link = {"case": case, "by": "docking", "rule": None}
        events.append(Event(type="clip.linked", subject=clip, actor="local-0", data=link))
    return events


def _half_an_hour(now: datetime) -> dict[str, str]:
    """What a paper says: while most clips began."""
    begin, end = now - timedelta(hours=5, minutes=15), now - timedelta(hours=4, minutes=45)
    return {"from": _text(begin), "to": _text(end)}


def _clip(unit: str, officer: str, start: str, chance: random.Random) -> dict[str, Any]:
    return {
        "docking": "docking-0",
        "recorder": "recorder-0",
        "officer": officer,
        "unit": unit,
        "original": {"object": f"{chance.getrandbits(256):064x}", "size": 1_000_000},
        "modified": start,
        "kind": "video",
        "start": start,
        "start_source": "name",
        "offset_ms": None,
        "uncertainty_ms": None,
        "marked": False,
        "late": False,
        "same_as": None,
        "resumed": None,
        "quarantined": False,
    }


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _token(archive: Archive) -> str:
    accounts = open_accounts(archive)
    account = add_account(
        archive,
        accounts,
        actor="local-0",
        name="overseer",
        role="oversight",
        password="a long password",  # noqa: S106 - of a bench
    )
    token, _ = accounts.open_session(account)
    accounts.close()
    return token


@contextmanager
def _served(root: Path) -> Iterator[int]:
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.overseeing", str(root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        said = server.stdout.readline().strip()
        if not said:
            raise NotRunError("the service does not start here")
        yield int(said)
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


def _asked(port: int, token: str) -> float:
    """Milliseconds for the desk's page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began = time.perf_counter()
    connection.request(
        "GET", "/oversight", headers={"Authorization": f"Bearer {token}", "Accept": "text/html"}
    )
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    if answer.status != http.client.OK:
        raise NotRunError(f"the desk is answered with {answer.status}")
    return took


def main() -> None:
    """Serve an archive until told to end; prints the port."""
    with open_archive(Path(sys.argv[1]), write=True) as archive:
        serve(archive, port=0, ready=lambda address: print(urlsplit(address).port, flush=True))


if __name__ == "__main__":
    main()
