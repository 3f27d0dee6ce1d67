"""Range requests as RFC 9110 says, for any header."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.errors import RangeNotSatisfiableError
from api.ranges import Span, parse, plan


@pytest.mark.parametrize(
    ("header", "spans"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-99", [(0, 100)]),
        ("bytes=90-1000", [(90, 100)]),
        ("bytes=5-", [(5, 100)]),
        ("bytes=-7", [(93, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("BYTES=1-2", [(1, 3)]),
        ("bytes=0-0, ,5-6", [(0, 1), (5, 7)]),
        ("bytes=0-0,200-300", [(0, 1)]),
    ],
)
def test_spans_that_exist(header: str, spans: list[tuple[int, int]]) -> None:
    assert parse(header, 100) == [Span(start=a, stop=b) for a, b in spans]


@pytest.mark.parametrize(
    "header",
    [
        "items=0-1",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=--1",
        "bytes=1",
        "bytes=٣-٤",
    ],
)
def test_what_is_malformed_or_of_another_unit_is_ignored(header: str) -> None:
    assert parse(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_what_does_not_exist_is_said(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiableError):
        parse(header, size)


@given(st.text(alphabet="bytes=0123456789-, ", max_size=80), st.integers(0, 300))
@example("bytes=0-0,2-2,4-4,6-6", 10)
@example("bytes=" + ",".join(["0-"] * 17), 300)
@example("bytes=0-,0-", 300)
def test_never_more_than_twice_the_whole_is_sent(header: str, size: int) -> None:
    try:
        made = plan(header, size=size, media_type="video/mp4")
    except RangeNotSatisfiableError:
        return
    assert made.length <= max(2 * size, size)
    sent = sorted((p.span.start, p.span.stop) for p in made.parts)
    assert all(0 <= a <= b <= size for a, b in sent)
    assert all(first[1] <= then[0] for first, then in pairwise(sent))
