"""One package that many tests look at; who spoils something makes one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.opening import Archive, open_archive
from archive.package.report import fonts
from tests.integrity.package.making import Made, make, new_archive


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A case of two clips, dated, cosigned, packed."""
    return make(tmp_path_factory.mktemp("package"))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """An archive without a clip, open to write, that a test may spoil; no font is found, which saves a second."""
    monkeypatch.setattr(fonts, "find", lambda: None)
    with open_archive(new_archive(tmp_path / "archive", stamps=False), write=True) as opened:
        yield opened
