"""Earlier checkpoints are of the ledger of proofs/checkpoint: consistency proofs (RFC 9162, 2.1.4.2; RFC 6962, 2.1.2).

Holds: a checkpoint that is stamped or cited and is not proven to be an earlier state of the same ledger dates nothing
and vouches for nothing. Says nothing about signatures: ledger.py does.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from re import compile as regex

from archive.package.verifier.contents import CITED, Contents
from archive.package.verifier.found import sentence
from archive.package.verifier.merkle import ProofError
from archive.package.verifier.notes import (
    HASH_SIZE,
    Checkpoint,
    NoteError,
    canonical_base64,
    canonical_number,
    parse_checkpoint,
    parse_note,
)

_STAMPED = regex(r"data/timestamps/[^/]+/checkpoint")
_MOST_NODES = 128


def consistency_path(size: int) -> str:
    """Where the proof from the checkpoint of this size is."""
    return f"proofs/{size}.consistency"


def parse_consistency(data: bytes, size: int) -> list[bytes]:
    """`old <size>`, then hashes. Raises ProofError, whatever the bytes."""
    try:
        lines = data.decode("ascii").split("\n")
        if lines.pop() != "" or not lines or len(lines) > _MOST_NODES:
            raise ProofError("proof.form")
        if lines[0][:4] != "old " or canonical_number(lines[0][4:]) != size:
            raise ProofError("proof.form")
        hashes = [canonical_base64(line) for line in lines[1:]]
    except (UnicodeDecodeError, NoteError) as e:
        raise ProofError("proof.form") from e
    if any(len(node) != HASH_SIZE for node in hashes):
        raise ProofError("proof.form")
    return hashes


def check_older_root(older: Checkpoint, newer: Checkpoint, path: Sequence[bytes]) -> None:
    """RFC 9162, 2.1.4.2, for 0 < older < newer. Raises ProofError: the one is no part of the other."""
    hashes = list(path)
    if older.size & (older.size - 1) == 0:
        hashes.insert(0, older.root)
    if not hashes or not path:
        raise ProofError("proof.consistency")
    fn, sn = older.size - 1, newer.size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = hashes[0]
    for node in hashes[1:]:
        if sn == 0:
            raise ProofError("proof.consistency")
        if fn & 1 or fn == sn:
            first = sha256(b"\1" + node + first).digest()
            second = sha256(b"\1" + node + second).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = sha256(b"\1" + second + node).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or first != older.root or second != newer.root:
        raise ProofError("proof.consistency")


def check_older_checkpoints(contents: Contents) -> None:
    """Each checkpoint that is stamped or cited is an earlier state of the ledger of proofs/checkpoint."""
    newest = contents.checkpoint
    for where in sorted(p for p in contents.source.files if p == CITED or _STAMPED.fullmatch(p)):
        try:
            older = parse_checkpoint(parse_note(contents.read(where) or b""))
        except NoteError:  # said where the checkpoint is read
            contents.older_known = False
            continue
        if newest is None:
            contents.older_known = False
        elif not _is_earlier(contents, older, newest, where):
            contents.forked.add(where)


def _is_earlier(contents: Contents, older: Checkpoint, newest: Checkpoint, where: str) -> bool:
    if older.size >= newest.size or older.size == 0:
        same = older.size == newest.size and older.root == newest.root
        empty = older.size == 0 and older.root == sha256().digest()
        if not same and not empty:
            contents.found("proof_wrong", where, sentence("proof.consistency"))
        return same or empty
    contents.older.add(older.size)
    path = consistency_path(older.size)
    if (data := contents.read(path)) is None:
        return False
    try:
        check_older_root(older, newest, parse_consistency(data, older.size))
    except ProofError as e:
        contents.found("proof_wrong", path, e)
        return False
    return True
