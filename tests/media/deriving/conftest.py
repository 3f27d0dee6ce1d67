"""The card, made once, and one archive in which all of it was derived."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.opening import open_archive
from ingest.deriving import derive
from tests.media.deriving.card import ACTOR, docked, make_card


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorder's folder."""
    return make_card(tmp_path_factory.mktemp("card") / "R1")


@pytest.fixture(scope="session")
def derived(tmp_path_factory: pytest.TempPathFactory, card: Path) -> Path:
    """An archive in which everything was derived once. Look at it, and do not change it."""
    root = docked(tmp_path_factory.mktemp("derived") / "archive", card)
    with open_archive(root, write=True) as archive:
        result = derive(archive, None, actor=ACTOR)
    assert result.failed == []
    return root


@pytest.fixture
def fresh(tmp_path: Path, card: Path) -> Path:
    """An archive with the card in it, and nothing derived."""
    return docked(tmp_path / "archive", card)
