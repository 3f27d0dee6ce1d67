"""An archive and a recorder, as small as they can be, both real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from archive.errors import MediumRefusedError
from archive.opening import Archive, create_archive, open_archive
from archive.store import immutable
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt
from oversight.clocks.arriving import archived_by

ACTOR = "local-0"


def _has_attributes() -> bool:
    with TemporaryDirectory() as folder:
        try:
            immutable.check(Path(folder))
        except MediumRefusedError:
            return False
    return True


HAS_ATTRIBUTES = _has_attributes()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where files cannot be made immutable (no root, a file system without that), that this is refused is the test."""
    if not HAS_ATTRIBUTES:
        needy = [
            i
            for i in items
            if i.path.stem in {"test_immutable", "test_sealer"} and _asks_for_root(i)
        ]
        items[:] = [item for item in items if item not in needy]


def _asks_for_root(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "root" in item.fixturenames


@pytest.fixture
def has_attributes() -> bool:
    """Whether temporary files can be made immutable."""
    return HAS_ATTRIBUTES


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    folder = tmp_path / "recorder"
    folder.mkdir()
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    create_archive(path, origin="station.example/1", unit="一中队")
    return path


@pytest.fixture
def archive(root: Path) -> Iterator[Archive]:
    with open_archive(root, write=True) as opened:
        yield opened


Dock = Callable[..., Receipt]


@pytest.fixture
def docked(archive: Archive, recorder: Path) -> Dock:
    def run(source: FolderRecorder | None = None, **options: object) -> Receipt:
        defaults: dict[str, object] = {
            "serial": None,
            "officer": None,
            "case": None,
            "reread": False,
            "actor": ACTOR,
            "due": archived_by(archive),
        }
        with source or FolderRecorder(recorder) as docked:
            return dock(archive, docked, **{**defaults, **options})  # type: ignore[arg-type]

    return run
