"""Bits of a NAL unit: fixed and Exp-Golomb numbers, the most significant bit first.

ITU-T H.264 (08/2021) 7.2, 7.4.1.1 and 9.1; H.265 uses the same. Any bytes give numbers or
`RepairError`; a number has at most 32 bits.
"""

from ingest.media.repair.errors import RepairError

_PREVENTED = b"\x00\x00\x03"


def unescaped(nal: bytes) -> bytes:
    """Return a NAL unit without the bytes that prevent start codes in it (7.4.1.1)."""
    return nal.replace(_PREVENTED, _PREVENTED[:2])


class Bits:
    """Reads numbers from `data`, from bit `start` on."""

    def __init__(self, data: bytes, start: int = 0) -> None:
        self._number = int.from_bytes(data)
        self._left = len(data) * 8 - start

    def take(self, count: int) -> int:
        """Return the next `count` bits, at most 32, as an unsigned number.

        Raises:
            RepairError: there are not so many.
        """
        self._left -= count
        if self._left < 0:
            raise RepairError("a NAL unit ends inside a number")
        return self._number >> self._left & (1 << count) - 1

    def skip(self, count: int) -> None:
        """Pass over `count` bits.

        Raises:
            RepairError: there are not so many.
        """
        self._left -= count
        if self._left < 0:
            raise RepairError("a NAL unit ends inside its header")

    def unsigned(self) -> int:
        """Return the next Exp-Golomb number, ue(v) (9.1).

        Raises:
            RepairError: it does not end or has more than 32 bits.
        """
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise RepairError("a number of more than 32 bits")
        return (1 << zeros) - 1 + (self.take(zeros) if zeros else 0)

    def signed(self) -> int:
        """Return the next signed Exp-Golomb number, se(v) (9.1.1).

        Raises:
            RepairError: it does not end or has more than 32 bits.
        """
        number = self.unsigned()
        return (number + 1) // 2 if number % 2 else -(number // 2)
