"""Any bytes at all: the media parsers give a value or their one error, and stay within bounds."""

import io
import string
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.boxes import children
from ingest.media.errors import BoxError
from ingest.media.facts import DAMAGES, KINDS, MediaFacts
from ingest.media.fragments import read_moof
from ingest.media.integrity import mp4_structure, search, structure, zeros
from ingest.media.layout import Layout, read_layout
from ingest.media.sampletable import read_trak
from ingest.media.sniff import Sniffed, sniff

KINDS_OF_BOX = (
    b"moov trak mdia minf stbl stsz stz2 stsc stco co64 stsd hdlr dinf dref mvex trex "
    b"moof traf tfhd trun mdat ftyp free"
).split()
NUMBERS = st.sampled_from([0, 1, 2, 7, 8, 100, 2**16, 2**31, 2**32 - 1])


@st.composite
def _leaf(draw: st.DrawFn) -> bytes:
    return b"".join(struct.pack(">I", draw(NUMBERS)) for _ in range(draw(st.integers(0, 12))))


@st.composite
def _boxes(draw: st.DrawFn, depth: int = 6) -> bytes:
    """Boxes with real names, in any order and nesting, some with a false size."""
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        body = draw(_boxes(depth=depth - 1)) if depth and draw(st.booleans()) else draw(_leaf())
        size = draw(st.one_of(st.just(8 + len(body)), st.just(8 + len(body)), NUMBERS))
        parts.append(struct.pack(">I4s", size, draw(st.sampled_from(KINDS_OF_BOX))) + body)
    return b"".join(parts)


def _layout(content: bytes) -> Layout | None:
    try:
        return read_layout(io.BytesIO(content))
    except BoxError:
        return None


def _check(content: bytes, sniffed: Sniffed) -> None:
    """Every fault that is found has a code of ours and lies at a place."""
    file, layout = io.BytesIO(content), _layout(content)
    faults = structure(file, sniffed) + zeros(file, sniffed, None, search(file))
    if layout is not None:
        faults += mp4_structure(layout) + zeros(file, sniffed, layout, search(file))
    for fault in faults:
        assert fault.code in DAMAGES
        assert fault.start is None or 0 <= fault.start <= len(content)
        assert fault.end is None or fault.start is None or fault.end >= fault.start


@given(st.one_of(st.binary(max_size=600), _boxes()))
@settings(max_examples=400, deadline=None)
def test_any_file_has_a_layout_or_is_refused(content: bytes) -> None:
    layout = _layout(content)

    if layout is not None:
        assert layout.size == len(content)
        for start, end in layout.media:
            assert start >= 0
            assert end <= len(content)


@given(st.one_of(st.binary(max_size=300), _boxes()))
@settings(max_examples=300, deadline=None)
def test_any_track_and_any_fragment_is_read_or_refused(content: bytes) -> None:
    for read in (
        lambda: read_trak(memoryview(content)),
        lambda: read_moof(content, 0, {1: 10}),
        lambda: list(children(memoryview(content))),
    ):
        try:
            read()
        except BoxError:
            continue


@given(
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=60),
    per_chunk=st.integers(1, 9),
    gap=st.integers(0, 50),
    wide=st.booleans(),
)
def test_a_sample_table_reaches_exactly_as_far_as_its_last_sample(
    sizes: list[int], per_chunk: int, gap: int, wide: bool
) -> None:
    offsets, position = [], 1000
    for first in range(0, len(sizes), per_chunk):
        offsets.append(position)
        position += sum(sizes[first : first + per_chunk]) + gap
    end = position - gap

    track = read_trak(memoryview(_trak(sizes, offsets, per_chunk, wide=wide)[8:]))

    assert (track.handler, track.samples, track.end) == ("vide", len(sizes), end)
    reached = sum(b - a for a, b in zip(track.starts, track.ends, strict=True))
    assert reached == sum(sizes)


@given(size=st.integers(1, 2000), missing=st.integers(0, 2000))
def test_a_file_is_cut_off_as_soon_as_one_byte_of_a_sample_is_missing(
    size: int, missing: int
) -> None:
    missing = min(missing, size)
    head = _box(b"ftyp", b"isom", bytes(4))
    # the offset is a fixed-width number, so the moov is as long for any
    start = len(head) + len(_box(b"moov", _trak([size], [0], 1, wide=False))) + 8
    moov = _box(b"moov", _trak([size], [start], 1, wide=False))
    content = head + moov + _box(b"mdat", b"\xff" * size)

    layout = _layout(content[: len(content) - missing])

    assert layout is not None
    assert layout.has_index
    assert layout.cut_off is (missing > 0)


@given(st.binary(max_size=800), st.text(string.ascii_lowercase + ".", max_size=9))
@settings(max_examples=300)
def test_any_file_is_sniffed_and_checked(content: bytes, name: str) -> None:
    sniffed = sniff(content, name)

    assert sniffed.kind in KINDS
    _check(content, sniffed)


@given(
    st.sampled_from(
        [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\x1aE\xdf\xa3", b"RIFF\x10\0\0\0AVI "]
    ),
    st.binary(max_size=400),
)
@settings(max_examples=300)
def test_any_bytes_after_a_known_beginning_are_checked(magic: bytes, content: bytes) -> None:
    sniffed = sniff(magic + content, "")

    assert sniffed.certain
    _check(magic + content, sniffed)


FACTS = st.builds(
    MediaFacts,
    kind=st.sampled_from(sorted(KINDS)),
    container=st.none() | st.text(max_size=8),
    duration=st.none() | st.floats(0, 1e6),
    width=st.none() | st.integers(0, 1 << 20),
    created=st.none() | st.text(max_size=20),
    damage=st.lists(st.sampled_from(sorted(DAMAGES)), unique=True).map(tuple),
    plays_in_browser=st.booleans(),
    has_audio=st.booleans(),
)


@given(FACTS)
def test_facts_come_back_from_json_as_they_were(facts: MediaFacts) -> None:
    assert MediaFacts.from_json(facts.to_json()) == facts


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(sorted(MediaFacts(kind="data").to_json())), JSON))
@settings(max_examples=300)
def test_any_object_is_facts_or_a_value_error(value: dict[str, object]) -> None:
    try:
        facts = MediaFacts.from_json({"kind": "video"} | value)
    except ValueError:
        return
    assert facts.kind in KINDS


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _trak(sizes: list[int], offsets: list[int], per_chunk: int, *, wide: bool) -> bytes:
    letter, name = ("Q", b"co64") if wide else ("I", b"stco")
    count, chunks = len(sizes), len(offsets)
    stbl = _box(
        b"stbl",
        _box(b"stsz", struct.pack(f">III{count}I", 0, 0, count, *sizes)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, per_chunk, 1)),
        _box(name, struct.pack(f">II{chunks}{letter}", 0, chunks, *offsets)),
    )
    hdlr = _box(b"hdlr", bytes(8), b"vide", bytes(12))
    return _box(b"trak", _box(b"mdia", hdlr, _box(b"minf", stbl)))
