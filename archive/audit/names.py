"""Which objects the ledger names, and what it says of them. Small enough for a million."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from archive.audit.columns import Name

_ROW = 40  # 32 bytes of digest, 8 of entry index


@dataclass(slots=True)
class Names:
    """By digest: size, SM3, first and last entry that name it, rows that are meant in it."""

    _places: dict[bytes, int] = field(default_factory=dict)
    _sizes: array[int] = field(default_factory=lambda: array("q"))
    _first: array[int] = field(default_factory=lambda: array("Q"))
    _last: array[int] = field(default_factory=lambda: array("Q"))
    _verified: array[int] = field(default_factory=lambda: array("q"))  # -1: not by an entry
    _sm3: dict[bytes, str] = field(default_factory=dict)
    _rows: dict[bytes, bytearray] = field(default_factory=dict)
    disagreed: list[tuple[int, bytes]] = field(default_factory=list)  # entry that says another size

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._places)

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._places

    def add(self, name: Name, index: int) -> None:
        """An entry names an object."""
        _, digest, size, sm3, row = name
        place = self._places.setdefault(digest, len(self._sizes))
        if place == len(self._sizes):
            self._sizes.append(size)
            self._first.append(index)
            self._last.append(index)
            self._verified.append(-1)
        else:
            self._last[place] = index
            if self._sizes[place] < 0:
                self._sizes[place] = size
            elif size >= 0 and size != self._sizes[place]:
                self.disagreed.append((index, digest))
        if sm3:
            self._sm3.setdefault(digest, sm3)
        if row:
            rows = self._rows.setdefault(digest, bytearray())
            rows += row + index.to_bytes(8, "big")

    def forget(self, digest: bytes) -> None:
        """Ask no more for an object, as if no entry named it."""
        self._sizes[self._places.pop(digest)] = -1
        self._sm3.pop(digest, None)
        self._rows.pop(digest, None)

    def move_rows(self, old: bytes, new: bytes | None, dropped: set[bytes]) -> None:
        """Rows that were meant in one object are meant in another from now on, but for those that went."""
        raw = bytes(self._rows.pop(old, b""))
        kept = b"".join(
            raw[at : at + _ROW]
            for at in range(0, len(raw), _ROW)
            if raw[at : at + 32] not in dropped
        )
        if kept:
            # Where nobody says where they are now, they are missed where they were.
            self._rows.setdefault(old if new is None else new, bytearray()).extend(kept)

    def size(self, digest: bytes) -> int:
        """Bytes, as the first entry that knows says; -1 where none says."""
        return self._sizes[self._places[digest]]

    def first(self, digest: bytes) -> int:
        """The first entry that names it."""
        return self._first[self._places[digest]]

    def last(self, digest: bytes) -> int:
        """The last entry that names it."""
        return self._last[self._places[digest]]

    def verify(self, digest: bytes, index: int) -> None:
        """An entry says that it was read back."""
        self._verified[self._places[digest]] = index

    def verified(self, digest: bytes) -> int:
        """The last entry that says that it was read back; -1: none."""
        return self._verified[self._places[digest]]

    def total_bytes(self) -> int:
        """Of all of them, as entries say."""
        return sum(size for size in self._sizes if size > 0)

    def sm3(self, digest: bytes) -> str:
        """Its SM3 in hex; empty where no entry says."""
        return self._sm3.get(digest, "")

    def rows(self, digest: bytes) -> dict[bytes, int]:
        """Digests of the rows that are meant in it, with the first entry that means each."""
        raw = bytes(self._rows.get(digest, b""))
        found: dict[bytes, int] = {}
        for at in range(0, len(raw), _ROW):
            found.setdefault(raw[at : at + 32], int.from_bytes(raw[at + 32 : at + _ROW], "big"))
        return found
