"""Which pictures make a strip."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.media.survey import allowance
from ingest.media.survey.choosing import TILES, choose

SECOND = 1_000_000


def facts(
    *, keys: list[int] | None, count: int, each: int = 40, **more: object
) -> dict[str, object]:
    """A clip of pictures of `each` milliseconds, 100 x 100 pixels."""
    return {
        "measured_us": count * each * 1000,
        "streams": [{"index": 0, "width": 100, "height": 100}],
        "frames": {
            "stream": 0,
            "time_base": "1/1000",
            "first": 7,
            "runs": [[count, each]],
            "count": count,
            "keys": keys,
        },
        **more,
    }


def test_every_key_frame_of_a_short_clip_is_a_tile() -> None:
    choice = choose(facts(keys=[0, 50, 100, 150], count=200))

    assert choice.keys == frozenset({0, 1, 2, 3})
    assert not choice.between


def test_a_long_clip_has_a_hundred_tiles_spread_over_its_time() -> None:
    # half an hour, a key frame every two seconds, as in a body-worn recorder
    choice = choose(facts(keys=list(range(0, 45_000, 50)), count=45_000))

    assert choice.keys is not None
    chosen = sorted(choice.keys)
    assert len(chosen) == TILES
    assert (chosen[0], chosen[-1]) == (0, 899)
    assert max(b - a for a, b in itertools.pairwise(chosen)) == 10


def test_tiles_are_spread_over_time_and_not_over_key_frames() -> None:
    # all pictures of the first second are key frames, later one every two seconds
    keys = [*range(25), *range(50, 5000, 50)]
    choice = choose(facts(keys=keys, count=5000), tiles=20)

    assert choice.keys is not None
    assert sum(number < 25 for number in choice.keys) <= 2
    assert len(choice.keys) >= 19


def test_where_pictures_last_differently_their_own_times_count() -> None:
    slow = facts(keys=list(range(0, 600, 10)), count=600, measured_us=510 * SECOND)
    frames = slow["frames"]
    assert isinstance(frames, dict)
    frames["runs"] = [[500, 20], [100, 5000]]  # ten seconds, then five hundred
    choice = choose(slow, tiles=10)

    assert choice.keys is not None
    assert sum(number >= 50 for number in choice.keys) >= 8


def test_pictures_between_key_frames_are_taken_where_there_are_few_and_it_is_cheap() -> None:
    few = choose(facts(keys=[0, 250], count=500))
    assert (few.between, few.keys) == (True, None)
    assert few.every_us == SECOND

    large = facts(keys=[0, 250], count=500)
    large["streams"] = [{"index": 0, "width": 3840, "height": 2160}]
    assert choose(large).keys == frozenset({0, 1})


def test_a_clip_without_key_frames_is_decoded_as_it_comes() -> None:
    assert choose(facts(keys=[], count=50)).between


def test_tiles_are_no_closer_than_anybody_can_point() -> None:
    choice = choose(
        facts(keys=list(range(1000)), count=1000)
    )  # 40 s of pictures that are all key frames

    assert choice.keys is not None
    assert len(choice.keys) == TILES

    short = choose(facts(keys=list(range(250)), count=250))
    assert short.keys is not None
    assert len(short.keys) == 25


def test_huge_pictures_are_fewer_and_still_spread_over_the_clip() -> None:
    huge = facts(keys=list(range(1000)), count=1000)
    huge["streams"] = [{"index": 0, "width": 16_000, "height": 6_000}]
    choice = choose(huge)

    assert choice.keys is not None
    assert len(choice.keys) == 15
    assert max(choice.keys) == 999


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"frames": None, "measured_us": -5},
        {"frames": {"keys": "all", "runs": 3}},
        {"frames": {"keys": [3, -1], "runs": []}},
        {"frames": {"keys": [1, 5], "runs": [[2], "x", [1, 2, 3], [-4, 2]], "count": None}},
        {"frames": {"keys": [0, 9**15], "runs": [[9**14, 9**14]]}, "streams": [None, {}]},
    ],
)
def test_facts_that_are_none_give_a_plan_all_the_same(nonsense: dict[str, object]) -> None:
    choice = choose(nonsense, tiles=10_000)

    assert 1 <= choice.tiles <= TILES
    assert choice.every_us >= 400_000
    assert choice.keys is None or len(choice.keys) <= TILES


def test_a_long_clip_may_take_longer_and_a_lie_about_the_length_not_for_ever() -> None:
    assert allowance({}) == 60
    assert allowance({"measured_us": 1800 * SECOND}) == 150
    assert allowance({"duration_us": 2**62}) < 3 * 3600


def _json() -> st.SearchStrategy[object]:
    small = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    return st.recursive(
        small, lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=5), one)
    )


def _frames() -> st.SearchStrategy[object]:
    numbers = st.lists(st.integers(min_value=0), max_size=200)
    members = {
        "stream": st.integers(0, 2) | _json(),
        "runs": st.lists(st.lists(st.integers(), min_size=2, max_size=2)) | _json(),
        "count": st.integers() | _json(),
        "keys": numbers | _json(),
    }
    return st.fixed_dictionaries({}, optional=members) | _json()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "measured_us": st.integers() | _json(),
            "duration_us": st.integers() | _json(),
            "streams": _json(),
            "frames": _frames(),
        },
    )
)
def test_any_facts_give_a_bounded_plan(found: dict[str, object]) -> None:
    choice = choose(found)

    assert choice.every_us >= 400_000
    assert choice.keys is None or 1 <= len(choice.keys) <= TILES
    assert 60 <= allowance(found) < 3 * 3600
