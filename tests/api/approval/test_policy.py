"""A policy is whole and understood, or refused with every mistake and the line that it stands on."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from api.approval.errors import PolicyError
from api.approval.policy import Hours
from api.approval.policy_reading import read_policy, shipped

TODAY = datetime.now(UTC).date()


def changed(before: str, after: str) -> tuple[tuple[int, str], ...]:
    """The mistakes of the shipped policy with one piece changed."""
    text = shipped().data.decode()
    assert before in text
    with pytest.raises(PolicyError) as refused:
        read_policy(text.replace(before, after, 1).encode())
    return refused.value.mistakes


def line_of(piece: str) -> int:
    """On which line of the shipped policy a piece stands."""
    lines = shipped().data.decode().splitlines()
    return next(n for n, line in enumerate(lines, 1) if piece in line)


def test_the_shipped_policy_says_who_decides_what() -> None:
    policy = shipped()
    other = policy.rule_for("supervisor", "case", "other_unit", TODAY)
    assert other is not None
    assert (other.decided_by, other.longest) == ("head", timedelta(days=30))
    outside = policy.rule_for("supervisor", "publicity", "outside", TODAY)
    assert outside is not None
    assert outside.decided_by == "county_head"
    assert all(rule.clause and rule.source for rule in policy.rules)
    assert all("administrator" not in rule.roles for rule in policy.rules)


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ('roles = ["officer"]', 'roles = ["administrator"]', 'roles = ["officer"]', "roles"),
        ('longest = "4h"', 'longest = "25h"', 'longest = "4h"', "longest"),
        ('decided_by = "head"', 'decided_by = "emergency"', 'decided_by = "head"', "decided_by"),
        ('code = "case"', 'code = "file"', 'code = "file"', "twice"),
        ("night_clips", "night_clicks", "night_clips", "no such key"),
        ("in_force = 2016-07-01", 'in_force = "soon"', "in_force = 2016-07-01", "in_force"),
    ],
)
def test_a_mistake_is_named_with_its_line(before: str, after: str, line: str, said: str) -> None:
    found = changed(before, after)
    assert any(said in words for _, words in found)
    assert line_of(line) in {number for number, _ in found}


def test_how_many_emergencies_a_day_has_is_data_and_of_no_other_rule() -> None:
    emergency = next(r for r in shipped().rules if r.relation == "emergency")
    assert emergency.a_day == 3
    text = shipped().data.decode()
    without = read_policy(text.replace("a_day = 3", "").encode())
    assert next(r for r in without.rules if r.relation == "emergency").a_day == 3
    for wrong in ("0", "101", '"3"', "-1"):
        with pytest.raises(PolicyError, match="from 1 to 100"):
            read_policy(text.replace("a_day = 3", f"a_day = {wrong}").encode())
    with pytest.raises(PolicyError, match="no such key"):
        read_policy(text.replace('longest = "90d"', 'longest = "90d"\na_day = 3').encode())


def test_every_mistake_is_named_at_once() -> None:
    text = shipped().data.decode()
    text = text.replace('longest = "4h"', 'longest = "4 weeks"').replace(
        '"duty"\nlongest', '"x"\nlongest'
    )
    with pytest.raises(PolicyError) as refused:
        read_policy(text.encode())
    assert len(refused.value.mistakes) == 3


@pytest.mark.parametrize(
    "data", [b"", b"format = 2", b"format = [", b"\xff", b"x" * 70_000, b"format = 1\n[rule]\n"]
)
def test_what_is_no_policy_is_refused_with_one_error(data: bytes) -> None:
    with pytest.raises(PolicyError):
        read_policy(data)


def test_hours_may_reach_past_midnight() -> None:
    night = Hours(begin=time(22), end=time(6))
    assert time(23) in night
    assert time(5, 59) in night
    assert time(6) not in night
    assert time(12) not in night
