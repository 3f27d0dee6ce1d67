"""Towns: one a module that tests only append to, and one that a test may spoil."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.approval.town import add_county
from tests.api.world import World, make_world


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for a module."""
    made = make_world(tmp_path_factory.mktemp("town") / "root")
    add_county(made)
    yield made
    made.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """One for a test."""
    made = make_world(tmp_path / "root")
    add_county(made)
    yield made
    made.close()
