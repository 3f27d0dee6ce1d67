"""The order in which pictures are shown, from the counts in their slices.

H.264 8.2.1.1 and H.265 8.3.1 count alike: a few low bits in each slice, the rest from the pictures
that later ones refer to. What reorders by memory commands (H.264 8.2.1, operation 5) is not followed.
"""

from collections.abc import Iterator, Sequence

from ingest.media.repair.nal import Slice


def shifts(slices: Sequence[Slice]) -> list[int]:
    """Return how many pictures later each picture is shown than decoded, none of them negative.

    All are late by the same least number, as a decoder needs it.
    """
    found = list[int]()
    for period in _periods(slices):
        counts = list(_counts(period))
        shown = sorted(range(len(period)), key=lambda index: (counts[index], index))
        places = [0] * len(period)
        for place, index in enumerate(shown):
            places[index] = place
        found += [place - index for index, place in enumerate(places)]
    delay = -min(found, default=0)
    return [shift + delay for shift in found]


def _periods(slices: Sequence[Slice]) -> Iterator[Sequence[Slice]]:
    starts = [index for index, one in enumerate(slices) if index == 0 or one.reset]
    for start, end in zip(starts, [*starts[1:], len(slices)], strict=True):
        yield slices[start:end]


def _counts(period: Sequence[Slice]) -> Iterator[int]:
    high = low = 0
    for index, one in enumerate(period):
        if not one.wrap:
            yield index
            continue
        if one.reset:
            high = low = 0
        turned = 0
        if low - one.count >= one.wrap // 2:
            turned = one.wrap
        elif one.count - low > one.wrap // 2:
            turned = -one.wrap
        if one.anchor:
            high, low = high + turned, one.count
            yield high + low
        else:
            yield high + turned + one.count
