"""An office for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.opening import create_archive, open_archive
from tests.unit.oversight.files.office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """With one unit."""
    root = tmp_path_factory.mktemp("office") / "root"
    create_archive(root, origin="station.test/archive", unit="North")
    archive = open_archive(root, write=True)
    yield Office(archive=archive)
    archive.close()
