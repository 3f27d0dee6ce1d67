"""Where it cannot be mounted, these tests say so. The virtual machine boots in the long part only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.forgetful.mounting import why_not

if os.environ.get("FAULT_LONG") != "1":
    collect_ignore = ["test_machine.py"]


@pytest.fixture(scope="session")
def forgetful() -> None:
    """The forgetful file system can be mounted here."""
    if reason := why_not():
        pytest.skip(f"the file system that forgets: {reason}")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for a module, in memory where there is one: media are made and thrown away by the hundred."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
    place = memory if memory.is_dir() else tmp_path_factory.mktemp("power")
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)
