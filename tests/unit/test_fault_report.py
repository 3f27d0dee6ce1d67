"""The page about the fault laboratory says what its rows say: no run too many, and no failure less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fault.lab.report import page, read
from tests.fault.lab.runs import Lab

ABOUT = {"date": "2026-05-01", "commit": "abc1234", "seed": 7, "machine": "2 processors"}


def laboratory(folder: Path, *, long: bool = True) -> Lab:
    log = folder / "kill.jsonl"
    log.write_text(json.dumps(ABOUT) + "\n")
    return Lab(long=long, seed=7, log=log)


def test_rows_of_one_fault_are_added_up(tmp_path: Path) -> None:
    lab = laboratory(tmp_path)
    for _ in range(2):
        with lab.row(area="kill", fault="a | b", how="by hand") as row:
            for _ in lab.seeds(short=1, long=3):
                row.saw("nothing was lost")
    made = page(read(tmp_path))
    assert "| a \\| b | by hand | 6 | 6 × nothing was lost |" in made
    assert "1 lines, 6 runs, none failed." in made
    assert "2026-05-01, commit abc1234, seed 7" in made


def test_a_run_that_breaks_a_promise_makes_its_line_a_failure(tmp_path: Path) -> None:
    def broken(lab: Lab) -> None:
        with lab.row(area="kill", fault="f", how="h") as row:
            row.saw("nothing was lost")
            raise AssertionError

    with pytest.raises(AssertionError):
        broken(laboratory(tmp_path))
    made = page(read(tmp_path))
    assert "| f | h | 1 | **failed**: 1 × nothing was lost |" in made
    assert "1 failed." in made


def test_a_row_that_ran_nothing_is_a_failure(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="nothing was run"),
        laboratory(tmp_path).row(area="kill", fault="f", how="h"),
    ):
        pass
    assert "**failed**" in page(read(tmp_path))


def test_a_short_part_draws_the_same_places_each_time_and_a_long_one_takes_all(
    tmp_path: Path,
) -> None:
    short = laboratory(tmp_path, long=False)
    assert short.sample(1000, short=5) == short.sample(1000, short=5)
    assert len(short.sample(1000, short=5)) == 5
    assert laboratory(tmp_path).sample(1000, short=5) == list(range(1000))
