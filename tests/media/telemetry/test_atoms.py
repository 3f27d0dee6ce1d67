"""Positions in an MP4's boxes and in ISO 6709's text form."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.telemetry.atoms import read_atoms
from ingest.media.telemetry.iso6709 import position
from tests.media.telemetry.making import box, full, movie, nest, text


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("+22.5431+113.9213+012.3CRSWGS_84/", (225_431_000, 1_139_213_000, 12_300)),
        ("-2732.5-05830.25/", (-275_416_667, -585_041_667, None)),
        ("+404530.5-0735903/", (407_584_722, -739_841_667, None)),
        ("+0000.0+00000.0-1/", (0, 0, -1000)),
    ],
)
def test_a_position_in_text_is_read_in_its_three_forms(
    words: str, place: tuple[int, int, int | None]
) -> None:
    found = position(words)
    assert found is not None
    assert (found.lat_e7, found.lon_e7, found.alt_mm) == place


def _xyz(words: str) -> bytes:
    return box(b"\xa9xyz", struct.pack(">HH", len(words), 0x15C7), words.encode())


def test_quicktime_s_text_box_is_a_position_and_is_kept_as_it_is() -> None:
    raw = _xyz("+39.9042+116.4074/")
    found = read_atoms(io.BytesIO(movie(udta=box(b"free", bytes(9)) + raw + bytes(4))))
    (point,) = found.points
    assert (point.lat_e7, point.lon_e7) == (399_042_000, 1_164_074_000)
    assert found.raw == raw


@pytest.mark.parametrize("name", [b"Wangfujing\0", "\ufeff王府井\0".encode("utf-16-be")])
def test_3gpp_s_box_has_longitude_first_in_sixteenths_of_a_bit(name: bytes) -> None:
    numbers = struct.pack(">3i", int(116.5 * 65536), int(-39.25 * 65536), int(43.5 * 65536))
    loci = full(b"loci", b"\x15\xc7", name, b"\0", numbers, b"earth\0\0")
    (point,) = read_atoms(io.BytesIO(movie(udta=loci))).points
    assert (point.lat_e7, point.lon_e7, point.alt_mm) == (-392_500_000, 1_165_000_000, 43_500)


def _apple(**values: str) -> bytes:
    names = [f"com.apple.quicktime.{name}".replace("_", ".") for name in values]
    keys = full(
        b"keys",
        struct.pack(">I", len(names)),
        *(box(b"mdta", name.encode()) for name in names),
    )
    entries = [
        box(struct.pack(">I", index), box(b"data", struct.pack(">II", 1, 0), value.encode()))
        for index, value in enumerate(values.values(), start=1)
    ]
    return box(b"meta", full(b"hdlr", bytes(20)), keys, box(b"ilst", *entries))


def test_apple_s_metadata_name_the_place_and_the_telephone() -> None:
    meta = _apple(make="Apple", location_ISO6709="+31.2304+121.4737+004/", model="iPhone 15")
    found = read_atoms(io.BytesIO(movie(meta=meta)))
    assert [(p.lat_e7, p.lon_e7, p.alt_mm) for p in found.points] == [
        (312_304_000, 1_214_737_000, 4000)
    ]
    assert found.device == {"make": "Apple", "model": "iPhone 15"}


def test_a_gopro_s_boxes_name_it() -> None:
    gpmf = nest(b"DEVC", text(b"MINF", "HERO9 Black"), text(b"CASN", "C3441324545678"))
    udta = box(b"FIRM", b"HD9.01.01.50.00") + box(b"GPMF", gpmf)
    assert read_atoms(io.BytesIO(movie(udta=udta))).device == {
        "make": "GoPro",
        "model": "HERO9 Black",
        "serial": "C3441324545678",
        "firmware": "HD9.01.01.50.00",
    }


def test_no_place_and_an_impossible_one_are_not_kept() -> None:
    for words in ("+00.0000+000.0000/", "+95.0000+010.0000/", "nowhere"):
        assert read_atoms(io.BytesIO(movie(udta=_xyz(words)))).points == []


def test_a_box_that_does_not_fit_ends_the_search_and_what_was_found_stays() -> None:
    cut = _xyz("+39.9042+116.4074/") + struct.pack(">I", 999) + b"loci"
    assert len(read_atoms(io.BytesIO(movie(udta=cut))).points) == 1


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"\xa9xyz", b"loci", b"GPMF", b"meta", b"keys"]))
def test_any_bytes_in_any_box_give_positions_that_can_be_or_none(data: bytes, kind: bytes) -> None:
    for file in (movie(udta=box(kind, data) + data), movie(meta=box(b"meta", data)), data):
        for point in read_atoms(io.BytesIO(file)).points:
            assert abs(point.lat_e7) <= 900_000_000
            assert abs(point.lon_e7) <= 1_800_000_000


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_position_or_none(words: str) -> None:
    position(words)
