"""Any bytes: zeros, transport streams and Matroska heads are read or given up, and never wrongly."""

import io
import re
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.probe.ebml import encrypted, segment_end
from ingest.media.probe.ends import asf_packet, ending, pack
from ingest.media.probe.jpegs import scan_without_zeros
from ingest.media.probe.texts import clean
from ingest.media.probe.transport import count_packets
from ingest.media.probe.zeros import SHORTEST, Watched, ZeroRuns

PIECES = st.lists(
    st.tuples(
        st.booleans(), st.sampled_from([1, 100, 1023, 1024, 2048, 4095, 4096, 4097, 9000, 70_000])
    ),
    max_size=12,
)


@given(PIECES, st.sampled_from([997, 4096, 10_000, 1 << 18]))
@settings(max_examples=80, deadline=None)
def test_zeros_are_found_however_the_file_is_read(
    pieces: list[tuple[bool, int]], block: int
) -> None:
    content = b"".join((b"\0" if zero else b"x") * length for zero, length in pieces)
    expected = [run.span() for run in re.finditer(rb"\0{4096,}", content)]

    runs = ZeroRuns()
    file = Watched(io.BytesIO(content), runs)
    while file.read(block):
        pass

    # reads far shorter than a run see too little of it to be sure; demuxers read 256 KiB at a time
    found = runs.runs()
    assert set(found) <= set(expected)
    if block >= 2 * SHORTEST:
        assert found == expected


def test_zeros_are_found_in_whatever_order_they_come() -> None:
    runs = ZeroRuns()
    for place in (9000, 3000, 6000, 0):
        runs.see(place, bytes(3000) if place < 9000 else b"x" * 3000)

    assert runs.runs() == [(0, 9000)]


def _packet(pid: int, counter: int, flags: int = 0x10) -> bytes:
    return struct.pack(">BHB", 0x47, pid, flags | counter & 0x0F) + bytes([0, 0]) + b"\xff" * 182


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    lost=st.sets(st.integers(1, 60), max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_every_lost_packet_is_missed(counts: list[int], lost: set[int]) -> None:
    order = [(0x100 + n, counter) for n, count in enumerate(counts) for counter in range(count)]
    order.sort(key=lambda each: each[1])
    last = dict(order)
    # one that nobody follows cannot be missed, nor the first
    missing = {n for n in lost if n < len(order) and 0 < order[n][1] < last[order[n][0]]}
    kept = b"".join(_packet(*each) for n, each in enumerate(order) if n not in missing)

    found = count_packets(io.BytesIO(kept))

    assert found.packets == len(order) - len(missing)
    assert sum(jump.missing for jump in found.jumps) == len(missing)


def test_a_repeated_packet_and_an_announced_jump_are_no_loss() -> None:
    announced = bytearray(_packet(0x100, 9, 0x30))
    announced[4:6] = b"\x01\x80"
    content = _packet(0x100, 1) + _packet(0x100, 2) * 2 + bytes(announced) + _packet(0x100, 10)

    assert count_packets(io.BytesIO(content)).jumps == []


@given(st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from([b"G", b"x"])).map(b"".join)))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_transport_stream_with_bounds(content: bytes) -> None:
    found = count_packets(io.BytesIO(content))

    assert found.packets * 188 <= len(content)
    for jump in found.jumps:
        assert 0 <= jump.start <= jump.end <= len(content)


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_any_bytes_after_a_matroska_mark_say_something_or_nothing(content: bytes) -> None:
    file = io.BytesIO(b"\x1aE\xdf\xa3" + content)

    assert encrypted(file) in {True, False}
    end = segment_end(file)
    assert end is None or end > 0


def _element(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">Q", 1 << 56 | len(body)) + body


def test_an_encrypted_matroska_track_is_recognised() -> None:
    for inner, is_encrypted in ((b"\x50\x35", True), (b"\x50\x34", False)):
        encoding = _element(b"\x62\x40", _element(inner, b"\0"))
        entry = _element(b"\xae", _element(b"\xd7", b"\1") + _element(b"\x6d\x80", encoding))
        tracks = _element(b"\x16\x54\xae\x6b", entry)
        head = _element(b"\x1aE\xdf\xa3", b"\x42\x86\x81\x01")
        file = io.BytesIO(head + _element(b"\x18\x53\x80\x67", tracks))

        assert encrypted(file) is is_encrypted
        assert segment_end(file) == len(file.getvalue())


@given(st.text(max_size=3000))
def test_texts_are_bounded_and_printable(text: str) -> None:
    kept = clean(text)

    assert len(kept) <= 1024
    assert kept.isprintable() or any(ord(letter) > 0x7F for letter in kept)
    assert clean(kept) == kept


_HEADS = {
    "mp3": b"\xff\xfb\x90\x64" + bytes(32) + b"Info\0\0\0\x0f",
    "ogg": b"OggS\0\x04" + bytes(20) + b"\x01\x08",
    "gif": b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + b"\x2c" + bytes(9),
    "flv": b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x09\0\0\x01" + bytes(8) + b"\0\0\0\x0c",
    "asf": bytes.fromhex("3026b2758e66cf11a1dcab8c47a9cf118ee400c00c205365") + bytes(60),
    "mpeg": (b"\0\0\1\xba" + bytes(60)) * 6,
    "bmp": b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0" + bytes(36),
    "tiff": b"II*\0\x08\0\0\0\x02\0\x11\1\4\0\1\0\0\0\x10\0\0\0\x17\1\4\0\xff\xff\0\0",
}


@given(st.sampled_from(sorted(_HEADS)), st.binary(max_size=300), st.integers(0, 120))
@settings(max_examples=300, deadline=None)
def test_any_bytes_have_an_ending_or_none(container: str, rest: bytes, kept: int) -> None:
    file = io.BytesIO(_HEADS[container][:kept] + rest)

    found = ending(file, container)

    assert found.at is None or (not found.cut and 0 <= found.at <= len(file.getvalue()))
    assert (asf_packet(file) or 1) > 0
    assert (pack(file) or 1) > 0


@given(st.binary(max_size=200), st.binary(max_size=60), st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_jpeg_with_a_scan_or_none(tables: bytes, frame: bytes, scan: bytes) -> None:
    def segment(code: int, body: bytes) -> bytes:
        return b"\xff" + bytes([code]) + struct.pack(">H", len(body) + 2) + body

    data = b"\xff\xd8" + segment(0xC4, tables) + segment(0xC0, frame) + segment(0xDA, scan)

    assert scan_without_zeros(data) in {None, len(data)}
