"""Whether zeros in a JPEG's picture can be a picture. Plain bytes; no decoder runs.

A run of zeros is the code whose bits are all 0, again and again. Where that code means "the rest of the block is
empty", an even picture is written so (makers of optimised tables do it); where it means anything else, it is none.
ITU-T T.81, B.2 and C.2. Any bytes give an answer; what is not understood is never blamed.
"""

from typing import Final

_END_OF_BLOCK: Final = 0x00
_STANDARD: Final = 0x01  # K.3.2: the first code of the table for luma
_MAX_SEGMENTS: Final = 4096
_BASELINE: Final = frozenset({0xC0, 0xC1})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def scan_without_zeros(data: bytes) -> int | None:
    """Return where the picture begins in which zeros are none; None where they may be a picture, or it is not known.

    `data` is a JPEG from its first byte, at least as far as its first scan.
    """
    position, components = 2, 0
    first_codes: dict[int, int] = {}
    for _ in range(_MAX_SEGMENTS):
        if position + 4 > len(data) or data[position] != 0xFF:
            return None
        code = data[position + 1]
        if code == 0xFF:  # B.1.1.2: fill bytes
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4])
        body = data[position + 4 : position + 2 + length]
        if code in _FRAMES:
            if code not in _BASELINE or len(body) < 6:
                return None
            components = body[5]
        elif code == 0xC4:
            first_codes |= _first_codes(body)
        elif code == 0xDA:
            return position + 2 + length if _whole(body, components, first_codes) else None
        position += 2 + length
    return None


def _whole(scan: bytes, components: int, first_codes: dict[int, int]) -> bool:
    """Whether all components are in this scan, and one of them has no zeros for an empty block."""
    if not scan or scan[0] != components or len(scan) < 1 + 2 * components:
        return False
    tables = {scan[2 + 2 * each] & 0x0F for each in range(components)}
    return any(first_codes.get(table, _STANDARD) != _END_OF_BLOCK for table in tables)


def _first_codes(tables: bytes) -> dict[int, int]:
    """Return of each table for AC coefficients what its code of zeros means (B.2.4.2)."""
    found, position = {}, 0
    while position + 17 < len(tables):
        kind = tables[position]
        count = sum(tables[position + 1 : position + 17])
        if kind >> 4 == 1:
            found[kind & 0x0F] = tables[position + 17]
        position += 17 + count
    return found
