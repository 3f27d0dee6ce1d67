"""Boxes and tables in memory: bounds come before allocation."""

import struct

import pytest

from ingest.media.boxes import MAX_ENTRIES, child, children, number, table
from ingest.media.errors import BoxError
from ingest.media.fragments import read_moof
from ingest.media.sampletable import read_trak


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def test_a_table_with_fewer_rows_than_it_says_is_refused() -> None:
    with pytest.raises(BoxError):
        table(memoryview(bytes(12)), 0, 4, 4)

    assert list(table(memoryview(b"\0\0\0\7" * 3), 0, 3, 4)) == [7, 7, 7]


def test_a_table_larger_than_a_day_of_video_is_refused() -> None:
    with pytest.raises(BoxError):
        table(memoryview(bytes(4 * MAX_ENTRIES + 4)), 0, MAX_ENTRIES + 1, 4)


def test_a_number_behind_the_end_is_refused() -> None:
    with pytest.raises(BoxError):
        number(memoryview(bytes(3)), 0, 4)


def test_a_box_that_reaches_past_its_parent_is_refused() -> None:
    with pytest.raises(BoxError):
        list(children(memoryview(_box(b"moov", _box(b"trak", bytes(8))[:-1])[8:])))


def test_wide_and_open_ended_boxes_are_read() -> None:
    wide = struct.pack(">I4sQ", 1, b"free", 18) + b"ab"
    rest = struct.pack(">I4s", 0, b"skip") + b"cde"

    found = [(kind, bytes(body)) for kind, body in children(memoryview(wide + rest))]

    assert found == [(b"free", b"ab"), (b"skip", b"cde")]


def test_a_path_that_is_not_there_is_none() -> None:
    data = memoryview(_box(b"mdia", _box(b"minf")))

    assert child(data, b"mdia", b"hdlr") is None


def test_a_track_whose_media_are_elsewhere_says_so() -> None:
    for flags, external in ((0, True), (1, False)):
        entry = _box(b"url ", struct.pack(">I", flags))
        dinf = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), entry))

        track = read_trak(memoryview(_box(b"mdia", _box(b"minf", dinf))))

        assert track.external is external


def test_a_fragment_reaches_as_far_as_its_runs() -> None:
    # default-base-is-moof; offset 100, three samples of 10, 20 and 30 bytes; then two of 7
    sized = struct.pack(">IIiIII", 0x000201, 3, 100, 10, 20, 30)
    first = _box(
        b"traf",
        _box(b"tfhd", struct.pack(">II", 0x020000, 1)),
        _box(b"trun", sized),
        _box(b"trun", struct.pack(">II", 0, 2)),
    )

    assert read_moof(first, 1000, {1: 7}) == (5, 1000 + 100 + 60 + 14)
