"""A stranger who audits the published log with nothing but the C2SP texts.

Uses the standard library and `cryptography`, and not a line of archive/: what it accepts, anybody's
tool accepts. Reads `checkpoint` and `tile/` only. Sources: C2SP signed-note, tlog-checkpoint,
tlog-tiles; RFC 6962, 2.1.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class BrokenLogError(Exception):
    """The log is not what its checkpoint says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLog:
    """What the stranger saw, all of it checked."""

    size: int
    root: bytes
    entries: list[bytes]


def check_log(folder: Path, vkey: str) -> SeenLog:
    """Audit the log in a folder, whole.

    Raises:
        BrokenLogError: a file is missing, or is not what the checkpoint signed.
    """
    origin, size, root = _open_checkpoint((folder / "checkpoint").read_bytes(), vkey)
    if origin != vkey.partition("+")[0]:
        raise BrokenLogError(f"the origin is {origin}")
    entries = [e for n in range((size + 255) // 256) for e in _bundle(folder, n, size)]
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    if tree_root(hashes) != root:
        raise BrokenLogError("the entries do not lead to the signed root")
    _check_tiles(folder, hashes)
    _check_chain(entries, hashes)
    return SeenLog(size=size, root=root, entries=entries)


def tree_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it is written there."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = tree_root(hashes[:split]), tree_root(hashes[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


def _decoded(text: str) -> bytes:
    """Base64 in its one spelling: bits that say nothing must not be free to change."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise BrokenLogError("base64 in another than its canonical spelling")
    return raw


def _open_checkpoint(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    name, key_id, key = vkey.strip().split("+", 2)
    raw = _decoded(key)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[0] != 1 or expected.hex() != key_id:
        raise BrokenLogError("the verifier key is none")
    text, separator, signatures = note.partition(b"\n\n")
    text += b"\n"
    for line in signatures.decode().splitlines():
        dash, signer, blob = line.split(" ")
        signature = _decoded(blob)
        if separator and dash == "—" and signer == name and signature[:4] == expected:
            try:
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], text)
            except InvalidSignature as e:
                raise BrokenLogError("the checkpoint's signature is wrong") from e
            origin, size, root = text.decode().split("\n")[:3]
            return origin, int(size), _decoded(root)
    raise BrokenLogError("the checkpoint is not signed by this key")


def _path(kind: str, index: int, width: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{kind}/{'/'.join(groups)}" + ("" if width == 256 else f".p/{width}")


def _read(folder: Path, kind: str, index: int, width: int) -> tuple[bytes, bool]:
    """A tile, and whether it is the full one that took a partial one's place."""
    for asked in (width, 256):
        try:
            return (folder / _path(kind, index, asked)).read_bytes(), asked != width
        except FileNotFoundError:
            continue
    raise BrokenLogError(f"{_path(kind, index, width)} is missing")


def _bundle(folder: Path, index: int, size: int) -> list[bytes]:
    width = min(256, size - index * 256)
    data, longer = _read(folder, "entries", index, width)
    entries = []
    while data:
        length = int.from_bytes(data[:2], "big")
        if len(data) < 2 + length:
            raise BrokenLogError(f"bundle {index} ends within an entry")
        entries.append(data[2 : 2 + length])
        data = data[2 + length :]
    if len(entries) != (256 if longer else width):
        raise BrokenLogError(f"bundle {index} holds {len(entries)} entries")
    return entries[:width]


def _check_tiles(folder: Path, hashes: list[bytes]) -> None:
    """Every hash tile that a checkpoint of this size needs, on every level."""
    level = 0
    while hashes:
        for index in range((len(hashes) + 255) // 256):
            below = hashes[index * 256 : index * 256 + 256]
            data, longer = _read(folder, str(level), index, len(below))
            if data[: len(below) * 32] != b"".join(below) or (
                len(data) != (256 if longer else len(below)) * 32
            ):
                raise BrokenLogError(f"{_path(str(level), index, len(below))} is another")
        full = len(hashes) // 256
        hashes = [tree_root(hashes[n * 256 : n * 256 + 256]) for n in range(full)]
        level += 1


def _check_chain(entries: list[bytes], hashes: list[bytes]) -> None:
    """`prev` and the subjects' chains (docs/formats/ledger.md, "Entry")."""
    newest: dict[str, tuple[int, int]] = {}
    for index, raw in enumerate(entries):
        entry = json.loads(raw)
        if entry["prev"] != (hashes[index - 1].hex() if index else None):
            raise BrokenLogError(f"entry {index} names another entry before it")
        count, before = newest.get(entry["subject"], (0, None))
        prev = None if before is None else hashes[before].hex()
        if entry["chain"] != {"count": count + 1, "index": before, "prev": prev}:
            raise BrokenLogError(f"entry {index} has another place in its subject's chain")
        newest[entry["subject"]] = (count + 1, index)
