"""What a fresh clone relies on: complete locks, ignored by-products, decisions on paper."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests import suites

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
LARGEST = 500_000  # bytes; media and models are made or installed, never committed

NAME = re.compile(r"^([A-Za-z0-9._-]+)")


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it (PyPA name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    """Name -> the whole requirement line of each pin, marker included, hashes not."""
    lines = [line for line in lock.splitlines() if line[:1].isalnum()]
    return {canonical(line.split("==")[0]): line.rstrip(" \\") for line in lines}


def without_hash(lock: str) -> list[str]:
    """Pins of a lock that no digest holds."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock)
    return [
        block.split()[0]
        for block in blocks
        if block[:1].isalnum() and ("==" not in block or "--hash=sha256:" not in block)
    ]


def direct(name: str) -> set[str]:
    """The distributions that one of requirements/*.in names."""
    lines = (REQUIREMENTS / name).read_text("utf-8").splitlines()
    found = (NAME.match(line) for line in lines if not line.startswith(("#", "-")))
    return {canonical(match.group(1)) for match in found if match}


@pytest.mark.parametrize("name", ["run.lock", "test.lock"])
def test_a_lock_names_a_digest_for_every_version_and_no_address(name: str) -> None:
    lock = (REQUIREMENTS / name).read_text("utf-8")
    assert len(pins(lock)) > 10
    assert without_hash(lock) == []
    assert "://" not in lock


def test_a_pin_without_a_digest_is_noticed() -> None:
    lock = "a==1 \\\n    --hash=sha256:00\n    # via b\nb==2\nc @ file\n"
    assert without_hash(lock) == ["b==2", "c"]


def test_the_lock_for_tests_is_the_lock_for_running_and_more() -> None:
    run = pins((REQUIREMENTS / "run.lock").read_text("utf-8"))
    test = pins((REQUIREMENTS / "test.lock").read_text("utf-8"))
    assert {name: test.get(name) for name in run} == run
    assert len(test) > len(run)


@pytest.mark.parametrize("kind", ["run", "test"])
def test_what_is_asked_for_is_locked(kind: str) -> None:
    locked = pins((REQUIREMENTS / f"{kind}.lock").read_text("utf-8"))
    assert direct(f"{kind}.in") - set(locked) == set()


@pytest.mark.parametrize("kind", ["run", "test"])
def test_every_direct_dependency_has_its_reason_on_paper(kind: str) -> None:
    decision = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text("utf-8")
    rows = {canonical(name) for name in re.findall(r"^\| `([^`]+)`", decision, re.MULTILINE)}
    assert direct(f"{kind}.in") - rows == set()


def test_the_decision_gives_no_reason_for_what_is_gone() -> None:
    decision = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text("utf-8")
    rows = {canonical(name) for name in re.findall(r"^\| `([^`]+)`", decision, re.MULTILINE)}
    assert rows - direct("run.in") - direct("test.in") == set()


@pytest.mark.parametrize(
    "name",
    [
        "var/archive/keys/ledger",
        ".venv/bin/python",
        "archive/__pycache__/x.pyc",
        "muniment.egg-info/PKG-INFO",
        ".mypy_cache/x",
        ".pytest_cache/x",
        ".ruff_cache/x",
        ".hypothesis/x",
        "build/test-reports/unit.xml",
        "dist/x.whl",
    ],
)
def test_what_commands_leave_behind_is_ignored_by_git(name: str) -> None:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "check-ignore", "-q", "--no-index", name],
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0


def test_no_large_file_is_committed() -> None:
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    files = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    assert [f.name for f in files if f.is_file() and f.stat().st_size > LARGEST] == []


def test_every_folder_of_tests_is_a_suite_and_nothing_is_forgotten() -> None:
    by_hand = {"device", "fakes"}  # a real recorder; what tests are built from
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders - by_hand - {suite.name for suite in suites.SUITES} == set()


def test_an_unknown_suite_is_refused_with_the_list_of_names() -> None:
    with pytest.raises(ValueError, match=r"nosuch.*unit"):
        suites.chosen(["--only=nosuch"])
    assert [suite.name for suite in suites.chosen(["--only=unit,check"])] == ["check", "unit"]


def test_every_package_a_suite_needs_can_be_looked_for() -> None:
    named = {name for suite in suites.SUITES for name in (*suite.needs, *suite.wants)}
    assert named == set(suites.DEBIAN)
