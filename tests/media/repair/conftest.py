"""Clips for these tests: for each kind one to damage and a healthy one of the same settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.media.repair.damage import make

Pair = Callable[[str, str | None], tuple[Path, Path]]


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A clip and a healthy relative of it, with the index last."""
    folder = tmp_path_factory.mktemp("repair")

    @cache
    def made(picture: str, sound: str | None) -> tuple[Path, Path]:
        ending = "mov" if sound == "plain" else "mp4"
        first = make(folder / f"{picture}-{sound}-1.{ending}", picture, sound, seed=1)
        return first, make(folder / f"{picture}-{sound}-2.{ending}", picture, sound, seed=2)

    return made
