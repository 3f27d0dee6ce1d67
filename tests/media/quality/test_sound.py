"""What is said about sound, and what is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ingest.media.quality import Finding, SoundLook
from tests.media.quality.scenes import RATE, SECOND, Loudness, Sound, sound


def found(samples: Sound, *, piece: int = 4096, rate: int = RATE) -> list[Finding]:
    look, count = SoundLook(), samples.shape[1]
    for first in range(0, count, piece):
        look.hear(first * SECOND // rate, samples[:, first : first + piece], rate)
    return look.findings(count * SECOND // rate)


@pytest.mark.parametrize("kind", ["speech", "hiss"])
def test_nothing_is_said_about_speech_or_a_quiet_room(kind: Loudness) -> None:
    assert found(sound(kind, 15)) == []


@pytest.mark.parametrize("kind", ["off", "stuck"])
def test_a_dead_microphone_is_silent_from_where_it_died(kind: Loudness) -> None:
    samples = np.concatenate((sound("speech", 3), sound(kind, 11), sound("speech", 2)), axis=1)

    assert found(samples) == [Finding(code="silent", from_us=3 * SECOND, to_us=14 * SECOND)]


def test_nine_seconds_of_silence_are_a_pause() -> None:
    samples = np.concatenate((sound("speech", 3), sound("off", 9), sound("speech", 2)), axis=1)

    assert found(samples) == []


def test_one_channel_that_hears_is_enough() -> None:
    samples = np.concatenate((sound("off", 12), sound("speech", 12)), axis=0)

    assert found(samples) == []


def test_silence_is_not_said_across_a_gap() -> None:
    look, quiet = SoundLook(), sound("off", 6)
    look.hear(0, quiet, RATE)
    look.hear(8 * SECOND, quiet, RATE)

    assert look.findings(14 * SECOND) == []


def test_sound_cut_at_full_scale_is_clipped_where_it_is() -> None:
    shout = np.clip(sound("speech", 2) * 12, -1, 1)
    samples = np.concatenate((sound("speech", 3), shout, sound("speech", 3)), axis=1)

    (finding,) = found(samples)

    assert finding.code == "clipped"
    assert abs(finding.from_us - 3 * SECOND) <= SECOND
    assert abs(finding.to_us - 5 * SECOND) <= SECOND


def test_a_knock_is_not_clipping() -> None:
    samples = sound("speech", 5)
    samples[:, 2 * RATE : 2 * RATE + 300] = 1.0  # 6 ms, 0.6 % of a second

    assert found(samples) == []


@given(cut=st.integers(1, 3 * RATE), piece=st.integers(1000, 3 * RATE))
@settings(max_examples=20, deadline=None)
def test_the_pieces_make_no_difference(cut: int, piece: int) -> None:
    samples = np.concatenate((sound("speech", 2), sound("off", 11)), axis=1)[:, cut:]

    assert found(samples, piece=piece) == found(samples)


@given(
    samples=arrays(np.float32, st.tuples(st.integers(0, 3), st.integers(0, 4000))),
    at_us=st.integers(-(2**62), 2**62),
    rate=st.integers(-5, 200_000),
)
@settings(max_examples=100, deadline=None)
def test_any_sound_is_listened_to(samples: Sound, at_us: int, rate: int) -> None:
    look = SoundLook()
    for _ in range(3):
        look.hear(at_us, samples, rate)

    assert all(finding.from_us <= finding.to_us for finding in look.findings(2**62))
