"""What the parsers of NAL units take for one, by hand-made cases."""

from __future__ import annotations

import re
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.media.repair.avc import Avc
from ingest.media.repair.bits import Bits, unescaped
from ingest.media.repair.errors import RepairError
from ingest.media.repair.hevc import Hevc
from ingest.media.repair.nal import Slice
from ingest.media.repair.order import places
from ingest.media.repair.reading import PIECE, Source


def bits(text: str) -> bytes:
    """Return bytes of a row of bits; spaces part numbers."""
    row = text.replace(" ", "")
    row += "1" + "0" * (-(len(row) + 1) % 8)  # rbsp_trailing_bits
    return int(row, 2).to_bytes(len(row) // 8)


# Baseline, SPS 0; frame_num of 4 bits, order type 2, one reference, 20 x 15 macroblocks, frames only
SPS = b"\x67\x42\x00\x1e" + bits("1 1 011 010 0 000010100 0001111 1 1 0 0")
PPS = b"\x68" + bits("1 1 0 0")


@pytest.fixture
def stream() -> Avc:
    pictures = Avc()
    pictures.learn(SPS)
    pictures.learn(PPS)
    return pictures


def test_a_sequence_parameter_set_says_how_large_pictures_are(stream: Avc) -> None:
    assert stream.sps is not None
    assert (stream.sps.width, stream.sps.height, stream.sps.rate) == (320, 240, None)


def test_a_key_slice_begins_its_picture(stream: Avc) -> None:
    # first block 0, slice type 7, PPS 0, frame_num 0, idr_pic_id 0
    unit = stream.unit(b"\x65" + bits("1 0001000 1 0000 1"), 50)
    assert unit.slice is not None
    assert (unit.slice.starts, unit.slice.key, unit.slice.number) == (True, True, 0)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"\xe5" + bits("1 0001000 1 0000 1"), "the forbidden bit"),
        (b"\x65" + bits("1 00110 1 0000 1"), "a key slice that predicts"),
        (b"\x65" + bits("1 0001000 1 0001 1"), "a key slice with a number"),
        (b"\x41" + bits("1 00110 010 0001"), "a parameter set that there is not"),
        (b"\x41" + bits("00000000100101101 00110 1 0001"), "a block outside of the picture"),
        (b"\x41" + bits("1 0001011 1 0001"), "a slice type that there is not"),
        (b"\x1f" + bytes(4), "a type that no recorder writes"),
        (b"\x41", "nothing behind its first byte"),
    ],
)
def test_what_cannot_be_of_this_stream_is_none_of_its_units(
    stream: Avc, head: bytes, why: str
) -> None:
    with pytest.raises(RepairError):
        stream.unit(head, 50)
    assert why


def test_a_slice_of_another_layer_is_refused() -> None:
    with pytest.raises(RepairError):
        Hevc().unit(b"\x02\x09\x80" + bytes(10), 50)


def test_numbers_are_read_as_the_standard_writes_them() -> None:
    # H.264 table 9-3: 0 is 1, 1 is 010, 2 is 011, 3 is 00100; signed 1, -1, 2
    numbers = Bits(bits("1 010 011 00100 010 011 00100"))
    assert [numbers.unsigned() for _ in range(4)] == [0, 1, 2, 3]
    assert [numbers.signed() for _ in range(3)] == [1, -1, 2]


def test_bytes_against_start_codes_are_taken_out() -> None:
    assert unescaped(b"\1\0\0\3\1\0\0\3\0\0\3\3") == b"\1\0\0\1\0\0\0\0\3"


def picture(count: int, *, reset: bool = False, anchor: bool = True) -> Slice:
    return Slice(
        starts=True, reset=reset, key=reset, anchor=anchor, count=count, wrap=16, number=None
    )


def test_pictures_are_shown_in_the_order_of_their_counts() -> None:
    # I P B B P B B, counts by two, the last ones past the wrap
    coded = [picture(0, reset=True), picture(6), picture(2, anchor=False), picture(4, anchor=False)]
    coded += [picture(12), picture(8, anchor=False), picture(10, anchor=False), picture(2)]
    assert [shown - 1 for _, shown in places(coded)] == [0, 3, 1, 2, 6, 4, 5, 9]


def test_a_picture_that_was_lost_leaves_its_place_empty() -> None:
    coded = [picture(0, reset=True), picture(2), picture(6), picture(0, reset=True), picture(2)]
    assert places(coded) == [(0, 0), (1, 1), (3, 3), (4, 4), (5, 5)]


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), max_size=12), st.integers(0, 30))
def test_runs_of_zeros_are_found_whole_wherever_they_lie(
    parts: list[tuple[int, int]], start: int
) -> None:
    data = b"".join(b"\1" * filled + bytes(zeros) for filled, zeros in parts)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        found = Source(file).zero_runs(min(start, len(data)), len(data), 8)
    expected = [match.span() for match in re.finditer(rb"\0{8,}", data[start:])]
    assert found == [(low + start, high + start) for low, high in expected]


def test_a_run_of_zeros_may_lie_across_two_pieces() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"\1" * (PIECE - 3) + bytes(2 * PIECE) + b"\1" * PIECE)
        file.flush()
        assert Source(file).zero_runs(0, 4 * PIECE, 64) == [(PIECE - 3, 3 * PIECE - 3)]
