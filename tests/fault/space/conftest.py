"""Mounts of each test's own, and one archive that is copied into them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.space.places import own_mounts
from tests.fault.space.template import Template, made_in


@pytest.fixture(scope="package")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Made once."""
    return made_in(tmp_path_factory.mktemp("space"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder to mount in, inside mounts of the test's own."""
    with own_mounts():
        yield tmp_path
