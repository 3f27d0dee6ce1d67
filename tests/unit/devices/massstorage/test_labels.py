"""Folder names of a recorder's volumes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.massstorage.labels import folder_names


def test_volumes_are_named_after_their_labels_or_their_order() -> None:
    assert folder_names(["内置", None, "SD"]) == ["内置".encode(), b"volume-2", b"SD"]


def test_the_same_label_twice_makes_two_names() -> None:
    assert folder_names(["CARD", "card", "CARD-2", None]) == [
        *(b"CARD", b"card-2", b"CARD-2-2", b"volume-4")
    ]


def test_a_label_leads_nowhere_else() -> None:
    assert folder_names(["..", "../../etc", "a\0b", ".", "\x1b[2J"]) == [
        *(b"volume-1", b".._.._etc", b"a_b", b"volume-4", b"_[2J")
    ]


@given(st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=6))
def test_any_labels_make_one_safe_name_each(labels: list[str | None]) -> None:
    names = folder_names(labels)
    assert len({name.lower() for name in names}) == len(labels)
    for name in names:
        assert name not in {b"", b".", b".."}
        assert b"/" not in name
        assert b"\0" not in name
        name.decode()
