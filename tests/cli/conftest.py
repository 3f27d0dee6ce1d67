"""An archive and a recorder for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Command


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own are closed to all but its user."""
    folder = Path(tempfile.mkdtemp(prefix="muniment-cli-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def muniment(place: Path) -> Command:
    """The command, where there is no archive yet."""
    return Command(root=place / "archive", cwd=place)


@pytest.fixture(scope="session")
def new_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive as `init` makes it, with its catalogue; tests work on copies, which are as good."""
    root = tmp_path_factory.mktemp("new") / "archive"
    command = Command(root=root, cwd=root.parent)
    command("init", "--origin", "test.example/archive", "--unit", "一中队")
    command("rebuild")  # the catalogue, which the first command on each copy would make anew
    return root


@pytest.fixture
def archive(muniment: Command, new_archive: Path) -> Command:
    """The command, with an archive."""
    shutil.copytree(new_archive, muniment.root)
    return muniment


@pytest.fixture
def recorder(place: Path) -> Path:
    """A recorder with three small files in a maker's layout, one of them marked."""
    folder = place / "recorder" / "DCIM" / "20260117"
    folder.mkdir(parents=True)
    for name, data in {
        "DCAM_DSJ4A00042_012345_20260117_080000.mp4": b"first" * 1000,
        "DCAM_DSJ4A00042_012345_20260117_090000_IMP.mp4": b"marked" * 1000,
        "notes.txt": "笔记".encode(),
    }.items():
        (folder / name).write_bytes(data)
    return place / "recorder"


@pytest.fixture
def root_only() -> None:
    """Skip aloud where only root could do it."""
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small disk or makes device nodes")
