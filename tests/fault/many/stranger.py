"""A stranger who follows the log over HTTP while it grows: nothing that was shown may be taken back.

Holds: standard library and `cryptography`, no line of archive/. Every checkpoint is checked against the one before it
over the published tiles: the leaves of the smaller tree are the first leaves of the larger one, and both roots are
theirs. Sources: C2SP signed-note, tlog-checkpoint, tlog-tiles; RFC 6962, 2.1.
"""

from __future__ import annotations

import base64
import hashlib
import random
import threading
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.fakes.outsider import tree_root
from tests.fault.many.crowd import Program

_WIDTH: Final = 256
_HASH: Final = 32


@dataclass(slots=True, kw_only=True)
class Stranger:
    """Follows one server's log. Args: `program`, signed in as oversight: only that role may read entries."""

    program: Program
    vkey: str
    draw: random.Random
    checkpoints: int = 0  # that were different, each consistent with the one before
    included: int = 0  # entries that were read and are where they should be
    _leaves: list[bytes] = field(default_factory=list)
    _raw: bytes = b""

    def follow(self, ending: threading.Event, *, every: float) -> None:
        """Look again and again."""
        try:
            self.program.sign_in()
            while not ending.wait(every):
                self.look()
            self.look()
        finally:
            self.program.close()

    def look(self) -> None:
        """At the newest checkpoint, and at a few entries."""
        note = self.program.get("/ledger/checkpoint")
        if note == self._raw:
            return
        size, root = self._opened(note)
        assert size >= len(self._leaves), f"{size} entries, {len(self._leaves)} were shown before"
        leaves = list(self._leaves)
        for tile in range(len(leaves) // _WIDTH, -(-size // _WIDTH)):
            found = self._tile(tile, size)
            begin = tile * _WIDTH
            before = leaves[begin:]
            assert found[: len(before)] == before, "leaves that were shown are others now"
            leaves[begin:] = found
        assert tree_root(leaves) == root, "the tiles do not lead to the signed root"
        self._leaves, self._raw = leaves, note
        self.checkpoints += 1
        for index in {self.draw.randrange(size) for _ in range(3)}:
            self._check_entry(index, size)

    def _tile(self, tile: int, size: int) -> list[bytes]:
        width = min(_WIDTH, size - tile * _WIDTH)
        data = self._read("0", tile, width)[: width * _HASH]
        assert len(data) == width * _HASH
        return [data[at : at + _HASH] for at in range(0, len(data), _HASH)]

    def _check_entry(self, index: int, size: int) -> None:
        tile = index // _WIDTH
        data = self._read("entries", tile, min(_WIDTH, size - tile * _WIDTH))
        for _ in range(index % _WIDTH):
            data = data[2 + int.from_bytes(data[:2], "big") :]
        entry = data[2 : 2 + int.from_bytes(data[:2], "big")]
        assert hashlib.sha256(b"\0" + entry).digest() == self._leaves[index], f"entry {index}"
        self.included += 1

    def _read(self, level: str, tile: int, width: int) -> bytes:
        """A tile; the full one where it has taken the partial one's place, as tlog-tiles has clients do."""
        data = self.program.find(f"/ledger/tile/{level}/{_name(tile, width)}")
        return (
            self.program.get(f"/ledger/tile/{level}/{_name(tile, _WIDTH)}")
            if data is None
            else data
        )

    def _opened(self, note: bytes) -> tuple[int, bytes]:
        """Size and root of a note that the key of this log signed."""
        name, key_id, key = self.vkey.strip().split("+", 2)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        text, _, signatures = note.partition(b"\n\n")
        for line in signatures.decode().splitlines():
            _, signer, blob = line.split(" ")
            signature = base64.b64decode(blob)
            if signer == name and signature[:4].hex() == key_id:
                public.verify(signature[4:], text + b"\n")
                origin, size, root = text.decode().split("\n")[:3]
                assert origin == name
                return int(size), base64.b64decode(root)
        raise AssertionError("the log's key did not sign this")


def _name(tile: int, width: int) -> str:
    """A tile's name in its level; a thousand tiles are more than a test has."""
    assert tile < 1000
    return f"{tile:03}" + ("" if width == _WIDTH else f".p/{width}")
