"""Open findings on objects, as entries say: which objects were found damaged and not yet found sound again.

What always holds: `object.damaged` opens a finding, by whoever found it; `object.sound` names that entry and closes it,
once somebody began after it to hash all of the object and it was right. A finding that was opened later stays open.
Pure: reads entries that are given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from archive.audit.report import Code

DAMAGED: Final = "object.damaged"
SOUND: Final = "object.sound"
TYPES: Final = frozenset({DAMAGED, SOUND})
# Findings after which nobody knows what the bytes are. What is merely writable, unlocked or hidden hashes right.
OPENING: Final = frozenset(
    {
        Code.OBJECT_MISSING,
        Code.OBJECT_CHANGED,
        Code.OBJECT_SIZE_DIFFERS,
        Code.OBJECT_SM3_DIFFERS,
        Code.OBJECT_UNREADABLE,
        Code.OBJECT_NOT_A_FILE,
    }
)
_MARKS: Final = tuple(f'"type":"{name}"'.encode() for name in sorted(TYPES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What one entry says of an object."""

    index: int
    digest: bytes
    subject: str
    closes: int | None  # the last finding that is closed by it; None: it opens one


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The entry that opened a finding."""

    index: int
    subject: str


def open_findings(said: Sequence[tuple[int, bytes]]) -> dict[bytes, Opened]:
    """Objects with an open finding, and the newest entry that opened it.

    Args:
        said: entries, in the ledger's order.
    """
    found: dict[bytes, Opened] = {}
    for word in _words(said):
        if word.closes is None:
            found[word.digest] = Opened(index=word.index, subject=word.subject)
        elif word.digest in found and found[word.digest].index <= word.closes:
            del found[word.digest]
    return found


def _words(said: Iterable[tuple[int, bytes]]) -> Iterable[_Word]:
    for index, raw in said:
        if not any(mark in raw for mark in _MARKS):
            continue
        document = json.loads(raw)
        digest = _digest(document["data"].get("digest"))
        if document["type"] in TYPES and digest is not None:
            named = document["data"].get("damaged")
            closes = named if type(named) is int else index
            yield _Word(
                index=index,
                digest=digest,
                subject=document["subject"],
                closes=None if document["type"] == DAMAGED else closes,
            )


def _digest(value: object) -> bytes | None:
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return None
    return found if len(found) == 32 else None
