"""A machine with a failing disk, and an archive on it; made once for all tests here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.errors.machine import Machine, compile_shim
from tests.fault.errors.scene import Scene

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    if shutil.which("gcc") is None:
        pytest.skip("needs a C compiler: the Debian packages gcc and libc6-dev")
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        folder = Path(name)
        (folder / "machine").mkdir()
        (folder / "page").mkdir()
        shim = compile_shim(folder / "page")
        with Machine(shim, folder / "page", folder / "machine") as made:
            yield made


@pytest.fixture(scope="session")
def scene(machine: Machine) -> Scene:
    made = Scene(machine, machine.root.parent / "kept")
    made.make()
    return made
