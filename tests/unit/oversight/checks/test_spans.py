"""Arithmetic of stretches of time, against counting every single moment."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from oversight.checks.spans import Span, clipped, covers, gaps, joined, length

moments = st.integers(0, 40)
spans = st.tuples(moments, moments).map(lambda p: (min(p), max(p)))
lists = st.lists(spans, max_size=8)


def counted(found: list[Span]) -> set[int]:
    return {moment for begin, end in found for moment in range(begin, end)}


@given(found=lists)
def test_joined_stretches_are_the_same_time_and_do_not_touch(found: list[Span]) -> None:
    whole = joined(found)
    assert counted(whole) == counted(found)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(whole))
    assert length(found) == len(counted(found))


@given(found=lists, to=spans)
def test_gaps_and_what_is_covered_are_the_whole_stretch_and_share_no_moment(
    found: list[Span], to: Span
) -> None:
    holes, inside = counted(gaps(found, to)), counted(clipped(found, to))
    assert holes | inside == counted([to])
    assert not holes & inside


@given(found=lists, to=spans, more=spans)
def test_more_recording_never_makes_a_gap(found: list[Span], to: Span, more: Span) -> None:
    assert counted(gaps([*found, more], to)) <= counted(gaps(found, to))


@given(found=lists, wanted=spans)
def test_what_is_covered_has_no_gap(found: list[Span], wanted: Span) -> None:
    if wanted[0] < wanted[1]:
        assert covers(found, wanted) == (not gaps(found, wanted))


@given(found=lists, wanted=spans, within=st.integers(0, 5))
def test_gaps_that_are_allowed_do_not_count(found: list[Span], wanted: Span, within: int) -> None:
    if covers(found, wanted, within=within):
        assert all(end - begin <= within for begin, end in gaps(found, wanted))
