"""The clock in the picture, read by the networks from pictures after H.264."""

from collections.abc import Sequence

import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFont

from ingest.media.quality import Finding
from ingest.media.quality.clock.look import ClockLook
from tests.media.quality.scenes import SECOND, Picture, compressed, noisy, street


def written(picture: Picture, text: str, *, left: int = 12, top: int = 10) -> Picture:
    """Write white letters with a black edge, 18 pixels high, as recorders do."""
    image = Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))
    font = ImageFont.load_default(18)
    ImageDraw.Draw(image).text(
        (left, top), text, (255, 255, 255), font, stroke_width=2, stroke_fill=(0, 0, 0)
    )
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def walk(texts: Sequence[str], *, top: int = 10) -> list[VideoFrame]:
    scenes = (noisy(street(n).astype(np.float32), sigma=2, seed=n) for n in range(len(texts)))
    return list(
        compressed(written(scene, text, top=top) for scene, text in zip(scenes, texts, strict=True))
    )


def looked(frames: Sequence[VideoFrame], *, start: str | None = None) -> ClockLook:
    look = ClockLook(start)
    for number, frame in enumerate(frames):
        look.see(number * 2 * SECOND, frame)
    return look


@pytest.fixture(scope="module")
def running() -> list[VideoFrame]:
    return walk([f"2026-11-20 18:20:{5 + 2 * n:02} 012345" for n in range(3)])


def test_a_clock_and_a_badge_are_read(running: list[VideoFrame]) -> None:
    look = looked(running)
    assert look.clock() == "2026-11-20 18:20:05 012345"
    assert look.clock_at_us() == 0


def test_a_clock_at_the_bottom_is_read() -> None:
    frames = walk([f"2026/11/20 18:20:{5 + 2 * n:02}" for n in range(3)], top=330)

    assert looked(frames).clock() == "2026-11-20 18:20:05"


def test_a_clip_that_starts_when_its_name_says_is_right(running: list[VideoFrame]) -> None:
    assert looked(running, start="20261120182005").findings(6 * SECOND) == []
    assert looked(running).findings(6 * SECOND) == []


def test_a_clip_whose_name_says_another_time_differs_throughout(running: list[VideoFrame]) -> None:
    look = looked(running, start="20261120192005")

    assert look.findings(6 * SECOND) == [Finding(code="clock_differs", from_us=0, to_us=6 * SECOND)]


def test_a_clock_that_stands_still_is_no_clock() -> None:
    assert looked(walk(["2026-11-20 18:20:05"] * 3), start="20200101000000").clock() is None


def test_pictures_without_a_clock_have_none() -> None:
    look = looked(walk([""] * 4), start="20261120182005")

    assert look.clock() is None
    assert look.findings(8 * SECOND) == []


def test_the_same_pictures_give_the_same_reading(running: list[VideoFrame]) -> None:
    assert looked(running).clock() == looked(running).clock()
