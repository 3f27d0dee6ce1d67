"""The order in which pictures are shown, from the counts in their slices.

H.264 8.2.1.1 and H.265 8.3.1 count alike: a few low bits in each slice, the rest from the pictures
that later ones refer to. What reorders by memory commands (H.264 8.2.1, operation 5) is not followed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.media.repair.nal import Slice

_MANY = 64  # pictures that may be missing of a short sequence


def places(slices: Sequence[Slice]) -> list[tuple[int, int]]:
    """Return for each picture at which place it is decoded and at which it is shown, never before.

    Places are counted in pictures. Where the counts leave one out, its place stays empty: it was
    lost, and what follows keeps its time.
    """
    periods = [list(_counts(period)) for period in _periods(slices)]
    step = _step(periods)
    shown, base = list[int](), 0
    for counts in periods:
        shown += [base + place for place in _shown(counts, step)]
        base = max(base + len(counts), max(shown) + 1)
    decoded = [index + empty for index, empty in enumerate(_empty_before(shown))]
    delay = max((a - b for a, b in zip(decoded, shown, strict=True)), default=0)
    return [(a, b + delay) for a, b in zip(decoded, shown, strict=True)]


def _empty_before(shown: list[int]) -> list[int]:
    """Return how many empty places lie before all that is shown from each picture on."""
    least, following = list[int](), max(shown, default=0)
    for place in reversed(shown):
        following = min(following, place)
        least.append(following)
    taken, empty, at, found = set(shown), 0, 0, list[int]()
    for end in reversed(least):
        while at < end:
            empty += at not in taken
            at += 1
        found.append(empty)
    return found


def _step(periods: list[list[int]]) -> int:
    """Return by how much most pictures' counts are apart: 1 or 2 as encoders count."""
    apart = Counter[int]()
    for counts in periods:
        ordered = sorted(counts)
        apart.update(b - a for a, b in pairwise(ordered))
    return max(1, apart.most_common(1)[0][0]) if apart else 1


def _shown(counts: list[int], step: int) -> list[int]:
    least = min(counts)
    spread = [(count - least) // step for count in counts]
    regular = all((count - least) % step == 0 for count in counts)
    if regular and len(set(spread)) == len(spread) and max(spread) < 2 * len(spread) + _MANY:
        return spread
    ranked = sorted(range(len(counts)), key=lambda index: (counts[index], index))
    ranks = [0] * len(counts)
    for place, index in enumerate(ranked):
        ranks[index] = place
    return ranks


def _periods(slices: Sequence[Slice]) -> Iterator[Sequence[Slice]]:
    starts = [index for index, one in enumerate(slices) if index == 0 or one.reset]
    for start, end in pairwise([*starts, len(slices)]):
        yield slices[start:end]


def _counts(period: Sequence[Slice]) -> Iterator[int]:
    if all(not one.wrap and one.anchor and one.number is not None for one in period):
        yield from _numbers(period)
        return
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


def _numbers(period: Sequence[Slice]) -> Iterator[int]:
    """Yield the numbers of pictures that are shown as they are decoded, each of them numbered."""
    turns = last = 0
    for one in period:
        number = one.number or 0
        turns += one.number_wrap if number < last else 0
        last = number
        yield turns + number
