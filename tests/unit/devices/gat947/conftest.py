"""Makers' libraries with a recorder plugged in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from devices.gat947.interface import DEFAULT_PASSWORD, DOCUMENTED, Abi
from devices.gat947.library import MakersLibrary
from tests.fakes.makers import compile_maker

Maker = Callable[..., MakersLibrary]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Compile a variant, once."""
    if shutil.which("gcc") is None:
        pytest.skip("needs a C compiler: the Debian packages gcc and libc6-dev")
    return partial(compile_maker, tmp_path_factory.mktemp("makers"))


@pytest.fixture
def maker(compiled: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    """A maker's library with a recorder plugged in; its calls are noted in `tmp_path / "calls"`."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def make(
        *variant: str,
        password: str = DEFAULT_PASSWORD,
        abi: Abi = DOCUMENTED,
        timeout: float = 20.0,
    ) -> MakersLibrary:
        return MakersLibrary(compiled(*variant), password=password, abi=abi, timeout=timeout)

    return make
