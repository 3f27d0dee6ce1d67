"""Ids that entries use: made by us, stable, sortable by time, without a name in them.

`<kind>-<26 characters>`: a ULID (48 bits of milliseconds, 80 random bits) in lower-case Crockford base 32.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Final

KINDS: Final = frozenset(
    {
        "station",
        "key",
        "unit",
        "account",
        "officer",
        "recorder",
        "docking",
        "clip",
        "recording",
        "case",
        "session",
        "token",
        "request",
        "marker",
        "document",
        "link",
        "subject",
        "list",
        "review",
        "publication",
        "hold",
        "disposal",
        "draw",
    }
)
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_SHAPE: Final = re.compile(r"([a-z]+)-[0-7][0-9a-hjkmnp-tv-z]{25}")


def new_id(kind: str) -> str:
    """Make an id of one of KINDS.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of id: {kind}")
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{kind}-{''.join(digits)}"


def is_id(text: str, kind: str) -> bool:
    """Whether `text` has the form of an id of this kind."""
    match = _SHAPE.fullmatch(text)
    return match is not None and match[1] == kind


def made_at(text: str) -> int:
    """When an id was made, in milliseconds since 1970. Raises ValueError: it is none."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f"no id: {text}")
    number = 0
    for digit in text[len(match[1]) + 1 :][:10]:
        number = number << 5 | _ALPHABET.index(digit)
    return number
