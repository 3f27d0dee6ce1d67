"""Archives whose outside proofs tests may damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.opening import create_archive, open_archive
from archive.timestamps.stamping import stamp_newest


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "a"
    create_archive(root, origin="test.invalid/ledger")
    with open_archive(root, write=True) as archive:
        stamp_newest(archive, force=False)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "a")
    return tmp_path / "a"
