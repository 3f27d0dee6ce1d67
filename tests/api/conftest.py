"""The small archive of world.py, made once a module: its tests only append."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.world import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An archive, accounts and the application."""
    made = make_world(tmp_path_factory.mktemp("api") / "root")
    yield made
    made.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """One that a test may spoil."""
    made = make_world(tmp_path / "root")
    yield made
    made.close()
