"""Proofs that an entry is in a tree (RFC 9162, 2.1.3.2; C2SP tlog-proof). Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from archive.package.verifier.found import VerifierError
from archive.package.verifier.notes import (
    HASH_SIZE,
    Note,
    NoteError,
    canonical_base64,
    canonical_number,
    parse_note,
)

_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63


class ProofError(VerifierError):
    """A proof that has another form, or that does not lead to the root."""


@dataclass(frozen=True)
class InclusionProof:
    """A tlog-proof, taken apart."""

    index: int
    path: tuple[bytes, ...]
    note: Note


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962, 2.1."""
    return sha256(b"\0" + entry).digest()


def parse_proof(data: bytes, known: Note | None = None) -> InclusionProof:
    """Raises ProofError, whatever the bytes; `extra` is not taken. `known`: a note that it probably ends with."""
    head, empty, rest = data.partition(b"\n\n")
    try:
        lines = head.decode().split("\n")
        if not empty or lines[0] != _PROOF_HEADER or len(lines) > _MOST_HASHES + 2:
            raise ProofError("proof.form")
        if len(lines) < 2 or not lines[1].startswith("index "):
            raise ProofError("proof.form")
        index = canonical_number(lines[1][6:])
        path = tuple(canonical_base64(line) for line in lines[2:])
        note = known if known is not None and known.raw == rest else parse_note(rest)
    except (UnicodeDecodeError, NoteError) as e:
        raise ProofError("proof.form") from e
    if any(len(node) != HASH_SIZE for node in path):
        raise ProofError("proof.form")
    return InclusionProof(index, path, note)


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2. Raises ProofError: the path does not lead from the leaf to the root."""
    if not 0 <= index < size:
        raise ProofError("proof.index", index=index, size=size)
    if len(leaf) != 32 or len(root) != 32:
        raise ProofError("proof.root")
    node, fn, sn = leaf, index, size - 1
    for sibling in path:
        if sn == 0:
            raise ProofError("proof.root")
        if fn & 1 or fn == sn:
            node = sha256(b"\1" + sibling + node).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\1" + node + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or node != root:
        raise ProofError("proof.root")
