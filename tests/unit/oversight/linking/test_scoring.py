"""Scores: what agrees counts, nearer counts more, and a rule that lacks what it needs says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.linking.book import read_book, shipped
from oversight.linking.errors import LinkRulesError
from oversight.linking.model import FULL, TERMS, CaseFacts, ClipFacts, Point, Record
from oversight.linking.scoring import best, closeness, matches, metres

MINUTE = 60_000_000
HOUR = 60 * MINUTE
NINE = 1_777_597_200_000_000
CLIP = ClipFacts(
    clip="clip-1",
    officer="officer-1",
    unit="unit-1",
    unit_name="North",
    badge="012345",
    recorder="T100",
    from_us=NINE,
    to_us=NINE + 10 * MINUTE,
    marked=False,
)
CASE = CaseFacts(
    id="case-1",
    number="7",
    unit="unit-1",
    officers=frozenset({"officer-1"}),
    from_us=NINE - HOUR,
    to_us=NINE + HOUR,
)
SENT = Record(
    line=2,
    kind="dispatch",
    number="J1",
    case="7",
    officers=("012345",),
    recorders=("T100",),
    point=Point(lat=302_741_000, lon=1_201_551_000),
    from_us=NINE - MINUTE,
    to_us=NINE + 20 * MINUTE,
)
moments = st.integers(0, 10 * HOUR)
lengths = st.integers(0, 3 * HOUR)


@given(first=moments, length=lengths, since=moments, more=lengths, margin=st.integers(0, 2 * HOUR))
def test_closeness_is_full_within_half_at_the_edge_and_nothing_a_margin_off(
    first: int, length: int, since: int, more: int, margin: int
) -> None:
    last, until = first + length, since + more
    found = closeness(first, last, since, until, margin)
    assert 0 <= found <= FULL
    if since <= first and last <= until:
        assert found == FULL
    apart = max(since - last, first - until)
    assert (found >= FULL // 2) == (apart <= 0)
    if apart > 0 and apart >= margin:
        assert found == 0


@given(first=moments, length=lengths, more=lengths, step=lengths, margin=st.integers(0, 2 * HOUR))
def test_a_recording_that_comes_nearer_never_counts_less(
    first: int, length: int, more: int, step: int, margin: int
) -> None:
    since = first + length + step  # the case begins after the recording
    away = closeness(first, first + length, since, since + more, margin)
    assert closeness(first + step, first + step + length, since, since + more, margin) >= away


@given(st.data())
def test_a_score_is_what_agrees_by_its_weight_and_never_less_when_more_agrees(
    data: st.DataObject,
) -> None:
    clip = replace(
        CLIP,
        officer=data.draw(st.sampled_from(["officer-1", "officer-2", None])),
        unit=data.draw(st.sampled_from(["unit-1", "unit-2", None])),
        from_us=NINE + data.draw(st.integers(-4 * HOUR, 4 * HOUR)),
        to_us=NINE + 5 * HOUR,
    )
    case = replace(CASE, records=(SENT,) if data.draw(st.booleans()) else ())
    for rule in shipped().rules:
        book = replace(shipped(), rules=(rule,))
        score, marked = best(book, clip, case), best(book, replace(clip, marked=True), case)
        found = matches(book, clip, case)
        if not rule.needs <= found.keys():
            assert score is None
            continue
        weights = dict(rule.weights)
        expected = sum(weights.get(t, 0) * m.degree for t, m in found.items()) // FULL
        assert (None if score is None else score.score) == (
            expected if expected >= rule.least else None
        )
        assert score is None or (marked is not None and marked.score >= score.score)


def test_a_rule_says_nothing_where_what_it_needs_does_not_agree_whatever_else_does() -> None:
    text = GOOD.replace("officer = 600", "officer = 100").replace("window = 400", "window = 900")
    book = read_book(text.encode(), "x")
    assert best(book, CLIP, CASE) is not None
    assert best(book, replace(CLIP, officer="officer-2"), CASE) is None


def test_the_officer_of_a_case_is_proposed_around_its_time_and_nobody_else() -> None:
    late = replace(CLIP, from_us=NINE + HOUR + 5 * MINUTE, to_us=NINE + HOUR + 9 * MINUTE)
    score = best(shipped(), late, CASE)
    assert score is not None
    assert score.rule.id == "officer-near-time"
    assert {"officer", "window", "unit"} <= set(score.terms)
    assert "012345" in score.reason
    assert "接近案件时段" in score.reason
    assert best(shipped(), replace(late, officer="officer-2", badge="9"), CASE) is None
    far = replace(late, from_us=NINE + 3 * HOUR, to_us=NINE + 4 * HOUR)
    assert best(shipped(), far, CASE) is None


def test_a_dispatch_tells_who_when_where_and_with_what() -> None:
    case = replace(CASE, from_us=None, to_us=None, officers=frozenset(), records=(SENT,))
    score = best(shipped(), CLIP, case)
    assert score is not None
    assert (score.rule.id, score.score) == ("dispatch", 850)  # no track
    there = replace(CLIP, track=(Point(lat=302_742_000, lon=1_201_551_000),))
    near = best(shipped(), there, case)
    assert near is not None
    assert near.score == 1000
    elsewhere = best(
        shipped(), replace(CLIP, track=(Point(lat=310_000_000, lon=1_210_000_000),)), case
    )
    assert elsewhere is not None
    assert "place" not in elsewhere.terms


def test_without_a_track_the_station_of_the_cases_unit_counts_half() -> None:
    found = matches(shipped(), replace(CLIP, station_unit="unit-1"), CASE)
    assert found["place"].degree == 500
    assert "place" not in matches(shipped(), replace(CLIP, station_unit="unit-2"), CASE)


def test_distances_are_those_of_the_earth() -> None:
    one = Point(lat=0, lon=0)
    assert metres(one, Point(lat=10_000_000, lon=0)) == pytest.approx(111_195, rel=1e-3)
    assert metres(one, Point(lat=0, lon=1_799_999_999)) == pytest.approx(20_015_100, rel=1e-3)


GOOD = """format = 1
[linking]
title = { zh = "规则", en = "Rules" }
margin_minutes = 30
radius_m = 100
automatic = 900
[[rule]]
id = "one"
name = { zh = "一", en = "One" }
needs = ["officer", "window"]
least = 500
officer = 600
window = 400
"""


def test_a_rule_book_is_read_and_each_mistake_has_its_line() -> None:
    assert read_book(GOOD.encode(), "x").automatic == 900
    for old, new, line in (
        ("officer = 600", "officer = 500", 7),
        ('["officer", "window"]', '["window"]', 10),
        ('["officer", "window"]', '["officer"]', 10),
        ('["officer", "window"]', '["officer", "window", "unit"]', 10),
        ("least = 500", "least = 5000", 11),
        ("least = 500", "least = 0", 11),
        ("automatic = 900", "automatic = true", 6),
        ("radius_m = 100", "", 2),
        ("officer = 600", "officer = 600\ncolour = 1", 13),
        ("format = 1", "format = 2", 1),
    ):
        with pytest.raises(LinkRulesError) as caught:
            read_book(GOOD.replace(old, new).encode(), "x")
        assert caught.value.mistakes[0][0] == line, (new, caught.value.mistakes)
    with pytest.raises(LinkRulesError):
        read_book(b"\xff", "x")
    twice = GOOD + GOOD[GOOD.index("[[rule]]") :]
    with pytest.raises(LinkRulesError, match="twice"):
        read_book(twice.encode(), "x")


def test_what_is_shipped_proposes_and_asks_a_person() -> None:
    assert shipped().automatic == 0
    assert {term for rule in shipped().rules for term, _ in rule.weights} == set(TERMS)
