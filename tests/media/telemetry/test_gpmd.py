"""GoPro telemetry: what a payload says about places, and that no payload can do harm."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.gpmd import GpmdLook
from ingest.media.telemetry.gpsrows import utc_of
from ingest.media.telemetry.klv import DEEPEST, items, nests, samples
from tests.media.telemetry.making import gps5, gps9, item, longs, nest, payload, text

BEIJING = (399_042_000, 1_164_074_000, 43_500, 1_250, 130)


def _look(*payloads: bytes) -> GpmdLook:
    look = GpmdLook()
    for index, one in enumerate(payloads):
        look.take(index * 1000.0, 1000.0, one)
    return look


def test_a_camera_s_samples_are_spread_over_their_payload_and_keep_the_receiver_s_time() -> None:
    look = _look(
        payload(gps5([BEIJING, BEIJING])), payload(gps5([BEIJING], utc="261122083001.500"))
    )
    first, second, third = look.points()
    assert (first.lat_e7, first.lon_e7, first.alt_mm, first.speed_mm_s) == BEIJING[:4]
    assert [point.ms for point in (first, second, third)] == [0, 500, 1000]
    utc = [point.utc_ms for point in (first, second, third)]
    assert utc == [1_795_336_200_500, 1_795_336_201_000, 1_795_336_201_500]
    assert (look.kind, look.device) == ("GPS5", {"model": "Hero7 Black"})


def test_a_sample_with_its_own_time_and_fix_is_believed_before_one_without() -> None:
    row = (*BEIJING, 9822, 30_600_250, 120, 3)
    look = _look(payload(gps5([BEIJING]), gps9([row, (*row[:8], 0)])))
    (point,) = look.points()
    assert look.kind == "GPS9"
    assert point.utc_ms == 1_795_336_200_250
    assert look.sieve.dropped == {"no_fix": 1}


@pytest.mark.parametrize(("fix", "dop"), [(0, 210), (3, 9999)])
def test_a_place_without_a_fix_is_left_out_and_counted(fix: int, dop: int) -> None:
    look = _look(payload(gps5([BEIJING] * 3, fix=fix, dop=dop)))
    assert look.points() == []
    assert (look.kind, look.sieve.seen, look.sieve.dropped) == (None, 3, {"no_fix": 3})


def test_a_drone_s_samples_are_placed_by_their_own_clock_and_dated_by_its_system_time() -> None:
    def stream(*seconds: float) -> bytes:
        rows = [
            struct.pack(">QlllHHHHBB", int(s * 10**6), *BEIJING[:3], 25, 42, 59, 0, 3, 20)
            for s in seconds
        ]
        return nest(
            b"STRM",
            text(b"TYPE", "JlllSSSSBB"),
            longs(b"SCAL", 10**6, 10**7, 10**7, 1000, 100, 100, 100, 100, 1, 1),
            item(b"GPRI", b"?", 30, b"".join(rows)),
        )

    # 146.5 s after it was switched on it was 2017-04-17 19:27:58 UTC
    times = struct.pack(">QQ", 146_500_000, 1_492_457_278_000)
    system = nest(
        b"STRM", text(b"TYPE", "JJ"), longs(b"SCAL", 10**6, 1000), item(b"SYST", b"?", 16, times)
    )
    look = _look(payload(stream(145.9, 146.3), system), payload(stream(146.9, 147.3), system))
    points = look.points()
    assert [point.ms for point in points] == [50, 450, 1050, 1450]
    assert points[0].utc_ms == 1_492_457_277_400
    assert points[0].speed_mm_s == 590


def test_a_payload_that_is_none_is_counted_and_the_next_one_read() -> None:
    whole = payload(gps5([BEIJING]))
    look = _look(whole[:-4], whole)
    assert (look.broken, len(look.points())) == (1, 1)


def test_divisors_of_zero_and_too_few_of_them_give_no_place() -> None:
    zero = payload(gps5([BEIJING])).replace(struct.pack(">l", 10**7), bytes(4))
    few = payload(nest(b"STRM", longs(b"SCAL", 10**7, 10**7), longs(b"GPS5", *BEIJING)))
    assert _look(zero).points() == []
    assert _look(few).broken == 1


def test_a_structure_is_read_by_its_types_with_arrays() -> None:
    data = item(b"myDD", b"?", 10, struct.pack(">2hfH", 1, -2, 0.5, 7))
    (one,) = items(memoryview(data))
    assert samples(one, "s[2]fS") == [(1, -2, 0.5, 7)]
    with pytest.raises(TelemetryError):
        samples(one, "s[3]fS")


def test_fixed_point_numbers_have_their_fractions() -> None:
    (one,) = items(memoryview(item(b"FIXD", b"q", 4, struct.pack(">i", -(3 << 15)))))
    assert samples(one) == [(-1.5,)]


def test_nests_deeper_than_any_camera_s_are_refused() -> None:
    data = b""
    for _ in range(DEEPEST + 2):
        data = nest(b"NEST", data)
    with pytest.raises(TelemetryError):
        list(nests(memoryview(data), b"DEVC"))


@pytest.mark.parametrize("words", ["26112208300", "261322083000.500", "2611220830xx.500", ""])
def test_a_time_that_is_none_is_none(words: str) -> None:
    assert utc_of(words) is None


KEYS = st.sampled_from(
    [b"DEVC", b"STRM", b"GPS5", b"GPS9", b"GPRI", b"SCAL", b"TYPE", b"SYST", b"GPSU"]
)
NOISE = st.one_of(
    st.binary(max_size=200),
    st.builds(payload, st.binary(max_size=80)),
    st.recursive(
        st.builds(
            lambda key, kind, size, body: item(key, kind, size, body, repeat=len(body) // size),
            *(KEYS, st.sampled_from([b"l", b"?", b"c", b"f", b"U", b"x", b"d"])),
            *(st.integers(1, 40), st.binary(max_size=60)),
        ),
        lambda inner: st.builds(
            lambda key, parts: nest(key, *parts), KEYS, st.lists(inner, max_size=4)
        ),
        max_leaves=12,
    ),
)


@settings(deadline=None)
@given(NOISE)
def test_any_payload_gives_places_that_can_be_or_none(data: bytes) -> None:
    look = _look(data, payload(data))
    for point in look.points():
        assert abs(point.lat_e7) <= 900_000_000
        assert abs(point.lon_e7) <= 1_800_000_000


@pytest.mark.timeout(20)
def test_a_receiver_that_has_no_time_costs_no_time() -> None:
    """`None in range(…)` would look at every millisecond of a century."""
    look = _look(payload(gps5([BEIJING], utc="no time is known")))
    assert [point.utc_ms for point in look.points()] == [None]
