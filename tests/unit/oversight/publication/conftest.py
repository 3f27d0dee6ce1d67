"""A press for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.opening import create_archive, open_archive
from tests.unit.oversight.publication.press import Press


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """With one unit."""
    root = tmp_path_factory.mktemp("press") / "root"
    create_archive(root, origin="station.test/archive", unit="北区分局")
    archive = open_archive(root, write=True)
    yield Press(archive=archive)
    archive.close()
