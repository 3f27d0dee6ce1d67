"""Boots one virtual machine for all tests on real USB, and shows each of them as a test of this suite.

On the host, what lies in guest/ is only listed; the guest runs it and writes down each result as it comes. Where the
machine cannot boot, the suite is skipped with the reason. In the guest (USB_LAB=guest) none of this does anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.usb import shelf
from tests.usb.lab.kernel import CannotRunError, alone, cache, prepare
from tests.usb.lab.machine import GuestLostError, Machine, fit

ROOT = Path(__file__).resolve().parents[2]
GUEST = Path(__file__).parent / "guest"
REPORTS = ROOT / "build" / "test-reports"
SECONDS = 1800.0  # beside other suites a third; the first test here waits for all of them

if "USB_LAB" not in os.environ:
    collect_ignore = ["guest"]


@dataclass(slots=True, kw_only=True)
class Result:
    """How a test ended in the guest."""

    outcome: str  # passed, failed, skipped
    said: str  # why, or what it printed
    figures: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Run:
    """One boot with everything in it."""

    results: dict[str, Result]
    lost: str | None  # why results are missing


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "in_guest" in metafunc.fixturenames:
        try:
            fit()
        except CannotRunError as e:
            why = f"all tests on real USB: {e}"
            tests = [pytest.param("", id="any", marks=pytest.mark.skip(reason=why))]
        else:
            tests = [
                pytest.param(test, id=test.removeprefix("tests/usb/guest/")) for test in _listed()
            ]
        metafunc.parametrize("in_guest", tests)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was measured."""
    figures = [
        f"{name}: {figure}"
        for report in terminalreporter.getreports("passed")
        for name, figure in report.user_properties
    ]
    if figures:
        terminalreporter.section("measured in the guest")
        for line in figures:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Boot, run what was chosen here, end."""
    chosen = [
        str(item.callspec.params["in_guest"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "in_guest" in getattr(item, "fixturenames", ())
    ]
    folder = tmp_path_factory.mktemp("usb")
    (folder / "results").mkdir()
    shelf.fill(folder)
    try:
        kernel = prepare()
    except CannotRunError as e:
        pytest.skip(f"all tests on real USB: {e}")
    machine = Machine(
        kernel=kernel,
        recorders=shelf.recorders(folder),
        shares=[folder / "results", folder / shelf.LIVE],
        environment={"USB_LAB_FOLDER": str(folder)},
        folder=ROOT,
    )
    yield _booted(machine, chosen, folder)
    for name in ("huge", *shelf.FAST):
        next((folder / name).iterdir()).unlink()


def _listed() -> list[str]:
    """The tests for the guest, by their ids."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", GUEST],
        cwd=ROOT,
        env={**os.environ, "USB_LAB": "list"},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise pytest.UsageError(f"the guest's tests cannot be listed:\n{done.stdout}{done.stderr}")
    tests = [line for line in done.stdout.splitlines() if "::" in line]
    if not tests:
        raise pytest.UsageError("there are no tests for the guest")
    return tests


def _booted(machine: Machine, chosen: list[str], folder: Path) -> Run:
    """Run tests in the guest; what came of them, as far as it was heard."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    results = folder / "results" / "tests.jsonl"
    command = [
        *(sys.executable, "-m", "pytest", "-q", "--durations=15", "-p", "no:cacheprovider"),
        *("--basetemp=/run/scratch/pytest", "-o", "tmp_path_retention_policy=none"),
        *chosen,
    ]
    lost = None
    log = REPORTS / "usb-guest.log"
    with alone(cache() / "machine.lock"), log.open("wb") as output:
        try:
            machine.run(command, output=output, timeout=SECONDS)
        except GuestLostError as e:
            lost = str(e)
    if not results.exists():
        lost = f"{lost or 'The guest ran no test.'}\n{log.read_text(errors='replace')[-4000:]}"
        return Run(results={}, lost=lost)
    return Run(results=_read(results.read_text().splitlines()), lost=lost)


def _read(lines: list[str]) -> dict[str, Result]:
    """The last word on each test: a failure in its end counts more than its success."""
    results: dict[str, Result] = {}
    for line in lines:
        said: dict[str, Any] = json.loads(line)
        before = results.get(said["test"])
        result = Result(outcome=said["outcome"], said=said["said"], figures=dict(said["figures"]))
        if before is None or before.outcome == "passed":
            results[said["test"]] = result
    return results
