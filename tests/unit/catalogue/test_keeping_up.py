from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.catalogue.database import open_database
from archive.catalogue.errors import CatalogueDamagedError
from archive.catalogue.search import FindQuery
from archive.errors import SettingsError
from archive.opening import create_archive, open_archive
from tests.unit.catalogue.story import MemoryArchive, Story
from tests.unit.catalogue.telling import tell

ROOT = Path(__file__).resolve().parents[3]


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
    before, answers = archive.tables(), repr(archive.catalogue.find(FindQuery()))
    assert archive.catalogue.rebuild() == archive.ledger.size()
    assert archive.tables() == before
    assert repr(archive.catalogue.find(FindQuery())) == answers


def test_a_new_catalogue_is_the_same(archive: MemoryArchive, story: Story) -> None:
    tell(story)
    archive.catalogue.catch_up()
    again = archive.new_catalogue("again.db")
    assert again.catch_up() == archive.ledger.size()
    again.close()
    assert archive.tables("again.db") == archive.tables()


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


def test_another_ledger_of_the_same_length_is_found(archive: MemoryArchive) -> None:
    Story(archive.record).clip("a")
    archive.catalogue.catch_up()
    second = MemoryArchive(archive.root, archive.url)
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


def test_a_database_without_our_head_is_damage(archive: MemoryArchive) -> None:
    archive.catalogue.catch_up()
    with archive.catalogue._file.write() as connection:
        connection.exec_driver_sql("DELETE FROM head")
    with pytest.raises(CatalogueDamagedError, match="rebuild"):
        archive.catalogue.catch_up()
    assert archive.catalogue.rebuild() == 0


def test_a_catalogue_of_a_newer_muniment_says_so(archive: MemoryArchive, story: Story) -> None:
    story.clip()
    archive.catalogue.catch_up()
    with archive.catalogue._file.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CatalogueDamagedError, match="another Muniment"):
        archive.catalogue.catch_up()
    assert archive.catalogue.rebuild() == 1


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


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "sqlite://", "sqlite:///", "catalogue.db", "postgresql://[/x"]
)
def test_a_url_of_no_database_that_can_be_used_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        open_database(url)


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
