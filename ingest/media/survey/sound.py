"""Decoded sound in pieces of a second, as numbers between -1 and 1, each with its place in the clip.

Packets of sound are short; listeners are faster with a second at once. Says nothing about what it hears. Child only.
Sound of more than `_CHANNELS` channels is left out.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame

from ingest.media.survey.waveform import Samples

_MICRO: Final = 1_000_000
_TOLERATED: Final = (
    50_000  # microseconds between where sound should go on and where it says that it does
)
# PyAV 18.1 counts a frame's planes up to a null pointer, which from eight on is not there: it reads on behind them.
_CHANNELS: Final = 7
_SCALES: Final = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}

Hear = Callable[[int, Samples, int], None]


class SoundPieces:
    """Joins the frames of one sound track and hands them on.

    Args:
        listeners: called with the place in microseconds, channels by samples, samples a second.
        zero_us: the stream's time at which the clip begins.
    """

    def __init__(self, listeners: tuple[Hear, ...], *, zero_us: int) -> None:
        self._listeners = listeners
        self._zero_us = zero_us
        self._frames: list[AudioFrame] = []
        self._samples = 0  # in them
        self._at_us = 0  # of the first one

    def take(self, frame: AudioFrame) -> None:
        """Take the next frame; one of a kind that nobody can read is left out."""
        if frame.samples <= 0 or frame.sample_rate <= 0 or _kind(frame) not in _SCALES:
            return
        if not 0 < frame.layout.nb_channels <= _CHANNELS:
            return
        at_us = self._place(frame)
        if self._frames and not self._follows(at_us, frame):
            self.flush()
        if not self._frames:
            self._at_us = at_us
        self._frames.append(frame)
        self._samples += frame.samples
        if self._samples >= frame.sample_rate:
            self.flush()

    def flush(self) -> None:
        """Hand on what is there."""
        frames, self._frames = self._frames, []
        count, self._samples = self._samples, 0
        if not frames:
            return
        at_us, rate = self._at_us, frames[0].sample_rate
        self._at_us += count * _MICRO // rate
        samples = _floats(frames)
        for hear in self._listeners:
            hear(at_us, samples, rate)

    def _place(self, frame: AudioFrame) -> int:
        if frame.pts is None or not frame.time_base:
            return self._expected()
        return int(frame.pts * frame.time_base * _MICRO) - self._zero_us

    def _expected(self) -> int:
        if not self._frames:
            return self._at_us
        return self._at_us + self._samples * _MICRO // self._frames[0].sample_rate

    def _follows(self, at_us: int, frame: AudioFrame) -> bool:
        last = self._frames[-1]
        return (
            abs(at_us - self._expected()) <= _TOLERATED
            and frame.sample_rate == last.sample_rate
            and frame.format.name == last.format.name
            and frame.layout.nb_channels == last.layout.nb_channels
        )


def _floats(frames: list[AudioFrame]) -> Samples:
    arrays = [frame.to_ndarray() for frame in frames]
    joined = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=1)
    if not frames[0].format.is_planar:
        joined = joined.reshape(-1, frames[0].layout.nb_channels).T
    scale = np.float32(_SCALES[_kind(frames[0])])
    floats: Samples = joined.astype(np.float32, copy=False)
    if joined.dtype.kind == "u":
        floats = floats - scale
    return floats if scale == 1 else floats / scale


def _kind(frame: AudioFrame) -> str:
    return frame.format.name.removesuffix("p")  # planar or not
