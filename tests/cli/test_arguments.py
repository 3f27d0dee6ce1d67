"""The global options, and the edge of the process, without a process."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.durable import SyncFailedError
from archive.errors import FixityError, NoSpaceError
from devices.errors import NotAFolderError, SourceGoneError
from muniment.answer import Answer, Asked
from muniment.arguments import DEFAULT_ROOT, take_globals, wants_json
from muniment.edge import EndedError, described, failed
from muniment.errors import WrongUsageError
from muniment.work import Work

ASKED = Asked(root=Path("x"), json=True, language="en", actor="local-0")


def test_root_comes_from_the_option_then_the_environment_then_var() -> None:
    environment = {"MUNIMENT_ROOT": "b"}
    assert take_globals(["find", "--root", "a"], environment).root == Path("a")
    assert take_globals(["--root=a", "find"], environment).root == Path("a")
    assert take_globals(["find"], environment).root == Path("b")
    assert take_globals(["find"], {}).root == DEFAULT_ROOT


@pytest.mark.parametrize("words", [["--root"], ["--root="], ["--root", "--json"], ["--lang", "fr"]])
def test_a_global_option_without_a_value_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(WrongUsageError):
        take_globals(words, {})


@given(st.lists(st.text()))
def test_what_stands_behind_two_dashes_is_nobodys_option(words: list[str]) -> None:
    found = take_globals(["dock", "--", *words], {})
    assert found.rest == ["dock", "--", *words]
    assert not found.json
    assert not wants_json(["dock", "--", *words])


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (FixityError(digest="a", actual="b"), "A020", 1),
        (NoSpaceError("full"), "A050", 5),
        (NotAFolderError(path="x", reason="y"), "D001", 2),
        (SourceGoneError(source="x"), "D010", 5),
        (OSError(errno.ENOSPC, "No space left on device"), "A050", 5),
        (OSError(errno.EIO, "Input/output error", b"/x\xff"), "C050", 5),
        (MemoryError(), "C050", 5),
        (KeyboardInterrupt(), "C030", 130),
        (ValueError("bug"), "C070", 70),
    ],
)
def test_each_kind_of_failure_has_its_status(error: BaseException, code: str, status: int) -> None:
    assert (described(error, ASKED)[0], described(error, ASKED)[2]) == (code, status)


def test_what_was_done_before_a_failure_is_in_the_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = EndedError(NoSpaceError("full"), Answer(document={"clips": [1]}))
    answer = failed(ended, ASKED)
    assert answer.document == {"clips": [1], "error": {"code": "A050", "reason": "full"}}
    assert answer.status == 5
    assert capsys.readouterr().err == "muniment: full [A050]\n"


def test_work_is_left_taken_and_finished(tmp_path: Path) -> None:
    (tmp_path / "muniment.toml").touch()
    work = Work(tmp_path)
    assert work.pending() == []
    assert [work.add(name) for name in ("a", "b", "a")] == [True] * 3
    assert work.pending() == ["a", "b"]
    assert work.done("a")
    assert work.pending() == ["b"]


def test_no_work_db_is_made_where_no_archive_is(tmp_path: Path) -> None:
    assert not Work(tmp_path).add("a")
    assert list(tmp_path.iterdir()) == []


def test_a_work_db_that_cannot_be_used_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "work.db").write_bytes(b"no database" * 100)
    work = Work(tmp_path)
    assert (work.add("a"), work.pending(), work.done("a")) == (False, [], False)
    assert not work.ask_to_stop("a", "recorder-x")
    assert not work.is_stop_asked("recorder-x", 0)


def test_a_stop_is_for_the_docking_that_runs_and_not_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "muniment.toml").touch()
    work = Work(tmp_path)
    assert work.ask_to_stop("docking-1", "recorder-x")
    assert work.is_stop_asked("recorder-x", 0)
    assert not work.is_stop_asked("recorder-x", 1e12)
    assert not work.is_stop_asked("recorder-y", 0)


def test_a_sync_that_failed_for_lack_of_room_is_not_told_as_a_full_disk() -> None:
    # Nobody knows what the medium holds then; of a full disk what was receipted is safe.
    assert described(SyncFailedError(errno.ENOSPC, "No space left on device"), ASKED)[0] == "C050"
    assert described(OSError(errno.ENOSPC, "No space left on device"), ASKED)[0] == "A050"
