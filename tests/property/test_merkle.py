"""Every leaf's inclusion proof verifies and no other does; so do consistency proofs between all sizes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import ProofError
from archive.ledger.merkle import (
    EMPTY_ROOT,
    TILE_WIDTH,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
)
from tests.fakes.outsider import tree_root

LEAVES = [leaf_hash(b"%d" % n) for n in range(70_000)]
sizes = st.integers(1, 600)


def subtree(start: int, end: int) -> bytes:
    return tree_root(LEAVES[start:end])


def grown(size: int) -> Frontier:
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    return tree


def test_all_small_trees_are_those_of_the_rfc() -> None:
    tree = Frontier()
    for size in range(130):
        assert tree.size == size
        assert tree.root() == root_of(LEAVES[:size]) == tree_root(LEAVES[:size])
        tree.append(LEAVES[size])


@pytest.mark.slow
def test_a_tree_of_three_levels_of_tiles_tells_of_every_full_tile() -> None:
    tree = Frontier()
    full: list[tuple[int, int]] = []
    for leaf in LEAVES:
        tree.append(leaf, lambda level, index, _: full.append((level, index)))
    assert tree.root() == tree_root(LEAVES)
    count = len(LEAVES) // TILE_WIDTH
    assert sorted(full) == [(0, n) for n in range(count)] + [(1, 0)]
    assert [len(tile) for tile in tree.tiles] == [len(LEAVES) % TILE_WIDTH, count - TILE_WIDTH, 1]


@given(sizes, sizes)
def test_a_tree_goes_on_from_its_tiles_as_it_would_have(size: int, more: int) -> None:
    tree = grown(size)
    again, copied = Frontier(tree.size, tree.tiles), tree.copy()
    for leaf in LEAVES[size : size + more]:
        again.append(leaf)
        copied.append(leaf)
    assert again.root() == copied.root() == tree_root(LEAVES[: size + more])
    assert tree.root() == tree_root(LEAVES[:size])


@given(st.data(), sizes)
def test_every_leafs_proof_verifies(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, subtree)
    check_inclusion(leaf=LEAVES[index], index=index, size=size, path=path, root=subtree(0, size))


@given(st.data(), sizes)
def test_no_other_inclusion_proof_does(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = inclusion_path(index, size, subtree), subtree(0, size), LEAVES[index]
    wrong = data.draw(
        st.sampled_from(["leaf", "index", "size", "root", "longer", "shorter", "changed"])
    )
    other = size
    if wrong == "leaf":
        leaf = LEAVES[index + 1]
    elif wrong == "index":
        index = data.draw(st.integers(-1, size).filter(lambda n: n != index))
    elif wrong == "size":
        # A path fits another size where the way from leaf to root has the same form; the root then differs.
        other = data.draw(st.integers(-1, 1200).filter(lambda n: n != size))
        root = subtree(0, max(other, 0))
    elif wrong == "root":
        root = subtree(0, size + 1)
    elif wrong == "longer":
        path = [*path, EMPTY_ROOT]
    elif not path:
        return
    elif wrong == "shorter":
        path = path[:-1]
    else:
        at = data.draw(st.integers(0, len(path) - 1))
        path[at] = hashlib.sha256(path[at]).digest()
    with pytest.raises(ProofError):
        check_inclusion(leaf=leaf, index=index, size=other, path=path, root=root)


@settings(deadline=None)
@given(st.integers(1, 90))
def test_a_consistency_proof_verifies_between_all_sizes_and_no_other_does(size: int) -> None:
    root = subtree(0, size)
    for old in range(1, size + 1):
        path = consistency_path(old, size, subtree)
        old_root = subtree(0, old)
        check_consistency(old=old, old_root=old_root, size=size, root=root, path=path)
        bad = [
            {"old_root": EMPTY_ROOT, "root": root, "path": path},
            {"old_root": old_root, "root": EMPTY_ROOT, "path": path},
            {"old_root": old_root, "root": root, "path": [*path, EMPTY_ROOT]},
            *({"old_root": old_root, "root": root, "path": path[:n]} for n in range(len(path))),
        ]
        for case in bad:
            with pytest.raises(ProofError):
                check_consistency(old=old, size=size, **case)  # type: ignore[arg-type]


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_path(index, size, subtree)


@pytest.mark.parametrize("old", [-1, 0, 4])
def test_there_is_no_consistency_with_a_size_that_never_was(old: int) -> None:
    with pytest.raises(ProofError):
        check_consistency(old=old, old_root=EMPTY_ROOT, size=3, root=subtree(0, 3), path=[])
    if old:
        with pytest.raises(ValueError, match="no earlier size"):
            consistency_path(old, 3, subtree)
