"""A deadline never vanishes by what is typed later: withdrawing, deciding again, reopening, another day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.casefiles import filing
from archive.casefiles.errors import StageTimeError
from archive.cases import close_case
from archive.opening import create_archive, open_archive
from oversight.clocks.model import Clock
from oversight.clocks.standing import clocks_of_case, reckoner_of
from oversight.publication import steps
from tests.unit.oversight.publication.press import CLERK, Press

NOW = datetime.now(UTC)


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    create_archive(tmp_path / "root", origin="station.test/archive", unit="North")
    with open_archive(tmp_path / "root", write=True) as archive:
        yield Press(archive=archive)


def clock(press: Press, number: str, rule: str) -> Clock:
    """Just one, as it stands, and the same where all open ones are listed while it is open."""
    archive, case = press.archive, press.row(number).id
    found = {one.rule: one for one in clocks_of_case(archive, case, reckoner_of(archive))}
    if found[rule].ended is None:
        assert case in {row.case_id for row in archive.catalogue.open_files()}
    return found[rule]


PUBLISH = "publish_permit_or_penalty"


def test_r13_what_was_withdrawn_while_the_decision_stands_is_still_due(press: Press) -> None:
    number = press.case(decided=NOW - timedelta(days=60))
    row = press.published(number)
    assert clock(press, number, PUBLISH).ended is not None
    steps.withdraw(press.archive, row.id, actor=CLERK, why="error", reason="写错")
    assert clock(press, number, PUBLISH).ended is None
    press.published(number)
    assert clock(press, number, PUBLISH).ended is not None


def test_r13_what_was_withdrawn_as_it_was_revoked_was_published(press: Press) -> None:
    number = press.case(decided=NOW - timedelta(days=1))
    row = press.published(number)
    before = clock(press, number, PUBLISH).ended
    press.revoke(number)
    steps.withdraw(press.archive, row.id, actor=CLERK, why="revoked", reason="复议撤销")
    assert clock(press, number, PUBLISH).ended == before


@pytest.mark.parametrize("again", [datetime(2018, 1, 1, tzinfo=UTC), NOW - timedelta(hours=2)])
def test_r13_a_decision_that_is_entered_again_is_due_since_the_first(
    press: Press, again: datetime
) -> None:
    number = press.case(decided=NOW - timedelta(days=50))
    first = clock(press, number, PUBLISH)
    press.decide(number, again)
    later = clock(press, number, PUBLISH)
    assert (later.ended, later.due <= first.due) == (None, True)


def test_r2_a_later_end_moves_no_deadline(press: Press) -> None:
    number = press.case(act="inspection")
    filing.end_action(press.archive, number, NOW - timedelta(days=60), actor=CLERK)
    press.archive.catalogue.catch_up()
    first = clock(press, number, "file")
    for at in (NOW - timedelta(days=1), datetime(1, 1, 2, tzinfo=UTC)):
        with pytest.raises(StageTimeError):
            filing.end_action(press.archive, number, at, actor=CLERK)
    assert clock(press, number, "file") == first


def test_r2_closing_without_a_word_and_reopening_leave_the_file_due(press: Press) -> None:
    number = press.case(act="inspection")
    close_case(press.archive, actor=CLERK, number=number)
    assert clock(press, number, "file").ended is None
    case = press.row(number).id
    formed = {"catalogue": {"object": "0" * 64, "size": 1}, "signature": None}
    press.event("case.catalogued", case, formed)
    filing.reopen(press.archive, number, "补充", actor=CLERK)
    assert clock(press, number, "file").ended is None
    close_case(press.archive, actor=CLERK, number=number)
    assert clock(press, number, "file").ended is None
