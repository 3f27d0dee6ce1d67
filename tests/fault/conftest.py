"""The laboratory that its tests run in, and folders for those that cut the power hundreds of times."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.comparing import ComparedHere
from tests.fault.lab.runs import Lab, from_environment

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Seeds, and rows of what was seen; a failing test shows the seed among its captured output."""
    lab = from_environment()
    print(f"FAULT_SEED={lab.seed}")
    return lab


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: the order of calls is tested, not the medium, and syncs cost nothing."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def compared_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of audits compare the catalogue without a new process for each."""
    monkeypatch.setattr("archive.audit.whole.CatalogueCheck", ComparedHere)
