"""Ids: made by us, of one form, in the order of time."""

from __future__ import annotations

import time

import pytest

from archive.ids import KINDS, is_id, new_id


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_id_says_its_kind(kind: str) -> None:
    made = new_id(kind)
    assert is_id(made, kind)
    assert not is_id(made, "other")
    assert len(made) == len(kind) + 27


def test_ids_sort_by_time_and_differ_at_one_time() -> None:
    first = new_id("clip")
    time.sleep(0.002)
    second = new_id("clip")
    assert first < second
    assert len({new_id("clip") for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text",
    ["", "clip-", "clip-" + "0" * 25, "clip-8" + "0" * 25, "clip-" + "u" * 26, "CLIP-" + "0" * 26],
)
def test_what_has_another_form_is_no_id(text: str) -> None:
    assert not is_id(text, "clip")


def test_there_is_no_other_kind() -> None:
    with pytest.raises(ValueError, match="no kind"):
        new_id("person")
