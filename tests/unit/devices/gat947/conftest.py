"""Makers' libraries, compiled from `maker.c`: one that behaves as documented, and others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.gat947.interface import DEFAULT_PASSWORD, DOCUMENTED, Abi
from devices.gat947.library import MakersLibrary

Maker = Callable[..., MakersLibrary]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Compile a variant, once."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: the Debian packages gcc and libc6-dev")
    folder = tmp_path_factory.mktemp("makers")

    def make(*variant: str) -> Path:
        library = folder / f"lib{'-'.join(variant) or 'plain'}.so".replace('"', "")
        if not library.exists():
            source = Path(__file__).with_name("maker.c")
            defines = [f"-D{name}" for name in variant]
            options = ["-shared", "-fPIC", "-O1", "-w"]
            subprocess.run(
                [compiler, *options, *defines, str(source), "-o", str(library)], check=True
            )
        return library

    return make


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
