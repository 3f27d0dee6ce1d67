"""What only a catalogue in a file can meet: foreign bytes, damaged pages, a left -wal, a folder that is read-only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.search import FindQuery
from archive.errors import ReadOnlyArchiveError
from devices.rights import drop_rights
from tests.unit.catalogue.story import MemoryArchive, Story, tables
from tests.unit.catalogue.telling import tell


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[MemoryArchive]:
    archive = MemoryArchive(tmp_path)
    yield archive
    archive.catalogue.close()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder whose modes let nobody write."""
    modes = {name: name.stat().st_mode for name in [folder, *folder.rglob("*")]}
    for name, mode in modes.items():
        name.chmod(mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        yield
    finally:
        for name, mode in modes.items():
            name.chmod(mode)


@pytest.mark.parametrize(
    "content",
    [
        b"not a database, but long enough to look like a file " * 40,
        b"x",
        b"SQLite format 3\0" + b"\xff" * 4096,
    ],
)
def test_a_file_that_is_no_database_is_damage_until_rebuilt(
    archive: MemoryArchive, story: Story, content: bytes
) -> None:
    tell(story)
    path = archive.root / "catalogue.db"
    path.write_bytes(content)
    with pytest.raises(CatalogueDamagedError, match="rebuild"):
        archive.catalogue.find(FindQuery())
    assert path.read_bytes() == content
    archive.catalogue.rebuild()
    assert archive.catalogue.find(FindQuery()).total == 5


def test_a_damaged_page_inside_is_mended_by_a_rebuild(archive: MemoryArchive, story: Story) -> None:
    for _ in range(20):
        tell(story)
    archive.catalogue.catch_up()
    archive.catalogue.close()
    path = archive.root / "catalogue.db"
    before = tables(path)
    with path.open("r+b") as file:
        for page in range(3, path.stat().st_size // 4096, 2):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    archive.catalogue.rebuild()
    archive.catalogue.close()
    assert tables(path) == before


def test_a_wal_left_without_its_database_hurts_nobody(archive: MemoryArchive, story: Story) -> None:
    tell(story)
    archive.catalogue.catch_up()
    path = archive.root / "catalogue.db"
    left = path.with_name("catalogue.db-wal").read_bytes()
    assert left
    archive.catalogue.close()
    path.unlink()
    path.with_name("catalogue.db-wal").write_bytes(left)
    again = archive.new_catalogue()
    assert again.find(FindQuery()).total == 5
    again.close()


def test_a_catalogue_that_cannot_be_written_answers_while_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    archive = MemoryArchive(folder)
    story = Story(archive.record)
    tell(story)
    archive.catalogue.catch_up()
    archive.catalogue.close()

    def ask() -> None:
        catalogue = archive.new_catalogue()
        assert catalogue.find(FindQuery()).total == 5
        story.clip()
        with pytest.raises(CatalogueBehindError, match="rebuild is due"):
            catalogue.catch_up()
        with pytest.raises(ReadOnlyArchiveError):
            catalogue.rebuild()
        with pytest.raises(CatalogueBehindError, match="no catalogue"):
            archive.new_catalogue("none.db").find(FindQuery())
        catalogue.close()

    # Modes do not hold root back; a thread of root's that gave up its rights they do.
    with read_only(folder), ThreadPoolExecutor(1, initializer=drop_rights) as thread:
        thread.submit(ask).result()
