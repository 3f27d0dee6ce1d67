"""How long a decision is public is a rule: of the country, or of the agency in its place."""

from __future__ import annotations

from datetime import date

import pytest

from oversight.errors import RuleFileError
from oversight.rules.book import RuleBook
from oversight.rules.reading import national, read_rules

DAY = date(2026, 11, 1)
OWN = """
format = 1
[rules]
level = "agency"
place = "x"
title = { zh = "x", en = "x" }
[[exposure]]
id = "public_penalty"
name = { zh = "x", en = "x" }
acts = ["penalty"]
public = "PUBLIC"
clause = { zh = "x", en = "x" }
source = { zh = "x", en = "x" }
in_force = 2026-01-01
"""


def test_the_country_says_three_years_for_penalties_and_no_end_for_the_rest() -> None:
    book = RuleBook([national()])
    found = book.exposure("penalty", DAY)
    assert found is not None
    assert str(found.public) == "3 years"
    rest = book.exposure("levy", DAY)
    assert rest is not None
    assert rest.public is None


def test_an_agency_may_say_otherwise() -> None:
    own = read_rules(OWN.replace("PUBLIC", "6 months").encode(), "agency.toml")
    found = RuleBook([national(), own]).exposure("penalty", DAY)
    assert found is not None
    assert str(found.public) == "6 months"


@pytest.mark.parametrize("said", ["soon", "0 years", "3 year s", ""])
def test_what_is_no_period_is_a_mistake_with_its_line(said: str) -> None:
    with pytest.raises(RuleFileError, match="public"):
        read_rules(OWN.replace("PUBLIC", said).encode(), "agency.toml")
