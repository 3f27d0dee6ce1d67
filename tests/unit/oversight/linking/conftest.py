"""One archive for each test that links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.opening import create_archive, open_archive
from oversight.linking.kept import Kept
from tests.unit.oversight.linking.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    root = tmp_path / "root"
    create_archive(root, origin="linking.test/archive", unit="North")
    with open_archive(root, write=True) as archive:
        yield Office(archive=archive, kept=Kept(root))
