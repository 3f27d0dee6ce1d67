"""A request's head that is the one before it on its connection, but for the two numbers of its range.

What always holds: what is taken for the same is the same byte by byte outside the digits of its only Range field, is
one whole request without a body, and names one range of bytes by its first and its last. HTTP gives such a head
one meaning (RFC 9112, 2.2; RFC 9110, 14.1.2), so everything that was found out about the one before it that no clock,
no ledger and no file can change holds for it too. Those are asked by whoever answers it (nextrange.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MOST: Final = 4096  # bytes: browsers' heads are shorter, and two are kept for each connection
_RANGE: Final = re.compile(rb"\r\n[Rr]ange: bytes=([0-9]{1,15}-[0-9]{1,15})\r\n")
_NUMBERS: Final = re.compile(rb"([0-9]{1,15})-([0-9]{1,15})")
# A second Range, a body, another protocol: the parser's business, not ours.
_OTHER: Final = re.compile(
    rb"\n(range|content-length|transfer-encoding|upgrade|expect|trailer)[ \t]*:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SameHead:
    """What stands before the numbers and after them."""

    before: bytes
    after: bytes

    def numbers(self, data: bytes) -> tuple[int, int] | None:
        """First and last byte that a head asks for; None where it is not the same head."""
        if not (data.startswith(self.before) and data.endswith(self.after)):
            return None
        found = _NUMBERS.fullmatch(data, len(self.before), len(data) - len(self.after))
        return None if found is None else (int(found[1]), int(found[2]))


def same_head(data: bytes) -> SameHead | None:
    """Of which heads this one would be the same; None: of none. `data` came in one piece and was understood."""
    found = _RANGE.search(data)
    if found is None or len(data) > _MOST or not data.startswith(b"GET "):
        return None
    whole = data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1
    if not whole or data.count(b"\n") != data.count(b"\r\n") or len(_OTHER.findall(data)) != 1:
        return None
    return SameHead(data[: found.start(1)], data[found.end(1) :])
