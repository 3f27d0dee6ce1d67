"""The figures of a year: each is followed to just as many cases, and all add up."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from oversight.publication import steps
from oversight.publication.errors import ReportError
from oversight.report import annual
from oversight.report.counting import FIGURES, count, rows_of
from oversight.report.tables import cells, csv_of, pdf_of
from tests.unit.oversight.publication.press import HEAD, Press

YEAR = datetime.now(UTC).year - 1


def _decided(press: Press, *, act: str = "penalty", amount: int | None = None) -> str:
    """A case of last year."""
    number = press.case(act=act, decided=datetime(YEAR, 6, 1, 4, tzinfo=UTC))
    if amount is not None:
        data = {"measure": None, "amount": amount}
        press.event("case.decision_intended", press.row(number).id, data)
    return number


@pytest.fixture(scope="module")
def year(press: Press) -> Press:
    """Some cases of last year, and one of this."""
    _decided(press, amount=20_000)
    late = _decided(press, amount=5_050)
    press.published(late)
    revoked = _decided(press, amount=99)
    row = press.published(revoked)
    press.revoke(revoked)
    steps.withdraw(press.archive, row.id, actor=HEAD, why="revoked", reason="撤销")
    excused = _decided(press, act="permit")
    said = {"rule": "publish_permit_or_penalty", "excuse": 0}
    press.event("deadline.excused", press.row(excused).id, said, {"reason": "涉及国家秘密"})
    press.case()
    return press


def test_figures_count_each_case_once_and_add_up(year: Press) -> None:
    found = count(year.archive, YEAR)
    total = found.total.figures
    assert {name: n for name, n in total.items() if n} == {
        "done": 4,
        "decided": 4,
        "late": 2,
        "unpublished": 1,
        "excused": 1,
        "revoked": 1,
        "withdrawn": 1,
    }
    assert [line.act for line in found.lines] == ["permit", "penalty"]
    assert found.total.amount == 25_050  # what was revoked is no fine


def test_each_figure_is_followed_to_just_as_many_cases(year: Press) -> None:
    found = count(year.archive, YEAR)
    for line in found.lines:
        for figure in FIGURES:
            rows = list(rows_of(year.archive, YEAR, figure, unit=line.unit, act=line.act))
            assert len(rows) == line.figures[figure]
    assert all(row.number for row in rows_of(year.archive, YEAR, "late"))


def test_a_decision_belongs_to_the_year_where_the_archive_is(year: Press) -> None:
    before = count(year.archive, YEAR - 1).total.figures["done"]
    # The last second of the year before, in Beijing.
    edge = datetime(YEAR - 1, 12, 31, 15, 59, 59, tzinfo=UTC)
    year.case(decided=edge)
    year.case(decided=edge + timedelta(seconds=1))
    assert count(year.archive, YEAR - 1).total.figures["done"] == before + 1


def test_the_report_says_the_same_as_table_csv_and_paper(year: Press) -> None:
    data = annual.report(year.archive, YEAR)
    rows = list(csv.reader(io.StringIO(csv_of(data, "zh").removeprefix("\ufeff"))))
    assert rows[1:] == [list(row) for row in cells(data, "zh")]
    assert rows[-1][0] == "合计"
    assert pdf_of(data, datetime.now(UTC)).startswith(b"%PDF")
    data["lines"][0]["unit"] = "=1+1"
    assert "'=1+1" in csv_of(data, "zh")


def test_r13_only_the_figures_of_a_year_that_is_over_are_a_report(year: Press) -> None:
    with pytest.raises(ReportError):
        annual.propose(year.archive, datetime.now(UTC).year + 1, actor=HEAD)
    with pytest.raises(ReportError):
        list(rows_of(year.archive, YEAR, "beautiful"))
    with pytest.raises(ReportError):
        count(year.archive, 0)
    row = annual.propose(year.archive, YEAR, actor="account-clerk")
    assert (row.kind, row.state) == ("report", "proposed")
