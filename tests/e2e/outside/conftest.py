"""One town for the tests of this folder, served by a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.outside.town import fill, make_town


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is served."""
    root = make_town(tmp_path_factory.mktemp("outside"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip().rstrip("/")
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="session")
def pages(address: str) -> dict[str, str]:
    """Every page: by who may open it and a name, its address."""
    return fill(address)
