"""Looks for a running clock in a clip's pictures, at bounded cost, and compares it with the clip's own start.

At most two pictures are searched where there is none; where there is one, its place is read again in two to four
more. A clock counts only where it advances with the clip: a date on a wall does not, and hardly a misreading.
"""

import numpy as np
from av.video.frame import VideoFrame

from ingest.media.quality.clock import reader
from ingest.media.quality.clock.reader import Box, Picture
from ingest.media.quality.clock.reading import (
    Reading,
    RunningClock,
    agreed,
    differs,
    may_be_part,
    parse,
)
from ingest.media.quality.finding import Finding

_SECOND = 1_000_000
_SEARCHES = (0, 5 * _SECOND)  # how long after the last one a picture is searched
_READINGS = 5
_WIDEST = 1920  # pixels: larger pictures are read at this width
_LINE_WIDTHS = 9  # heights of a line, about as wide as a clock


class ClockLook:
    """Is shown pictures of one clip, in order.

    Args:
        start: the clip's start as its name says it, or None where nothing but the picture tells.
    """

    def __init__(self, start: str | None) -> None:
        self._start = start
        self._searches = 0
        self._tries = 0
        self._last_us = 0
        self._place: tuple[bool, Box] | None = None  # at the top, and where in that band
        self._readings: list[Reading] = []
        self._clock: RunningClock | None = None

    def see(self, at_us: int, frame: VideoFrame) -> None:
        """Look at one picture, if it is needed."""
        if self._clock is not None:
            return
        if self._place is None:
            due = self._searches < len(_SEARCHES) and (
                not self._searches or at_us - self._last_us >= _SEARCHES[self._searches]
            )
            if due:
                self._searches, self._last_us = self._searches + 1, at_us
                self._search(at_us, frame)
        elif at_us - self._last_us >= _SECOND and self._tries < _READINGS:
            self._tries, self._last_us = self._tries + 1, at_us
            top, box = self._place
            band = _band(frame, top=top)
            # digits differ in width, and the place was measured on one picture
            texts = (reader.read(band, place) for place in (box, _wider(box)))
            read = (parse(text, at_us=at_us) for text in texts)
            self._keep(next((reading for reading in read if reading is not None), None))

    def clock(self) -> str | None:
        """Return the clock as it was first read, or None where there is none that runs."""
        return self._clock.text if self._clock is not None else None

    def clock_at_us(self) -> int | None:
        """Return the time in the clip of the picture in which the clock was first read."""
        return self._clock.at_us if self._clock is not None else None

    def findings(self, end_us: int) -> list[Finding]:
        """Return whether the clock contradicts the clip's own start."""
        if self._clock is None or self._start is None or not differs(self._clock, self._start):
            return []
        return [Finding(code="clock_differs", from_us=0, to_us=max(0, end_us))]

    def _search(self, at_us: int, frame: VideoFrame) -> None:
        for top in (True, False):
            band = _band(frame, top=top)
            for found in reader.find(band):
                for box in (found, _wider(found)):
                    text = reader.read(band, box)
                    reading = parse(text, at_us=at_us)
                    if reading is not None:
                        self._place = (top, box)
                        self._keep(reading)
                        return
                    if not may_be_part(text):
                        break

    def _keep(self, reading: Reading | None) -> None:
        if reading is not None:
            self._readings.append(reading)
            self._clock = agreed(self._readings)


def _band(frame: VideoFrame, *, top: bool) -> Picture:
    """Return the upper or lower part, where recorders write: a quarter, of small pictures up to a third."""
    width = min(_WIDEST, frame.width)
    height = max(8, frame.height * width // frame.width)
    picture = frame.reformat(width=width, height=height, format="bgr24", interpolation="AREA")
    rows = min(height // 3, max(height // 4, 160))
    pixels = picture.to_ndarray()
    return np.ascontiguousarray(pixels[:rows] if top else pixels[height - rows :])


def _wider(box: Box) -> Box:
    """Return the place with as much on both sides as a clock is wide: only a piece of it was found."""
    more = _LINE_WIDTHS * box.height
    return Box(left=box.left - more, top=box.top, right=box.right + more, bottom=box.bottom)
