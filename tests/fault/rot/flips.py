"""What a disk may do to a file's bytes without anybody's doing: drawn from a seed, done, and undone."""

from __future__ import annotations

import random
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Kind = Literal["bit", "zeros", "swapped", "cut", "longer"]
KINDS: Final[tuple[Kind, ...]] = ("bit", "zeros", "swapped", "cut", "longer")
BLOCK: Final = 512  # a sector


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One change of a file's bytes."""

    kind: Kind
    at: int
    length: int
    other: int  # the bit, or where what is swapped lies

    @classmethod
    def drawn(cls, draw: random.Random, size: int, *, same_size: bool = False) -> Flip:
        """A change of a file of so many bytes."""
        kinds = KINDS[:3] if same_size else KINDS
        kind = draw.choice(kinds) if size else "longer"
        at = draw.randrange(max(1, size))
        length = draw.randrange(1, BLOCK + 1)
        other = draw.randrange(8) if kind == "bit" else draw.randrange(max(1, size))
        return cls(kind=kind, at=at, length=length, other=other)

    def of(self, data: bytes) -> bytes:
        """The bytes as the disk gives them now; never those that they were."""
        changed = self._of(bytearray(data))
        if changed == data:  # zeros over zeros, a block over its like: a bit then
            changed = Flip(kind="bit", at=self.at, length=1, other=self.other % 8)._of(
                bytearray(data)
            )
        return bytes(changed)

    def _of(self, data: bytearray) -> bytearray:
        match self.kind:
            case "bit":
                data[self.at] ^= 1 << self.other
            case "zeros":
                stop = min(len(data), self.at + self.length)
                data[self.at : stop] = bytes(stop - self.at)
            case "swapped":
                a, b = sorted((self.at, self.other))
                length = min(self.length, b - a, len(data) - b)
                data[a : a + length], data[b : b + length] = (
                    data[b : b + length],
                    data[a : a + length],
                )
            case "cut":
                del data[self.at :]
            case "longer":
                data += bytes((self.other + n) % 256 for n in range(self.length))
        return data


@contextmanager
def flipped(path: Path, flip: Flip) -> Iterator[None]:
    """A file with other bytes and the mode it had; in the end as it was."""
    good = path.read_bytes()
    written(path, flip.of(good))
    try:
        yield
    finally:
        written(path, good)


def written(path: Path, data: bytes) -> None:
    """Put bytes where a file's were: the same file, the same mode."""
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(data)
        file.truncate()
    path.chmod(mode)
