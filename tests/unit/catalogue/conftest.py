"""An archive in memory, its catalogue in a file, and somebody who tells it custody events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.catalogue.story import MemoryArchive, Story


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[MemoryArchive]:
    archive = MemoryArchive(tmp_path)
    yield archive
    archive.catalogue.close()


@pytest.fixture
def story(archive: MemoryArchive) -> Story:
    return Story(archive.record)
