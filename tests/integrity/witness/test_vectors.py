"""Our Merkle proofs against the tree that every RFC 6962 implementation knows, and against every way to be wrong."""

from __future__ import annotations

import base64

import pytest

from archive.errors import ProofError
from archive.ledger.merkle import (
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
)
from tests.interop.vectors import (
    LEAVES,
    ROOTS,
    Vector,
    consistency_vectors,
    inclusion_vectors,
)

HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def proof(vector: Vector) -> list[bytes]:
    return [raw(line) for line in vector["proof"] or []]


def included(vector: Vector) -> None:
    check_inclusion(
        leaf=raw(vector["leafHash"]),
        index=vector["leafIdx"],
        size=vector["treeSize"],
        path=proof(vector),
        root=raw(vector["root"]),
    )


def consistent(vector: Vector) -> None:
    check_consistency(
        old=vector["size1"],
        old_root=raw(vector["root1"]),
        size=vector["size2"],
        root=raw(vector["root2"]),
        path=proof(vector),
    )


def test_the_roots_of_the_known_leaves_are_the_published_ones() -> None:
    assert [root_of(HASHES[:n]).hex() for n in range(9)] == list(ROOTS)


def test_a_published_proof_of_each_kind_is_made_as_it_was_published() -> None:
    """The `happy-path` of leaf 5 in 8 and of 6 in 8 of transparency-dev/merkle."""

    def subtree(start: int, end: int) -> bytes:
        return root_of(HASHES[start:end])

    right = [
        "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ]
    assert inclusion_path(5, 8, subtree) == [
        raw("vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="),
        *map(raw, right),
    ]
    assert consistency_path(6, 8, subtree) == [
        raw("DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o="),
        *map(raw, right),
    ]


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_what_is_right_is_taken_and_every_wrong_one_is_refused(kind: str) -> None:
    vectors = list(inclusion_vectors() if kind == "inclusion" else consistency_vectors())
    check = included if kind == "inclusion" else consistent
    assert len(vectors) > 300
    taken = []
    for vector in vectors:
        try:
            check(vector)
        except ProofError:
            continue
        taken.append(vector)
    assert taken == [vector for vector in vectors if not vector["wantErr"]]
    assert len(taken) == 36  # 8 × 9 ÷ 2
