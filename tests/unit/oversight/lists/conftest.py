"""An archive to publish lists in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.opening import Archive, create_archive, open_archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    create_archive(tmp_path / "root", origin="lists.test/archive", unit="North")
    with open_archive(tmp_path / "root", write=True) as opened:
        yield opened
