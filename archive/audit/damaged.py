"""Open findings on objects, as entries say: which objects were found damaged and not yet found sound again.

What always holds: the last word on an object counts. `object.damaged` opens a finding, by whoever found it;
`object.sound` closes it, once somebody hashed all of the object and it was right. Pure: reads entries that are given.
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

    digest: bytes
    subject: str
    damaged: bool


def open_findings(said: Sequence[tuple[int, bytes]]) -> dict[bytes, str]:
    """Objects with an open finding, and whom it is about.

    Args:
        said: entries, in the ledger's order.
    """
    found: dict[bytes, str] = {}
    for word in _words(raw for _, raw in said):
        if word.damaged:
            found[word.digest] = word.subject
        else:
            found.pop(word.digest, None)
    return found


def _words(raws: Iterable[bytes]) -> Iterable[_Word]:
    for raw in raws:
        if not any(mark in raw for mark in _MARKS):
            continue
        document = json.loads(raw)
        digest = _digest(document["data"].get("digest"))
        if document["type"] in TYPES and digest is not None:
            damaged = document["type"] == DAMAGED
            yield _Word(digest=digest, subject=document["subject"], damaged=damaged)


def _digest(value: object) -> bytes | None:
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return None
    return found if len(found) == 32 else None
