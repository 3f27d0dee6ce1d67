"""Pictures and sound for the tests of quality: a street of rectangles, and what goes wrong with it.

Everything comes from a seed. Frames carry a clock in a corner, as recorders draw it: what is behind it is judged all
the same.
"""

import functools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]
WIDTH, HEIGHT = 640, 360
RATE = 48_000
SECOND = 1_000_000


def street(number: int) -> Picture:
    """Return picture `number` of a walk along walls, windows and leaves."""
    return np.roll(_panorama(), -9 * number, axis=1)[:, :WIDTH].copy()


@functools.cache
def _panorama() -> Picture:
    random = np.random.default_rng(1)
    picture = np.full((HEIGHT, WIDTH * 2, 3), 150, np.uint8)
    for _ in range(150):
        x, y = int(random.integers(0, WIDTH * 2)), int(random.integers(0, HEIGHT))
        size = random.integers(6, HEIGHT // 3, 2)
        color = tuple(int(value) for value in random.integers(20, 250, 3))
        cv2.rectangle(picture, (x, y), (x + int(size[0]), y + int(size[1])), color, -1)
    leaves = random.normal(0, 25, (HEIGHT, WIDTH * 2, 1))
    leaves[:, :WIDTH] = 0
    return np.clip(picture + leaves, 0, 255).astype(np.uint8)


def noisy(picture: npt.NDArray[np.floating], *, sigma: float, seed: int) -> Picture:
    """Add a sensor's noise."""
    noise = np.random.default_rng(seed).normal(0, sigma, (*picture.shape[:2], 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@functools.cache
def spoilt(kind: str, number: int) -> Picture:
    """Return picture `number` of a clip with this fault. Not to be written to."""
    good = street(0 if kind in {"frozen", "table"} else number).astype(np.float32)
    if kind == "covered":  # a finger lets some light through, and no edge
        glow = cv2.GaussianBlur(cv2.resize(good, (64, 36)), (0, 0), 10)
        good = cv2.resize(glow, (WIDTH, HEIGHT)) * 0.12 + np.array([4, 6, 18], np.float32)
    elif kind == "blurred":
        good = np.asarray(cv2.GaussianBlur(good, (0, 0), WIDTH / 60), np.float32)
    else:
        light = {"black": 0.0, "wall": 0.0, "dark": 0.06}.get(kind, 1.0)
        good = good * light + (150 if kind == "wall" else 0)
    sigma = 0.0 if kind in {"black", "frozen"} else 2.0  # a sensor's noise; a table's goes on
    return clocked(noisy(good, sigma=sigma, seed=number), number)


def clocked(picture: Picture, number: int) -> Picture:
    """Draw a clock into a corner."""
    text = f"2026-11-20 18:20:{number % 60:02}"
    for color, thick in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.putText(picture, text, (12, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, color, thick)
    return picture


def frame(picture: Picture) -> VideoFrame:
    """Return a picture as decoders hand it out."""
    return VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")


def compressed(pictures: Iterable[Picture], *, crf: int = 28) -> Iterator[VideoFrame]:
    """Yield the pictures after H.264, each of them a key frame."""
    encoder = av.CodecContext.create("libx264", "w")
    decoder = av.CodecContext.create("h264", "r")
    encoder.width, encoder.height = WIDTH, HEIGHT
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1)
    encoder.options = {"crf": str(crf), "preset": "veryfast", "g": "1", "threads": "1"}
    for number, picture in enumerate(pictures):
        shown = frame(picture)
        shown.pts = number
        for packet in encoder.encode(shown):
            yield from decoder.decode(packet)
    for packet in encoder.encode(None):
        yield from decoder.decode(packet)
    yield from decoder.decode(None)


Loudness = Literal["speech", "hiss", "off", "stuck"]


def sound(kind: Loudness, seconds: float, *, channels: int = 1, seed: int = 7) -> Sound:
    """Return channels by samples."""
    random = np.random.default_rng(seed)
    count = int(seconds * RATE)
    made = {
        "speech": random.normal(0, 0.05, (channels, count)),
        "hiss": random.normal(0, 0.004, (channels, count)),
        "off": random.normal(0, 0.0002, (channels, count)),
        "stuck": random.normal(0, 0.0002, (channels, count)) + 0.3,
    }
    return made[kind].astype(np.float32)
