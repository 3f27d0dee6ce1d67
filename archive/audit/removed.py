"""What lawful disposal took away: taken out of what the audit asks for, exactly as `disposal.done` entries say.

What always holds: an object is asked for again where a later entry names it; of a text object that went, every row is
asked for in the one that has its rows now, but for those that the entry says went. Pure but for `Afterwards`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from archive.audit.names import Names
from archive.errors import ArchiveError
from archive.ledger.reader import LedgerReader
from archive.removals import DONE, Removals, removed_by, seen_by

TYPES: Final = frozenset({DONE})
_MARK: Final = f'"type":"{DONE}"'.encode()


def forget_removed(names: Names, said: Sequence[tuple[int, bytes]]) -> set[bytes]:
    """Ask no more for what is lawfully gone; answers with it.

    Args:
        names: what entries name.
        said: entries, in the ledger's order.
    """
    removed: dict[bytes, int] = {}  # entries that were seen by who gave it up
    for index, raw in said:
        if _MARK not in raw:
            continue
        document = json.loads(raw)
        if document["type"] != DONE:
            continue
        for name, _ in removed_by(document["data"]):
            with suppress(ValueError):
                removed[bytes.fromhex(name)] = seen_by(document["data"], index)
        _move_rows(names, document["data"])
    gone = {digest for digest, at in removed.items() if digest in names and names.last(digest) < at}
    for digest in gone:
        names.forget(digest)
    return gone


def _move_rows(names: Names, data: dict[str, Any]) -> None:
    texts = data.get("texts")
    for text in texts if isinstance(texts, list) else []:
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            new = text["new"]
            to = None if new is None else bytes.fromhex(new["object"])
            dropped = {bytes.fromhex(row) for row in text["rows"]}
            names.move_rows(bytes.fromhex(text["old"]), to, dropped)


class Afterwards:
    """What went after the entries were read that this audit judges by."""

    def __init__(self, root: Path, size: int) -> None:
        """Read nothing yet. `size`: of the ledger that was read."""
        self._root, self._size = root, size
        self._removals: Removals | None = None

    def has(self, digest: bytes) -> bool:
        """Whether an entry behind those that were read removes an object, and none since names it."""
        with suppress(ArchiveError, OSError):
            if self._removals is None:
                self._removals = Removals(LedgerReader(self._root))
            name = digest.hex()
            at = self._removals.removed([name]).get(name, -1)
            return at >= self._size and not self._removals.needed([name])
        return False
