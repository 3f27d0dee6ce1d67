"""Canonical JSON is what the `rfc8785` package writes, on the whole domain of entries."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from archive.canonical import encode
from archive.errors import CanonicalError

LARGEST = 2**53 - 1
names = st.text(st.characters(max_codepoint=127), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_canonical_bytes_are_those_of_rfc_8785_and_read_back(value: Any) -> None:
    raw = encode(value)
    assert raw == rfc8785.dumps(value)
    assert json.loads(raw) == value


anything = st.recursive(
    scalars
    | st.floats()
    | st.integers()
    | st.binary()
    | st.text(st.characters(categories=["Cs"]), min_size=1),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.sets(st.integers(), max_size=2)
        | st.dictionaries(st.text() | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(anything)
def test_any_value_is_written_as_rfc_8785_has_it_or_is_a_canonical_error(value: Any) -> None:
    try:
        raw = encode(value)
    except CanonicalError:
        return
    assert raw == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [1.0, 2**53, -(2**53), "\ud800", {"é": 1}, {1: 1}, (1,), b"x", {"a": [{"b": float("nan")}]}],
)
def test_what_has_no_place_in_an_entry_is_refused(value: Any) -> None:
    with pytest.raises(CanonicalError):
        encode(value)


def test_what_is_nested_deep_is_refused_and_exhausts_nothing() -> None:
    value: Any = 0
    for _ in range(100_000):
        value = [value]
    with pytest.raises(CanonicalError, match="deep"):
        encode(value)
