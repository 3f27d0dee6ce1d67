"""Archives whose keys change, and a token in software that takes the place of hardware."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.opening import create_archive
from tests.integrity.keys.places import MODULE, ORIGIN, PIN, SECRETS, TOKEN

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have secrets of his own."""
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: the order of calls is tested, not the medium."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        (Path(folder) / "kept").mkdir()
        yield Path(folder)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new archive, to be copied."""
    root = tmp_path_factory.mktemp("new") / "a"
    create_archive(root, origin=ORIGIN)
    return root


@pytest.fixture
def root(new: Path, place: Path) -> Path:
    """A new archive."""
    return Path(shutil.copytree(new, place / "a"))


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SoftHSM2's with one token. The library reads where it is once in a process."""
    if not Path(MODULE).exists():
        pytest.skip("softhsm2 is not there")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(settings)
    subprocess.run(
        [
            *("softhsm2-util", "--init-token", "--free", "--label", TOKEN),
            *("--pin", PIN, "--so-pin", "so-" + PIN),
        ],
        check=True,
        capture_output=True,
    )
    return folder
