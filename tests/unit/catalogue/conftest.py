"""An archive in memory, its catalogue in a file or on a server, and somebody who tells it custody events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, running
from tests.unit.catalogue.story import MemoryArchive, Story


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MemoryArchive]:
    """Every test of the catalogue is run on both databases."""
    if request.param == "sqlite":
        archive = MemoryArchive(tmp_path)
        yield archive
        archive.catalogue.close()
        return
    server: PostgresServer = request.getfixturevalue("server")
    archive = MemoryArchive(tmp_path, server.new_url)
    yield archive
    archive.catalogue.close()
    for url in archive.urls.values():
        server.give_back(url)


@pytest.fixture
def story(archive: MemoryArchive) -> Story:
    return Story(archive.record)
