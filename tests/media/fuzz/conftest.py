"""Healthy files, made once."""

import pytest

from tests.media.fuzz import seeds


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every seed by its name."""
    return seeds.healthy(tmp_path_factory.mktemp("seeds"))
