"""Tiles: one path for each, and any bytes are hashes and entries or damage."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import LedgerDamagedError
from archive.ledger.tiles import (
    TileName,
    bundle,
    full_counts,
    split_hashes,
    tiles_of,
    unbundle,
)

tile_names = st.builds(
    TileName,
    level=st.none() | st.integers(0, 63),
    index=st.integers(0, 2**40),
    width=st.integers(1, 256),
)


@given(tile_names)
def test_a_tiles_path_reads_back(name: TileName) -> None:
    assert TileName.parse(name.path()) == name


@given(
    st.text()
    | st.from_regex(
        r"tile/(entries|[0-9]{1,3})(/x?[0-9]{1,4}){1,4}(\.p/[0-9]{1,3})?", fullmatch=True
    )
)
@example("tile/0/000.p/256")
@example("tile/0/x000/000")
@example("tile/64/000")
@example("tile/00/000")
@example("tile/0/000.p/0")
@example("tile/0/٠٠٠")
@example("tile/0/000\n")
def test_any_text_is_the_path_of_a_tile_or_of_none(path: str) -> None:
    name = TileName.parse(path)
    assert name is None or name.path() == path


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_reads_back_and_with_one_byte_more_or_less_is_damage(entries: list[bytes]) -> None:
    data = bundle(entries)
    assert unbundle(data, len(entries)) == entries
    for bad in (data + b"\0", data[:-1]):
        if bad != data:
            with pytest.raises(LedgerDamagedError):
                unbundle(bad, len(entries))


@given(st.binary(max_size=700), st.integers(0, 256))
def test_any_bytes_are_a_bundle_or_damage(data: bytes, count: int) -> None:
    try:
        entries = unbundle(data, count)
    except LedgerDamagedError:
        return
    assert bundle(entries) == data
    assert len(entries) == count


@given(st.binary(max_size=700), st.integers(0, 20))
def test_any_bytes_are_hashes_or_damage(data: bytes, count: int) -> None:
    try:
        hashes = split_hashes(data, count)
    except LedgerDamagedError:
        assert len(data) != 32 * count
    else:
        assert b"".join(hashes) == data


@given(st.integers(0, 200_000))
def test_the_tiles_of_a_size_cover_it_once(size: int) -> None:
    names = list(tiles_of(size))
    assert len(set(names)) == len(names)
    assert sum(n.width for n in names if n.level is None) == size
    level, count = 0, size
    while count:
        assert sum(n.width for n in names if n.level == level) == count
        level, count = level + 1, count // 256
    assert sum(c for _, c in full_counts(size)) == sum(n.width == 256 for n in names)
