"""Until when something is kept: the longest of its categories, never for less than the country says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from oversight.retention.keeping import Keeper, Keeping
from oversight.rules.book import RuleBook
from oversight.rules.reading import national, read_rules
from oversight.workdays import Workdays

DAY = date(2026, 11, 20)
BEGINS = datetime(2026, 1, 31, 8, tzinfo=UTC)  # 16:00 in Beijing
AGENCY = """format = 1
[rules]
level = "agency"
place = "城管局"
title = { zh = "本机关", en = "Agency" }
"""
RULE = """
[[retention]]
id = "%s"
name = { zh = "类", en = "Category" }
keep = "%s"
clause = { zh = "一", en = "1" }
source = { zh = "办法", en = "Measures" }
in_force = 2020-01-01
%s
"""


def keeper(*rules: tuple[str, str, str]) -> Keeper:
    files = [national()]
    if rules:
        text = AGENCY + "".join(RULE % rule for rule in rules)
        files.append(read_rules(text.encode(), "agency.toml"))
    return Keeper(RuleBook(files), DAY, ZoneInfo("Asia/Shanghai"), Workdays())


def keep(keeper: Keeper, *categories: str, linked: bool = False) -> Keeping:
    return keeper.keeping(frozenset(categories), linked=linked, begins=BEGINS)


def test_r8_ordinary_footage_is_kept_six_months_counted_in_days_of_the_archive() -> None:
    found = keep(keeper(), "ordinary")
    # The last day of six months from 31 January is 31 July: over when it is 1 August in Beijing.
    assert found.until == datetime(2026, 7, 31, 16, tzinfo=UTC)
    assert not found.is_over(datetime(2026, 7, 31, 15, 59, tzinfo=UTC))
    assert found.is_over(datetime(2026, 7, 31, 16, tzinfo=UTC))


@pytest.mark.parametrize("name", ["evidence", "obstruction", "mass_incident", "major_matter"])
def test_r8_what_the_ministry_keeps_for_ever_is_kept_for_ever_beside_anything_else(
    name: str,
) -> None:
    for categories in ((name,), (name, "ordinary")):
        assert keep(keeper(), *categories).state == "for_ever"


def test_the_longest_of_several_categories_counts() -> None:
    found = keep(keeper(("tour", "3 years", ""), ("talk", "1 years", "")), "talk", "tour")
    assert found.rule is not None
    assert (found.rule.basis.id, found.until) == ("tour", datetime(2029, 1, 31, 16, tzinfo=UTC))


def test_what_nobody_classified_is_never_due() -> None:
    assert keep(keeper()).state == "unclassified"
    assert not keep(keeper()).is_over(datetime(9999, 1, 1, tzinfo=UTC))


def test_a_category_that_no_rule_is_about_keeps_it() -> None:
    assert keep(keeper(), "ordinary", "long_gone").state == "no_rule"


def test_a_place_cannot_keep_for_less_than_the_country() -> None:
    found = keep(keeper(("ordinary", "15 days", "")), "ordinary")
    assert found.until == datetime(2026, 7, 31, 16, tzinfo=UTC)
    assert keep(keeper(("ordinary", "8 months", "")), "ordinary").until == datetime(
        2026, 9, 30, 16, tzinfo=UTC
    )


def test_what_is_linked_to_a_case_is_evidence_without_anybody_s_word() -> None:
    assert keep(keeper(), "ordinary", linked=True).state == "for_ever"
    assert keep(keeper(), linked=True).state == "for_ever"


@pytest.mark.parametrize("of_cases", ["", "of_cases = true"])
def test_no_place_ends_what_the_country_keeps_for_ever_nor_lets_go_what_is_in_a_case(
    of_cases: str,
) -> None:
    own = keeper(("evidence", "6 months", of_cases), ("mass_incident", "30 years", ""))
    assert keep(own, "evidence").state == "for_ever"
    assert keep(own, "mass_incident").state == "for_ever"
    assert keep(own, linked=True).state == "for_ever"
    assert keep(own, "ordinary", linked=True).state == "for_ever"


def test_of_two_levels_the_longer_counts_on_the_days_that_it_is_about() -> None:
    """183 days are more than six months on the average, not from 1 March on."""
    own = keeper(("ordinary", "183 days", ""))
    late = datetime(
        2027, 2, 28, 20, tzinfo=UTC
    )  # 1 March in Beijing, where six months are 184 days
    found = own.keeping(frozenset({"ordinary"}), linked=False, begins=late)
    assert found.until == datetime(2027, 9, 1, 16, tzinfo=UTC)
    longer = keep(keeper(("ordinary", "2 years", "")), "ordinary")
    assert longer.until == datetime(2028, 1, 31, 16, tzinfo=UTC)
    assert longer.rule is not None
    assert longer.rule.basis.source.zh == "办法"  # who keeps it longer is told
