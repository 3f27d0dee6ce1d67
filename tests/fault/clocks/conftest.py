"""An archive with a docking in it, a recorder with more on it, and a clock that can be turned."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.clocks.faked import FakedClock, faked_clock
from tests.fault.space.template import Template, made_in


@pytest.fixture(scope="package")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Made once."""
    return made_in(tmp_path_factory.mktemp("clocks"))


@pytest.fixture
def clock(tmp_path: Path) -> FakedClock:
    """Right at first."""
    return faked_clock(tmp_path)
