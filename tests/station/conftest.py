from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.plugs import Cable
from tests.station.bench import Bench, make_root, running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path / "archive")


@pytest.fixture
def cable(tmp_path: Path) -> Cable:
    return Cable(tmp_path / "usb")


@pytest.fixture
def bench(root: Path, cable: Cable) -> Iterator[Bench]:
    with running(root, cable) as made:
        yield made
