"""Movie fragments: how many samples a `moof` holds and how far they reach in the file.

ISO/IEC 14496-12, 8.8. Positions only; nothing is decoded.
"""

import struct

from ingest.media.boxes import children, number
from ingest.media.errors import BoxError

# 8.8.7.1, tfhd flags
_BASE_OFFSET, _DESCRIPTION, _DURATION, _SIZE = 0x1, 0x2, 0x8, 0x10
# 8.8.8.1, trun flags
_RUN_OFFSET, _RUN_FIRST_FLAGS, _RUN_DURATION = 0x1, 0x4, 0x100
_RUN_SIZE, _RUN_FLAGS, _RUN_COMPOSITION = 0x200, 0x400, 0x800


def read_trex(mvex: memoryview) -> dict[int, int]:
    """Return each track's default sample size."""
    # 8.8.3.2: version and flags, track_ID, description index, duration, size
    return {
        number(body, 4, 4): number(body, 16, 4) for kind, body in children(mvex) if kind == b"trex"
    }


def read_moof(moof: bytes, start: int, defaults: dict[int, int]) -> tuple[int, int]:
    """Return the number of samples in a moof that begins at `start`, and where the last one ends.

    Raises:
        BoxError: its runs contradict themselves.
    """
    samples, reach, cursor = 0, 0, start
    for kind, traf in children(memoryview(moof)):
        if kind != b"traf":
            continue
        base, size = cursor, 0
        for name, body in children(traf):
            if name == b"tfhd":
                base, size = _read_tfhd(body, start, cursor, defaults)
                cursor = base
            elif name == b"trun":
                count, cursor = _read_trun(body, base, cursor, size)
                samples += count
                reach = max(reach, cursor)
    return samples, reach


def _read_tfhd(
    tfhd: memoryview, start: int, base: int, defaults: dict[int, int]
) -> tuple[int, int]:
    flags, size = number(tfhd, 1, 3), defaults.get(number(tfhd, 4, 4), 0)
    position = 8
    if flags & _BASE_OFFSET:
        base = number(tfhd, position, 8)
        position += 8
    elif flags & 0x020000:  # default-base-is-moof
        base = start
    # else 8.8.7.1: the moof for the first track, where the one before ended for the others
    position += 4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION)
    if flags & _SIZE:
        size = number(tfhd, position, 4)
    return base, size


def _read_trun(trun: memoryview, base: int, cursor: int, size: int) -> tuple[int, int]:
    flags, count, position = number(trun, 1, 3), number(trun, 4, 4), 8
    if flags & _RUN_OFFSET:
        if len(trun) < 12:
            raise BoxError("a run ends inside its header")
        offset: int = struct.unpack_from(">i", trun, position)[0]
        cursor = base + offset
        position += 4
    position += 4 * bool(flags & _RUN_FIRST_FLAGS)
    row = sum(4 for bit in (_RUN_DURATION, _RUN_SIZE, _RUN_FLAGS, _RUN_COMPOSITION) if flags & bit)
    if position + row * count > len(trun):
        raise BoxError(f"a run of {count} samples does not fit its box")
    if not flags & _RUN_SIZE:
        return count, cursor + count * size
    first = position + (4 if flags & _RUN_DURATION else 0)
    total = sum(number(trun, first + index * row, 4) for index in range(count))
    return count, cursor + total
