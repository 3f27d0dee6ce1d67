"""Checks of the cases of overseeing.py against a list of matters that must be recorded: all in one pass, then one.

What is told of a case is one paper that names half an hour on the day of its clips; some of them ran then.
"""

from __future__ import annotations

import time
from datetime import date
from typing import Final

from archive.events import Event
from archive.opening import Archive
from bench.harness import NotRunError, Report, percentile
from oversight.checks.reading import Checks
from oversight.lists.publishing import Publication, publish
from oversight.lists.reading import read_list
from oversight.lists.samples import sample_of

_MOST_SCRATCH: Final = 60.0  # seconds, with all clocks
_MOST_CHANGE: Final = 1.0


def check_all(archive: Archive, report: Report, cases: list[str], *, clocks: float) -> None:
    """Check every case, then single ones after something was said of them.

    Args:
        archive: with open cases that were filed.
        report: what was measured is added to it.
        cases: that something is said of.
        clocks: seconds that the deadlines of all cases took.
    """
    found = read_list(sample_of("recording"), "recording.toml")
    new = Publication(list=found, in_force=date(2020, 1, 1), drafted_by=None)
    publish(archive, new, actor="local-0")
    took, checked, wrong = list[float](), 0, 0
    for _ in range(2):
        began, checked, wrong = time.perf_counter(), 0, 0
        for each in Checks(archive).open_cases():
            checked, wrong = checked + 1, wrong + bool(each.open)
        took.append(time.perf_counter() - began)
    if not 0 < wrong < checked:
        raise NotRunError(f"{wrong} of {checked} cases have findings: nothing was measured")
    report.add("checks-scratch", min(took), "s", rounds=took)
    report.add("clocks-and-checks", clocks + min(took), "s", most=_MOST_SCRATCH)
    changes = [_change(archive, case) for case in cases]
    report.add("checks-change", percentile(changes, 99), "s", most=_MOST_CHANGE, rounds=changes)


def _change(archive: Archive, case: str) -> float:
    """A reason is stated: from its entry to the case's findings."""
    data = {"from": "2026-01-01T00:00:00Z", "to": "2036-01-01T00:00:00Z", "code": "fault"}
    event = Event(type="stop.explained", subject=case, actor="local-0", data=data)
    began = time.perf_counter()
    archive.record([event])
    archive.catalogue.catch_up()
    Checks(archive).case(case)
    return time.perf_counter() - began
