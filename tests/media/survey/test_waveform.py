"""The outline of a clip's sound."""

import json
from typing import Any

import numpy as np
import pytest

from ingest.media.survey.waveform import MOST, WaveformMaker

SECOND = 1_000_000


def outline(maker: WaveformMaker) -> dict[str, Any]:
    """The document of a maker that heard something."""
    made = maker.finish()
    assert made is not None
    found: dict[str, Any] = json.loads(made.json)
    assert made.json == json.dumps(found, sort_keys=True, separators=(",", ":"))
    return found


def test_a_tone_has_its_height_where_it_sounds_and_nowhere_else(survey: Any) -> None:
    document = json.loads(survey("beep.wav")["waveform"]["json"])

    assert (document["format"], document["rate"], document["channels"]) == (1, 20_000, 2)
    assert len(document["points"]) == 60
    assert document["points"][:20] == [[0, 0]] * 20
    assert all(low == -64 and high == 64 for low, high in document["points"][20:40])
    assert document["points"][40:] == [[0, 0]] * 20
    assert document["silent"] is False


def test_sound_next_to_a_picture_is_at_the_same_place(survey: Any) -> None:
    answer = survey("clock.mp4")
    document = json.loads(answer["waveform"]["json"])

    loud = [number for number, (low, high) in enumerate(document["points"]) if high - low > 64]
    assert (loud[0], loud[-1]) in {(20, 39), (19, 40), (20, 40), (19, 39)}  # AAC blurs by 20 ms
    assert len(document["points"]) in {120, 121}


def test_what_nobody_can_hear_is_silent(survey: Any) -> None:
    document = json.loads(survey("quiet.wav")["waveform"]["json"])

    assert document["silent"] is True


def test_a_clip_without_sound_has_no_waveform(survey: Any) -> None:
    assert survey("one-key.mp4", strip=False)["waveform"] is None


def test_more_channels_than_can_be_read_are_left_out(survey: Any) -> None:
    assert survey("eight.m4a")["waveform"] is None


def test_a_day_of_sound_is_no_more_points_than_are_allowed() -> None:
    maker = WaveformMaker(end_us=10**12)
    loud = np.full((1, 8 * 60), 0.5, dtype=np.float32)
    for minute in range(24 * 60):
        maker.hear(minute * 60 * SECOND, loud if minute == 600 else loud * 0, 8)

    document = outline(maker)
    assert document["rate"] == 25
    assert len(document["points"]) == 24 * 3600 * 25 // 1000 <= MOST
    high = [number for number, point in enumerate(document["points"]) if point[1]]
    assert high == [900, 901]  # a point is 40 s: the minute is one and a half


def test_neighbours_that_are_joined_keep_their_extremes() -> None:
    maker = WaveformMaker(end_us=10**12)
    one = np.zeros((2, 1000), dtype=np.float32)
    one[0, 10], one[1, 990] = -1.0, 1.0
    for second in range(500):
        maker.hear(second * SECOND, one, 1000)

    document = outline(maker)
    assert document["rate"] == 10_000
    assert document["points"][:10] == [[-128, 0], *[[0, 0]] * 8, [0, 127]]
    assert document["points"][-1] == [0, 127]


def test_sound_that_claims_to_be_after_the_end_of_the_clip_is_left_out() -> None:
    maker = WaveformMaker(end_us=2 * SECOND)
    piece = np.full((1, 100), 0.25, dtype=np.float32)
    maker.hear(0, piece, 100)
    maker.hear(2**40, piece, 100)
    maker.hear(-SECOND // 2, piece * 2, 100)  # half of it is before the clip begins

    document = outline(maker)
    assert document["points"] == [[32, 64]] * 10 + [[32, 32]] * 10


@pytest.mark.parametrize("rate", [1, 7, 11_025, 44_100])
def test_every_rate_of_samples_fills_its_seconds(rate: int) -> None:
    maker = WaveformMaker(end_us=10**12)
    for second in range(3):
        maker.hear(second * SECOND, np.full((1, rate), 0.5, dtype=np.float32), rate)

    points = outline(maker)["points"]
    assert len(points) == (60 if rate > 20 else 20 * (3 * rate - 1) // rate + 1)
    assert max(high for _, high in points) == 64
    assert rate < 20 or points == [[64, 64]] * 60


def test_sound_that_is_no_number_is_drawn_as_nothing() -> None:
    maker = WaveformMaker(end_us=10**12)
    maker.hear(0, np.array([[np.nan, np.inf, -np.inf, 5.0]], dtype=np.float32), 4)

    for low, high in outline(maker)["points"]:
        assert -128 <= low <= high <= 127
