"""Recorders as lanes of one clock: where it begins, what follows what."""

from __future__ import annotations

from api.together.lanes import Lane, Part, begin_of, follows, span_of


def part(begin: int, length: int) -> Part:
    return Part(clip=f"clip-{begin}", begin_ms=begin, length_ms=length)


def lane(number: int, *parts: Part, moved: int = 0) -> Lane:
    return Lane(number=number, asked="clip-0", state="open", parts=parts, moved_ms=moved)


def test_it_begins_where_most_recorders_have_a_picture() -> None:
    lanes = [lane(1, part(0, 10_000)), lane(2, part(3_000, 4_000)), lane(3, part(5_000, 20_000))]
    assert begin_of(lanes, None) == 5_000
    assert begin_of(lanes, 1_234) == 1_234
    assert begin_of(lanes, 10**9) == 25_000
    assert begin_of([], None) == 0


def test_what_was_moved_by_hand_moves_the_span() -> None:
    lanes = [lane(1, part(0, 10_000)), lane(2, part(0, 10_000), moved=-2_500)]
    assert (span_of(lanes).begin_ms, span_of(lanes).end_ms) == (-2_500, 10_000)
    assert begin_of(lanes, None) == 0


def test_a_lane_is_drawn_to_scale_and_the_shortest_clip_is_seen() -> None:
    both = lane(1, part(0, 5_000), part(9_999, 1))
    bars = span_of([both]).bars(both)
    assert [(bar.x, bar.width) for bar in bars] == [(0.0, 500.0), (999.9, 2.0)]


def test_clips_of_one_lane_lie_one_after_the_other() -> None:
    first = part(0, 10_000)
    assert follows([first], part(10_000, 5_000))
    assert follows([first], part(9_500, 5_000))
    assert not follows([first], part(5_000, 1_500))
