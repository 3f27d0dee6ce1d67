"""An archive and a recorder, as small as they can be, both real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.opening import Archive, create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt

ACTOR = "local-0"


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
        }
        with source or FolderRecorder(recorder) as docked:
            return dock(archive, docked, **{**defaults, **options})  # type: ignore[arg-type]

    return run
