"""The films, made once."""

from pathlib import Path

import pytest

from tests.media.encode.films import RECIPES, make


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one film of each recipe."""
    folder = tmp_path_factory.mktemp("films")
    for name, recipe in RECIPES.items():
        make(folder / name, recipe)
    return folder
