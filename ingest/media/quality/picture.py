"""Looks at single pictures of a clip: covered lens, black, dark, frozen, blurred.

Everything is measured on a grey picture of at most `_LONG` pixels, in blocks, and judged by most of the blocks: the
clock that recorders write into the picture is sharp, bright and moving in front of a covered lens too. What is wrong
for one look only is not said. Needs OpenCV: child process only.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from ingest.media.quality.finding import Finding, Look, Persistence, bounded, joined
from ingest.media.quality.thresholds import PICTURE

_LONG = 640  # pixels of the longer side that is measured
_GRID = 32  # blocks along it: 20 pixels each
_MAX_LOOKS = 4096  # remembered; a strip has at most a hundred
_SECOND = 1_000_000

_PERSISTENCE = {
    "black": Persistence(looks=2, span_us=_SECOND),
    "covered": Persistence(looks=2, span_us=2 * _SECOND),
    "dark": Persistence(looks=2, span_us=2 * _SECOND),
    "blurred": Persistence(looks=3, span_us=3 * _SECOND),
}
_FROZEN = Persistence(looks=3, span_us=5 * _SECOND)

_Grey = npt.NDArray[np.uint8]
_Luma = npt.NDArray[np.float32]

cv2.setNumThreads(1)  # threads cost address space, of which the child has 1.5 GiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One picture in numbers; luma from 0 (black) to 255.

    Attributes:
        bright: mean luma of the block that is brighter than nine tenths of all.
        middle: mean luma of the middle block.
        texture: standard deviation of luma in the block that has more of it than nine tenths of all, noise taken off.
        sharpness: energy of fine detail over that of coarse detail, in the blocks with the most coarse detail.
    """

    bright: float
    middle: float
    texture: float
    sharpness: float


class PictureLook:
    """Is shown pictures of one clip, in order, and says what is wrong with them.

    Remembers numbers and one small picture, never frames.
    """

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._blurs: list[Look] = []
        self._still_since: int | None = None
        self._still_to = 0
        self._still_looks = 0
        self._last: tuple[int, _Grey] | None = None
        self._frozen: list[Finding] = []

    def see(self, at_us: int, frame: VideoFrame) -> None:
        """Look at one picture; one that is out of order is left out."""
        if len(self._looks) >= _MAX_LOOKS or (self._looks and at_us < self._looks[-1].at_us):
            return
        measured = measure(small(frame))
        code = light(measured)
        self._looks.append(Look(at_us=at_us, code=code))
        soft = code is None and is_blurred(measured)
        self._blurs.append(Look(at_us=at_us, code="blurred" if soft else None))
        # a covered lens and a black picture stand still as well: one word for one thing
        self._compare(at_us, sampled(frame), still_counts=code is None)

    def findings(self, end_us: int) -> list[Finding]:
        """Return what was wrong, where the clip ends at `end_us`."""
        self._close()
        found = [*self._frozen]
        for code, wanted in _PERSISTENCE.items():
            looks = self._blurs if code == "blurred" else self._looks
            found.extend(joined(looks, code, wanted, end_us))
        return bounded(found)

    def _compare(self, at_us: int, grey: _Grey, *, still_counts: bool) -> None:
        before, self._last = self._last, (at_us, grey)
        if not still_counts or before is None or not is_same(before[1], grey):
            self._close()
            return
        if self._still_since is None:
            self._still_since, self._still_looks = before[0], 1
        self._still_looks += 1
        self._still_to = at_us

    def _close(self) -> None:
        since, self._still_since = self._still_since, None
        if since is None or self._still_looks < _FROZEN.looks:
            return
        if self._still_to - since >= _FROZEN.span_us:
            self._frozen.append(Finding(code="frozen", from_us=since, to_us=self._still_to))


def small(frame: VideoFrame) -> _Grey:
    """Return the picture in grey, full range, at most `_LONG` pixels long, never enlarged."""
    return _grey(frame, interpolation="AREA")


def sampled(frame: VideoFrame) -> _Grey:
    """Return single pixels of the picture as they were: a mean would take the noise off."""
    return _grey(frame, interpolation="POINT")


def _grey(frame: VideoFrame, *, interpolation: str) -> _Grey:
    scale = min(1.0, _LONG / max(frame.width, frame.height))
    width, height = max(8, round(frame.width * scale)), max(8, round(frame.height * scale))
    grey = frame.reformat(width=width, height=height, format="gray", interpolation=interpolation)
    return np.asarray(grey.to_ndarray(), dtype=np.uint8)


def measure(grey: _Grey) -> Measured:
    """Return the numbers of one picture."""
    levels: list[_Luma] = [grey.astype(np.float32)]
    for _ in range(4):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), dtype=np.float32))
    calm = levels[2]
    mean = _blocks(calm)
    variance = np.maximum(_blocks(calm * calm) - mean * mean, 0)
    fine, coarse = _detail(levels, 1), _detail(levels, 3)
    size = (coarse.shape[1], coarse.shape[0])
    alike = np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    much = coarse >= np.quantile(coarse, 0.75)
    return Measured(
        bright=float(np.quantile(mean, 0.9)),
        middle=float(np.median(mean)),
        texture=float(np.sqrt(np.quantile(variance, 0.9))),
        sharpness=float(np.quantile(alike[much] / np.maximum(coarse[much], 0.01), 0.75)),
    )


def _detail(levels: list[_Luma], level: int) -> _Luma:
    """Return how much there is, block by block, of what is about 2 ** `level` pixels wide."""
    height, width = levels[level].shape
    wider = cv2.pyrUp(levels[level + 1], dstsize=(width, height))
    detail = levels[level] - wider
    return _blocks(np.asarray(detail * detail, dtype=np.float32))


def light(measured: Measured) -> str | None:
    """Return which of black, covered and dark the picture is, if any."""
    if measured.bright <= PICTURE.black_bright:
        return "black"
    if measured.texture <= PICTURE.covered_texture and measured.bright <= PICTURE.covered_bright:
        return "covered"
    if measured.bright <= PICTURE.dark_bright and measured.middle <= PICTURE.dark_middle:
        return "dark"
    return None


def is_blurred(measured: Measured) -> bool:
    """Whether even the parts with the most to see have no edges."""
    return measured.texture > PICTURE.blurred_texture and measured.sharpness < PICTURE.blurred


def is_same(before: _Grey, after: _Grey) -> bool:
    """Whether most pixels of two pictures are equal, and no more are far off than a clock in the picture changes.

    Between two pictures from a sensor hardly any two are equal.
    """
    if before.shape != after.shape:
        return False
    apart = cv2.absdiff(before, after)
    equal = before.size - np.count_nonzero(apart)
    moved = np.count_nonzero(apart > PICTURE.frozen_far)
    share = float(equal) / before.size
    return share >= PICTURE.frozen_equal and float(moved) / before.size <= PICTURE.frozen_moved


def _blocks(values: _Luma) -> _Luma:
    """Return the mean of each block."""
    height, width = values.shape
    longer = max(height, width)
    across, down = max(1, width * _GRID // longer), max(1, height * _GRID // longer)
    size = (min(across, width), min(down, height))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
