"""Reading around bad blocks: each block that can be read is, each that cannot is named, and there is an end."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ingest.narrowing
from ingest.narrowing import FAILURES, UNANSWERED, Around, joined
from tests.fakes.recorders import PittedRecorder

BLOCK = 4096


def around(folder: Path, size: int, bad: Collection[int], start: int = 0) -> tuple[Around, bytes]:
    """Read a clip; its copy."""
    copy = bytearray(size)

    def write(data: memoryview, at: int) -> None:
        copy[at : at + len(data)] = data

    with PittedRecorder(folder, {b"a": bad}) as source:
        (found,) = source.list().clips
        reader = source.open(found)
        reading = Around(reader, size, write=write, go_on=lambda: True)
        reading.read(start)
        reader.close()
    return reading, bytes(copy)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    size=st.integers(1, 200 * BLOCK),
    blocks=st.sets(st.integers(0, 199)),
    run=st.tuples(st.integers(0, 199), st.integers(0, 120)),
)
def test_every_readable_block_is_read_and_only_the_others_are_named(
    tmp_path: Path, size: int, blocks: set[int], run: tuple[int, int]
) -> None:
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    last = (size - 1) // BLOCK  # is good: else nothing may answer, and it is given up sooner
    bad = {b * BLOCK for b in blocks | set(range(run[0], run[0] + run[1])) if b < last}
    reading, copy = around(tmp_path, size, bad)
    assert reading.unread == joined([(at, min(size, at + BLOCK)) for at in bad])
    assert reading.end == size
    for at in range(0, size, BLOCK):
        piece = content[at : at + BLOCK]
        assert copy[at : at + BLOCK] == (bytes(len(piece)) if at in bad else piece)


def test_a_long_bad_place_costs_few_reads(tmp_path: Path) -> None:
    size = 2000 * BLOCK
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    bad = range(100 * BLOCK, 400 * BLOCK, BLOCK)
    reading, _ = around(tmp_path, size, bad)
    assert reading.unread == [(100 * BLOCK, 400 * BLOCK)]
    assert reading.failures < 320


def test_a_clip_with_too_many_bad_blocks_is_given_up_and_all_of_it_is_accounted_for(
    tmp_path: Path,
) -> None:
    size = 4 * FAILURES * BLOCK
    (tmp_path / "a").write_bytes(os.urandom(size))
    reading, _ = around(tmp_path, size, range(BLOCK, size, 2 * BLOCK))
    assert reading.failures == FAILURES
    assert len(reading.unread) <= FAILURES + 1
    assert reading.unread[-1][1] == size
    assert reading.end == reading.unread[-1][0]


def test_reading_is_given_up_after_too_many_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.narrowing, "LOST", 64 * BLOCK)
    size = 4000 * BLOCK
    (tmp_path / "a").write_bytes(os.urandom(size))
    reading, _ = around(tmp_path, size, range(BLOCK, size - 100 * BLOCK, BLOCK))
    assert reading.unread == [(BLOCK, size)]
    assert reading.end == BLOCK


def test_reading_is_given_up_sooner_when_nothing_behind_the_bad_place_answers(
    tmp_path: Path,
) -> None:
    size = 4000 * BLOCK
    (tmp_path / "a").write_bytes(os.urandom(size))
    reading, _ = around(tmp_path, size, range(BLOCK, size, BLOCK))
    assert reading.unread == [(BLOCK, size)]
    assert reading.failures == UNANSWERED


def test_reading_is_given_up_when_failing_takes_too_long(tmp_path: Path) -> None:
    size = 100 * BLOCK
    (tmp_path / "a").write_bytes(os.urandom(size))
    with PittedRecorder(tmp_path, {b"a": [0]}) as source:
        (found,) = source.list().clips
        reader = source.open(found)
        reading = Around(
            reader, size, write=lambda _data, _at: None, go_on=lambda: True, seconds=1e-9
        )
        reading.read(0)
        reader.close()
    assert (reading.failures, reading.unread) == (1, [(0, size)])
