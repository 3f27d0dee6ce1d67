from __future__ import annotations

import hashlib

import pytest

from archive.audit.levels import Levels, split
from archive.ledger.merkle import EMPTY_ROOT, Frontier, root_of


def leaves(count: int, start: int = 0) -> bytes:
    return b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(start, start + count))


def frontier(count: int) -> Frontier:
    tree = Frontier()
    for leaf in split(leaves(count)):
        tree.append(leaf)
    return tree


@pytest.mark.parametrize("steps", [[1], [255, 1, 1], [256], [300, 600], [700], [512, 1, 5, 600]])
def test_a_tree_grown_in_any_steps_is_the_tree(steps: list[int]) -> None:
    levels = Levels()
    for step in steps:
        assert levels.extend(leaves(step, levels.size))
    count = sum(steps)
    assert levels.size == count
    assert levels.root == frontier(count).root()
    for index in {0, count // 2, count - 1}:
        assert levels.leaf(index) == leaves(1, index)


def test_an_earlier_root_can_be_told() -> None:
    levels = Levels()
    levels.extend(leaves(900))
    assert levels.root_at(0) == EMPTY_ROOT
    for size in (1, 255, 256, 257, 512, 899, 900):
        assert levels.root_at(size) == frontier(size).root()
    with pytest.raises(ValueError, match="901"):
        levels.root_at(901)


def test_another_root_leaves_the_tree_as_it_was() -> None:
    levels = Levels()
    levels.extend(leaves(10))
    assert not levels.extend(leaves(600, 10), bytes(32))
    assert levels.size == 10
    assert levels.extend(leaves(600, 10), frontier(610).root())


def test_tiles_are_those_of_the_tree() -> None:
    levels = Levels()
    levels.extend(leaves(600))
    assert levels.tile(0, 1, 256) == leaves(256, 256)
    assert levels.tile(0, 2, 256) == leaves(88, 512)
    assert levels.tile(0, 0, 7) == leaves(7)
    assert levels.tile(1, 0, 2) == root_of(split(leaves(256))) + root_of(split(leaves(256, 256)))
    assert levels.tile(0, 3, 256) == b""
    assert levels.tile(9, 0, 256) == b""
    assert [levels.width(level) for level in (0, 1, 2)] == [600, 2, 0]
