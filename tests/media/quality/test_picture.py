"""What is said about pictures, and what is not."""

from collections.abc import Iterable

import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.quality import Finding, PictureLook
from ingest.media.quality.finding import MAX_FINDINGS, Look, Persistence, bounded, joined
from tests.media.quality.scenes import SECOND, compressed, frame, spoilt

LOOKS = 8


def found(frames: Iterable[VideoFrame], *, every_us: int = SECOND) -> list[Finding]:
    look, end_us = PictureLook(), 0
    for shown in frames:
        look.see(end_us, shown)
        end_us += every_us
    return look.findings(end_us)


@pytest.mark.parametrize("kind", ["good", "table", "wall"])
def test_nothing_is_said_about_a_walk_a_table_or_a_wall(kind: str) -> None:
    assert found(compressed(spoilt(kind, number) for number in range(LOOKS))) == []


@pytest.mark.parametrize("kind", ["black", "covered", "dark", "blurred"])
def test_a_fault_that_lasts_is_found_from_its_first_to_its_last_picture(kind: str) -> None:
    kinds = ["good"] * 2 + [kind] * 4 + ["good"] * 2

    findings = found(compressed(spoilt(kind, number) for number, kind in enumerate(kinds)))

    assert findings == [Finding(code=kind, from_us=2 * SECOND, to_us=6 * SECOND)]


@pytest.mark.parametrize("kind", ["black", "covered", "dark", "blurred"])
def test_a_single_picture_is_no_finding(kind: str) -> None:
    kinds = ["good"] * 3 + [kind] + ["good"] * 3

    assert found(compressed(spoilt(kind, number) for number, kind in enumerate(kinds))) == []


def test_a_clip_of_one_picture_is_judged_by_it() -> None:
    assert found([frame(spoilt("black", 0))]) == [Finding(code="black", from_us=0, to_us=SECOND)]


def test_a_picture_that_stands_still_under_a_running_clock_is_frozen() -> None:
    kinds = ["good"] + ["frozen"] * 7 + ["good"]

    findings = found(compressed(spoilt(kind, number) for number, kind in enumerate(kinds)))

    assert findings == [Finding(code="frozen", from_us=SECOND, to_us=7 * SECOND)]


def test_four_seconds_of_the_same_picture_are_not_frozen() -> None:
    kinds = ["good"] + ["frozen"] * 5 + ["good"]

    assert found(compressed(spoilt(kind, number) for number, kind in enumerate(kinds))) == []


def test_what_moves_before_a_drawn_background_is_not_frozen() -> None:
    def drawn(number: int) -> VideoFrame:
        picture = np.full((360, 640, 3), 90, np.uint8)
        picture[::8, ::8] = 200
        picture[100:220, 60 * number : 60 * number + 80] = 250  # a twenty-fourth of it
        return frame(picture)

    assert found(drawn(number) for number in range(LOOKS)) == []


def test_a_black_picture_is_not_called_frozen_as_well() -> None:
    findings = found(compressed(spoilt("black", number) for number in range(LOOKS)))

    assert [finding.code for finding in findings] == ["black"]


def test_pictures_of_changing_size_are_compared_with_nothing() -> None:
    frames = [frame(np.full((64 + 2 * i, 64, 3), 120, np.uint8)) for i in range(LOOKS)]

    assert "frozen" not in {finding.code for finding in found(frames)}


@pytest.mark.parametrize("size", [(2, 2), (2, 4000), (4000, 2), (8, 8)])
def test_odd_sizes_are_looked_at(size: tuple[int, int]) -> None:
    picture = np.zeros((*size, 3), np.uint8)

    assert found([frame(picture)]) == [Finding(code="black", from_us=0, to_us=SECOND)]


@given(
    codes=st.lists(st.sampled_from(["black", "dark", None]), max_size=40),
    looks=st.integers(1, 5),
    span=st.integers(0, 9),
    end=st.integers(0, 60),
)
@settings(max_examples=200, deadline=None)
def test_findings_are_rows_of_equal_looks_within_the_clip(
    codes: list[str | None], looks: int, span: int, end: int
) -> None:
    seen = [Look(at_us=at, code=code) for at, code in enumerate(codes)]

    found = list(joined(seen, "black", Persistence(looks=looks, span_us=span), end))

    for finding in found:
        inside = codes[finding.from_us : max(finding.to_us, finding.from_us + 1)]
        assert set(inside) == {"black"}
        assert finding.to_us <= max(end, len(codes))
    assert sorted(found, key=lambda f: f.from_us) == found


def test_too_many_findings_leave_the_longest_in_the_order_of_time() -> None:
    many = [Finding(code="silent", from_us=i * 100, to_us=i * 100 + i) for i in range(500)]

    kept = bounded(reversed(many))

    assert kept == many[-MAX_FINDINGS:]
