"""The small archive of tests/api, with a second and a third administrator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.identity.registering import add_account
from tests.api.world import PASSWORD, World, make_world


def with_administrators(made: World) -> World:
    """Add `root2` and `root3`."""
    for name in ("root2", "root3"):
        made.users[name] = add_account(
            made.archive,
            made.accounts,
            actor="local-0",
            name=name,
            role="administrator",
            password=PASSWORD,
        )
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for the module: its tests only append."""
    made = with_administrators(make_world(tmp_path_factory.mktemp("rights") / "root"))
    yield made
    made.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """One that a test may spoil."""
    made = with_administrators(make_world(tmp_path / "root"))
    yield made
    made.close()
