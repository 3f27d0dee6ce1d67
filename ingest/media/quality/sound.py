"""Listens to a clip's sound: silence, and samples that stand at full scale.

Given sound in pieces of any length, in order; keeps a tenth of a second of it. Says nothing about a clip without a
sound track: that is in the media facts. Needs numpy: child process only.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

from ingest.media.quality.finding import Finding, bounded
from ingest.media.quality.thresholds import SOUND

_MICRO = 1_000_000
_WINDOWS = 10  # a second
_MAX_CHANNELS = 64

_Samples = npt.NDArray[np.float32]


class SoundLook:
    """Is given the sound of one clip and says what is wrong with it."""

    def __init__(self) -> None:
        self._rate = 0
        self._kept: _Samples = np.zeros((0, 0), dtype=np.float32)
        self._at_us = 0  # of the first sample that is kept
        self._silence = _Silence()
        self._clipping = _Clipping()

    def hear(self, at_us: int, samples: _Samples, rate: int) -> None:
        """Listen to one piece: channels by samples, between -1 and 1, `rate` samples a second."""
        if samples.ndim != 2 or not samples.size or rate < _WINDOWS:
            return
        samples = samples[:_MAX_CHANNELS]
        if not self._follows(at_us, samples, rate):
            self._pause()
            self._rate, self._at_us, self._kept = rate, at_us, samples[:, :0]
        length = rate // _WINDOWS
        self._kept = np.concatenate((self._kept, samples), axis=1)
        whole = self._kept.shape[1] // length
        if whole:
            self._listen(self._kept[:, : whole * length].reshape(-1, whole, length))
        self._kept = self._kept[:, whole * length :].copy()
        self._at_us += whole * length * _MICRO // rate

    def findings(self, end_us: int) -> list[Finding]:
        """Return what was wrong, where the clip ends at `end_us`."""
        self._pause()
        found = [*self._silence.found, *self._clipping.found]
        return bounded(
            Finding(code=f.code, from_us=min(f.from_us, end_us), to_us=min(f.to_us, end_us))
            for f in found
        )

    def _follows(self, at_us: int, samples: _Samples, rate: int) -> bool:
        """Whether the piece goes on where the last one ended: silence is not said across a gap."""
        if rate != self._rate or samples.shape[0] != self._kept.shape[0]:
            return False
        expected = self._at_us + self._kept.shape[1] * _MICRO // rate
        return bool(abs(at_us - expected) < _MICRO // _WINDOWS)

    def _pause(self) -> None:
        self._silence.end()
        self._clipping.end()

    def _listen(self, windows: _Samples) -> None:
        """Measure channels by windows by samples."""
        count, length = windows.shape[1:]
        sane = np.nan_to_num(windows, nan=0.0, posinf=1.0, neginf=-1.0)
        # a dead microphone may stand at a constant voltage: what counts is the deviation from it
        levels = sane.std(axis=2, dtype=np.float64).max(axis=0)
        full = (np.abs(sane) >= SOUND.full_scale).sum(axis=2).max(axis=0)
        for index in range(count):
            from_us = self._at_us + index * length * _MICRO // self._rate
            to_us = self._at_us + (index + 1) * length * _MICRO // self._rate
            self._silence.hear(from_us, to_us, quiet=bool(levels[index] < SOUND.silent_level))
            self._clipping.hear(from_us, to_us, share=float(full[index]) / length)


class _Silence:
    """Rows of windows in which every channel is quiet."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._since: int | None = None
        self._to = 0

    def hear(self, from_us: int, to_us: int, *, quiet: bool) -> None:
        if not quiet:
            self.end()
            return
        self._since = from_us if self._since is None else self._since
        self._to = to_us

    def end(self) -> None:
        since, self._since = self._since, None
        if since is not None and self._to - since >= SOUND.silent_us:
            self.found.append(Finding(code="silent", from_us=since, to_us=self._to))


class _Clipping:
    """Seconds in which one channel stands at full scale too often; overlapping ones are one."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._second: deque[tuple[int, float]] = deque(maxlen=_WINDOWS)

    def hear(self, from_us: int, to_us: int, *, share: float) -> None:
        self._second.append((from_us, share))
        if sum(share for _, share in self._second) < SOUND.clipped_share * _WINDOWS:
            return
        if len(self._second) < _WINDOWS:
            return
        since = self._second[0][0]
        if self.found and since <= self.found[-1].to_us:
            # pieces may lie over one another in a damaged clip
            before = self.found.pop()
            since, to_us = min(since, before.from_us), max(to_us, before.to_us)
        self.found.append(Finding(code="clipped", from_us=since, to_us=to_us))

    def end(self) -> None:
        self._second.clear()
