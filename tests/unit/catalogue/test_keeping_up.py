from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.search import FindQuery
from archive.errors import ReadOnlyArchiveError, SettingsError
from archive.opening import create_archive, open_archive
from devices.rights import drop_rights
from tests.unit.catalogue.story import MemoryArchive, Story, tables

ROOT = Path(__file__).resolve().parents[3]


def tell(story: Story) -> None:
    """A little of everything."""
    unit = story.unit("第一中队")
    officer, recorder = story.officer("7", unit=unit), story.recorder("SN1")
    case = story.case("2026-1", title="夜查", officers=[officer])
    for n in range(5):
        clip = story.clip(
            f"{n}.mp4", source="modified", officer=officer, recorder=recorder, unit=unit
        )
        story.link(clip, case)
        story.examined(clip, created=f"2026-01-17T1{n}:00:00Z")
        story.rendition(clip)
    story.unlink(clip, case)


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


def test_catching_up_sees_what_was_appended_since(archive: MemoryArchive, story: Story) -> None:
    assert archive.catalogue.catch_up() == 0
    story.clip()
    assert archive.catalogue.catch_up() == 1
    assert archive.catalogue.size() == 1
    assert archive.catalogue.catch_up() == 0
    assert archive.catalogue.root() == archive.ledger.root(1)


def test_the_first_question_catches_up_by_itself(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    assert archive.catalogue.find(FindQuery()).total == 1


def test_a_rebuild_makes_the_same_tables_and_the_same_answers(
    archive: MemoryArchive, story: Story
) -> None:
    for _ in range(2):
        tell(story)
        archive.catalogue.catch_up()
    path = archive.root / "catalogue.db"
    before, answers = tables(path), repr(archive.catalogue.find(FindQuery()))
    assert archive.catalogue.rebuild() == archive.ledger.size()
    assert tables(path) == before
    assert repr(archive.catalogue.find(FindQuery())) == answers


def test_a_deleted_catalogue_comes_back_the_same(archive: MemoryArchive, story: Story) -> None:
    tell(story)
    archive.catalogue.catch_up()
    path = archive.root / "catalogue.db"
    before = tables(path)
    archive.catalogue.close()
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    again = archive.new_catalogue()
    assert again.catch_up() == archive.ledger.size()
    again.close()
    assert tables(path) == before


def test_a_ledger_shorter_than_the_catalogue_is_damage_and_nothing_goes_back(
    archive: MemoryArchive, story: Story
) -> None:
    tell(story)
    archive.catalogue.catch_up()
    size = archive.catalogue.size()
    del archive.ledger.kept[-1]
    with pytest.raises(CatalogueDamagedError, match="put back"):
        archive.catalogue.catch_up()
    assert archive.catalogue.head().size == size


def test_another_ledger_of_the_same_length_is_found(tmp_path: Path) -> None:
    first = MemoryArchive(tmp_path)
    Story(first.record).clip("a")
    first.catalogue.catch_up()
    first.catalogue.close()
    second = MemoryArchive(tmp_path)
    Story(second.record).clip("b")
    with pytest.raises(CatalogueDamagedError, match="not the one"):
        second.catalogue.catch_up()
    second.catalogue.rebuild()
    assert [c.path for c in second.catalogue.find(FindQuery()).clips] == ["b"]
    second.catalogue.close()


def test_a_ledger_that_forked_behind_our_back_is_found_while_projecting(
    archive: MemoryArchive, story: Story
) -> None:
    story.clip("a")
    for _ in range(2):  # the second time it compares its last leaf, and need not again
        archive.catalogue.catch_up()
    archive.ledger.kept.clear()
    archive.ledger._links.clear()
    other = Story(archive.record)
    other.clip("b")
    other.clip("c")
    with pytest.raises(CatalogueDamagedError, match="not the one"):
        archive.catalogue.catch_up()
    assert archive.catalogue.head().size == 1


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


def test_a_database_without_our_head_is_damage(archive: MemoryArchive) -> None:
    archive.catalogue.catch_up()
    archive.catalogue.close()
    db = sqlite3.connect(archive.root / "catalogue.db")
    db.execute("DELETE FROM head")
    db.commit()
    db.close()
    with pytest.raises(CatalogueDamagedError, match="rebuild"):
        archive.catalogue.catch_up()
    assert archive.catalogue.rebuild() == 0


def test_a_catalogue_of_a_newer_muniment_says_so(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    archive.catalogue.catch_up()
    archive.catalogue.close()
    db = sqlite3.connect(archive.root / "catalogue.db")
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.commit()
    db.close()
    with pytest.raises(CatalogueDamagedError, match="another Muniment"):
        archive.catalogue.catch_up()
    assert archive.catalogue.rebuild() == 1


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


def test_a_rebuild_that_is_killed_leaves_a_catalogue_that_is_behind(
    archive: MemoryArchive, story: Story
) -> None:
    tell(story)
    archive.catalogue.catch_up()
    archive.catalogue._file.start_again()
    archive.catalogue.close()
    again = archive.new_catalogue()
    assert again.find(FindQuery()).total == 5
    again.close()


def test_a_reader_that_is_open_during_a_rebuild_goes_on(
    archive: MemoryArchive, story: Story
) -> None:
    tell(story)
    reader = archive.new_catalogue()
    assert reader.find(FindQuery()).total == 5
    archive.catalogue.rebuild()
    story.clip()
    assert reader.catch_up() == 1
    assert reader.find(FindQuery()).total == 6
    assert archive.catalogue.catch_up() == 0
    reader.close()


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


def test_only_sqlite_is_taken(archive: MemoryArchive) -> None:
    for url in ("postgresql://host/name", "sqlite://"):
        with pytest.raises(SettingsError):
            Catalogue(url, reader=archive.ledger, texts=archive.texts)


def test_long_ledgers_go_in_by_several_transactions(archive: MemoryArchive, story: Story) -> None:
    for n in range(5_001):
        story.event("new.kind", f"clip-{n % 7}")
    assert archive.catalogue.catch_up() == 5_001
    assert archive.catalogue.root() == archive.ledger.root(5_001)
    assert len(archive.catalogue.custody("clip-0")) == 715


CATCH_UP = """
import sys
from pathlib import Path
from archive.catalogue.search import FindQuery
from archive.opening import open_archive

with open_archive(Path(sys.argv[1]), write=False) as archive:
    sys.stdin.readline()
    archive.catalogue.catch_up()
    print(archive.catalogue.find(FindQuery()).total)
"""


@pytest.mark.slow
def test_many_processes_may_make_the_catalogue_at_once(tmp_path: Path) -> None:
    root = tmp_path / "root"
    create_archive(root, origin="example.org/test")
    with open_archive(root, write=True) as archive:
        story = Story(archive.record)
        for _ in range(2):
            tell(story)
    command = [sys.executable, "-c", CATCH_UP, str(root)]
    children = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [child.communicate(timeout=60)[0].strip() for child in children]
    assert answers == ["10"] * 4
    assert [child.returncode for child in children] == [0] * 4


@pytest.mark.slow
def test_sqlalchemy_is_loaded_by_nobody_who_does_not_ask() -> None:
    code = (
        "import sys, archive.opening, archive.cases, archive.catalogue.search, ingest.linking\n"
        "sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
