"""What people may have written, kept beside the ledger and never in it (docs/formats/store.md, "Text objects")."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from archive.canonical import encode
from archive.errors import MissingObjectError
from archive.store.protocol import Store
from archive.store.writing import Writing

_KEPT: Final = 64  # text objects in memory: neighbours in the ledger share one


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRef:
    """Where a row is."""

    object: str  # digest of the text object
    size: int  # bytes of the text object
    row: str  # SHA-256 of the row, without its newline

    def as_data(self) -> dict[str, Any]:
        """As an entry holds it."""
        return {"object": self.object, "size": self.size, "row": self.row}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The other way. Raises KeyError, TypeError."""
        return cls(object=str(data["object"]), size=int(data["size"]), row=str(data["row"]))


def write_rows(writing: Writing, rows: Sequence[Mapping[str, Any]]) -> list[TextRef]:
    """Keep rows in one new text object, each with its own salt. Durable when it returns.

    Raises:
        CanonicalError: a row cannot be written. Nothing was kept.
        OSError: the medium failed.
    """
    if not rows:
        return []
    digests, lines = rows_of(rows)
    stored = writing.put([b"".join(line + b"\n" for line in lines)])[0]
    return [TextRef(object=stored.digest, size=stored.size, row=row) for row in digests]


def rows_of(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[bytes]]:
    """Salted rows: their digests, and their lines without the newline. Raises CanonicalError."""
    lines = [encode({**row, "salt": secrets.token_hex(16)}) for row in rows]
    return [hashlib.sha256(line).hexdigest() for line in lines], lines


class Texts:
    """Reads rows. Threads may share it."""

    def __init__(self, store: Store, *, moved: Callable[[str], str | None] | None = None) -> None:
        """Take `moved`: which text object has the rows of one that is gone; it is asked only where one is."""
        self._store = store
        self._moved = moved or (lambda _: None)
        self._lock = threading.Lock()
        self._objects: OrderedDict[str, dict[str, bytes]] = OrderedDict()

    def read(self, ref: TextRef) -> dict[str, Any] | None:
        """A row's members, `salt` too; None where the row is no longer there (lawful disposal).

        Raises:
            FixityError: the text object has changed.
        """
        line = self.line(ref)
        if line is None:
            return None
        row: dict[str, Any] = json.loads(line)
        return row

    def line(self, ref: TextRef) -> bytes | None:
        """A row's exact bytes, without its newline; None where it is no longer there. Raises as `read`."""
        with self._lock:
            return self._rows(ref.object).get(ref.row)

    def _rows(self, digest: str) -> dict[str, bytes]:
        rows = self._objects.get(digest)
        if rows is None:
            data = self._data(digest)
            rows = {hashlib.sha256(line).hexdigest(): line for line in data.split(b"\n") if line}
            self._objects[digest] = rows
            if len(self._objects) > _KEPT:
                self._objects.popitem(last=False)
        else:
            self._objects.move_to_end(digest)
        return rows

    def _data(self, digest: str) -> bytes:
        """What a text object holds, or the one that has its rows now; nothing where it is gone."""
        name: str | None = digest
        while name is not None:
            try:
                return self._store.read(name)
            except MissingObjectError:
                name = self._moved(name)
        return b""
