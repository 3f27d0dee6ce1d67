"""Stretches that a page says it played: what is taken, and what is put together."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import InvalidInputError, TooOftenError
from api.plays.pace import MOST, WINDOW, Pace
from api.plays.spans import checked, merged


def test_stretches_that_touch_are_one() -> None:
    assert checked([[0, 1000], [1050, 2000], [5000, 6000]], length_ms=6000) == [
        (0, 2000),
        (5000, 6000),
    ]


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [[0, 0]],
        [[5, 3]],
        [[-1, 3]],
        [[0, 10], [9, 20]],
        [[10, 20], [0, 5]],
        [[0, 7_001]],
        [[1]],
        [[n * 1000, n * 1000 + 1] for n in range(201)],
    ],
)
def test_what_nobody_can_have_played_is_refused(spans: list[list[int]]) -> None:
    with pytest.raises(InvalidInputError):
        checked(spans, length_ms=6_000)


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 500)).map(lambda p: (p[0], sum(p))))
)
def test_a_union_is_in_order_apart_and_has_every_moment(spans: list[tuple[int, int]]) -> None:
    found = merged(spans)
    assert all(a[1] < b[0] for a, b in pairwise(found))
    assert all(any(f[0] <= s[0] and s[1] <= f[1] for f in found) for s in spans)


def test_a_page_that_reports_all_the_time_is_told_when_to_come_again() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    for _ in range(MOST):
        pace.check(session="s", clip="c")
    with pytest.raises(TooOftenError) as refused:
        pace.check(session="s", clip="c")
    assert 0 < int(refused.value.headers["Retry-After"]) <= WINDOW
    pace.check(session="other", clip="c")
    now[0] = WINDOW + 0.1
    pace.check(session="s", clip="c")
