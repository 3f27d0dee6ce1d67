"""Rules as data: each mistake in a file is named with its line, and the most local rule binds."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.errors import NoRuleError, RuleFileError
from oversight.rules.book import RuleBook
from oversight.rules.model import RuleFile
from oversight.rules.periods import Period, add_months, period
from oversight.rules.reading import national, read_rules
from oversight.workdays import Workdays

BEIJING = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 20)
HEAD = """format = 1
[rules]
level = "city"
place = "铜陵市"
title = { zh = "市", en = "City" }
"""
BASIS = """clause = { zh = "第一条", en = "Article 1" }
source = { zh = "办法", en = "Measures" }
"""


def deadline(within: str = "48 hours", *, name: str = "upload", more: str = "") -> str:
    return f"""
[[deadline]]
id = "{name}"
begins = "recording_ended"
ends = "archived"
within = "{within}"
rolls = false
{BASIS}in_force = 2020-01-01
{more}"""


def read(text: str) -> RuleFile:
    return read_rules((HEAD + text).encode(), "city.toml")


def mistakes(text: str) -> list[str]:
    with pytest.raises(RuleFileError) as caught:
        read(text)
    return [said for _, said in caught.value.mistakes]


def test_what_the_country_rules_is_there() -> None:
    book = RuleBook([national()])
    upload = book.deadline("recording_ended", "archived", act=None, day=DAY)
    assert (str(upload.within), len(upload.excuses)) == ("24 hours", 3)
    assert str(book.deadline("action_ended", "filed", act="penalty", day=DAY).within) == "30 days"
    for act, within in (("permit", 7), ("penalty", 7), ("levy", 20), ("compulsion", 20)):
        found = book.deadline("decided", "published", act=act, day=DAY)  # type: ignore[arg-type]
        assert str(found.within) == f"{within} working days"
    assert str(book.deadline("changed", "updated", act=None, day=DAY).within) == "1 month"
    assert (book.yearly("annual_report", DAY).month, book.yearly("annual_report", DAY).day) == (
        1,
        31,
    )
    assert book.share("reviewers", DAY).percent == 5
    assert len(book.points(DAY)) == 8
    kept = {rule.basis.id: rule.keep for rule in book.retentions(DAY)}
    assert str(kept.pop("ordinary")) == "6 months"
    assert set(kept.values()) == {None}


def test_a_rule_of_a_lower_level_takes_the_place_of_its_own_id_and_of_no_other() -> None:
    book = RuleBook([read(deadline("12 hours")), national()])
    assert str(book.deadline("recording_ended", "archived", act=None, day=DAY).within) == "12 hours"
    assert str(book.deadline("action_ended", "filed", act=None, day=DAY).within) == "30 days"
    before = book.deadline("recording_ended", "archived", act=None, day=date(2019, 6, 1))
    assert str(before.within) == "24 hours", "the city's rule was not in force yet"
    with pytest.raises(NoRuleError, match="no rule in force on 2018-12-31"):
        book.deadline("recording_ended", "archived", act=None, day=date(2018, 12, 31))


def test_two_files_of_one_level_are_refused() -> None:
    with pytest.raises(ValueError, match="one level"):
        RuleBook([national(), national()])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (deadline("soon"), "within: a period"),
        (deadline("0 days"), "within: a period"),
        (deadline("9999 days"), "within: a period"),
        (deadline(more='colour = "red"'), "colour: no such key; docs/formats/rules.md"),
        (deadline(more="superseded = 2019-01-01"), "superseded: it has to be later"),
        (deadline(more='acts = ["flying"]'), "acts: some of permit"),
        (deadline().replace("archived", "recording_ended"), "ends: it has to be another fact"),
        (deadline().replace("[[deadline]]", "[[dedline]]"), "dedline: no such table or key"),
        ("", "there is no rule in it"),
        (deadline() + deadline("24 hours"), "in_force: an overlap with"),
        (
            deadline(more="superseded = 2021-01-01")
            + deadline("24 hours").replace("2020-01-01", "2021-02-01"),
            "in_force: a gap after the version of upload that is in force until 2021-01-01",
        ),
        (
            f'[[retention]]\nid = "a"\nname = {{ zh = "甲", en = "A" }}\nkeep = "long"\n{BASIS}in_force = 2020-01-01',
            'keep: "for ever", or a period',
        ),
        (
            f'[[yearly]]\nid = "a"\non = "02-29"\n{BASIS}in_force = 2020-01-01',
            "on: a day of the year",
        ),
        (
            f'[[share]]\nid = "a"\npercent = 0\n{BASIS}in_force = 2020-01-01',
            "percent: a whole number",
        ),
    ],
)
def test_each_mistake_is_named(text: str, said: str) -> None:
    found = mistakes(text)
    assert any(each.startswith(said) for each in found), found


def test_a_mistake_has_its_line() -> None:
    with pytest.raises(RuleFileError, match=r"city\.toml:11: within: a period"):
        read(deadline("soon"))


def test_versions_that_follow_each_other_are_taken() -> None:
    text = deadline(more="superseded = 2021-01-01") + deadline("24 hours").replace(
        "2020-01-01", "2021-01-01"
    )
    book = RuleBook([read(text)])
    for day, within in ((date(2020, 12, 31), "48 hours"), (date(2021, 1, 1), "24 hours")):
        found = book.deadline("recording_ended", "archived", act=None, day=day)
        assert str(found.within) == within


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_rules_or_one_error(data: bytes) -> None:
    for each in (data, HEAD.encode() + data):
        with suppress(RuleFileError):
            read_rules(each, "x.toml")


def test_a_period_of_days_ends_with_its_last_day_where_the_archive_is() -> None:
    begin = datetime(2026, 4, 30, 17, 0, tzinfo=UTC)  # 1 May in Beijing
    days = Workdays()
    for written, rolls, end in (
        ("24 hours", False, datetime(2026, 5, 1, 17, tzinfo=UTC)),
        ("30 days", False, datetime(2026, 6, 1, tzinfo=BEIJING)),  # 31 May, a Sunday
        ("30 days", True, datetime(2026, 6, 2, tzinfo=BEIJING)),
        ("7 working days", False, datetime(2026, 5, 14, tzinfo=BEIJING)),  # 9 May is worked
        ("1 month", False, datetime(2026, 6, 2, tzinfo=BEIJING)),
        ("6 months", False, datetime(2026, 11, 2, tzinfo=BEIJING)),
        ("2 years", False, datetime(2028, 5, 2, tzinfo=BEIJING)),
    ):
        found = period(written)
        assert found is not None
        assert str(found) == written
        over = found.end(begin, BEIJING, days, rolls=rolls)
        assert (over.moment, over.provisional) == (end, False), written


def test_a_month_that_is_shorter_ends_earlier() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)


@pytest.mark.parametrize("unit", ["hours", "days", "working days", "months", "years"])
def test_a_period_that_leaves_the_calendar_is_refused(unit: str) -> None:
    late = datetime(9999, 12, 30, 12, tzinfo=UTC)
    found = Period(amount=4000, unit=unit)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"calendar|9999"):
        found.end(late, BEIJING, Workdays(), rolls=True)
