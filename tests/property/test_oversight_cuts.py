"""Entries of the three systems in any order, also out of turn and twice: the cut makes no difference."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.catalogue.events import LedgerEvent, event_of
from tests.property.test_catalogue import projected
from tests.unit.catalogue.oversight_story import tell_of_oversight
from tests.unit.catalogue.story import MemoryArchive, Story

# What the others are about comes before them in every ledger of ours.
_FIRST = frozenset({"case.opened", "clip.ingested", "officer.registered", "recorder.noticed"})


@cache
def told() -> tuple[list[LedgerEvent], list[LedgerEvent]]:
    """What is there, and what is said of it."""
    with tempfile.TemporaryDirectory() as name:
        archive = MemoryArchive(Path(name))
        tell_of_oversight(Story(archive.record))
        archive.catalogue.close()
        events = [event_of(entry, archive.texts) for entry in archive.ledger.kept]
    there = [event for event in events if event.type in _FIRST]
    return there, [event for event in events if event.type not in _FIRST]


def ledger(picked: Sequence[int]) -> list[LedgerEvent]:
    """A ledger of these things, in this order."""
    there, said = told()
    listed = [*there, *(said[n % len(said)] for n in picked)]
    return [replace(event, index=index) for index, event in enumerate(listed)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=40, max_size=90),
    st.lists(st.integers(0, 99), min_size=2, max_size=6),
)
def test_entries_in_any_order_give_the_same_tables_in_any_cut(
    picked: list[int], cuts: list[int]
) -> None:
    events = ledger(picked)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, other = (
            projected(folder / file, events, places) for file, places in (("a", cuts), ("b", []))
        )
    # How a text index lays out its own rows depends on how often it was written to.
    assert {k: v for k, v in one.items() if "words" not in k} == {
        k: v for k, v in other.items() if "words" not in k
    }
