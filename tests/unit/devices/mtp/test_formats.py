"""The parsers, on bytes as documents and recorders write them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from devices.mtp.codes import Event, Operation, Response, named
from devices.mtp.containers import (
    LENGTH_UNKNOWN,
    Kind,
    Message,
    build,
    build_message,
    parse_header,
    parse_message,
)
from devices.mtp.datasets import parse_device_info, parse_handles, parse_object_info
from devices.mtp.dates import DeviceDate, format_date, nanoseconds, parse_date
from devices.mtp.errors import ParseError
from devices.mtp.make_codes import TABLE, WRITTEN, generate, snake
from devices.mtp.properties import (
    parse_property_description,
    parse_property_list,
    parse_property_value,
    parse_size,
)
from devices.mtp.strings import build_string, name_bytes, parse_string, shown

ZONE = ZoneInfo("Asia/Shanghai")


def test_the_codes_are_what_their_table_says() -> None:
    assert WRITTEN.read_text("utf-8") == generate(TABLE.read_text("utf-8"))


def test_a_table_with_a_name_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        generate('[Operation]\n0x1001 = "GetObject"\n0x1002 = "GetObject"\n')


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        ("GetObjectInfo", "GET_OBJECT_INFO"),
        ("GetStorageIDs", "GET_STORAGE_IDS"),
        ("InvalidStorageID", "INVALID_STORAGE_ID"),
        ("UINT8", "UINT8"),
        ("OK", "OK"),
    ],
)
def test_names_become_constants(name: str, constant: str) -> None:
    assert snake(name) == constant


def test_codes_are_shown_with_their_names() -> None:
    assert named(Response, 0x2019) == "0x2019 DEVICE_BUSY"
    assert named(Response, 0xA123) == "0xA123"
    assert named(Event, 0x4002) == "0x4002 OBJECT_ADDED"


def test_a_command_is_written_as_the_document_says() -> None:
    # USB Still Image 1.0, D.5.1: length, type, code, transaction, parameters; little-endian
    built = build_message(Kind.COMMAND, Operation.OPEN_SESSION, 0, 1)
    assert built.hex() == "10000000010002100000000001000000"


def test_a_response_is_read() -> None:
    raw = bytes.fromhex("1000000003000120070000002a000000")
    assert parse_message(raw, Kind.RESPONSE) == Message(
        code=Response.OK, transaction=7, parameters=(42,)
    )


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "0c00000003000120070000",  # eleven bytes
        "0b0000000300012007000000",  # shorter than its header
        "0c0000000500012007000000",  # a fifth kind
        "0c0000000200012007000000",  # data
        "100000000300012007000000",  # a parameter that is not there
        "0e00000003000120070000000000",  # half a parameter
        "240000000300012007000000" + "00" * 24,  # six parameters
    ],
)
def test_what_is_no_response_is_refused(raw: str) -> None:
    with pytest.raises(ParseError):
        parse_message(bytes.fromhex(raw), Kind.RESPONSE)


def test_a_length_that_is_left_out_says_nothing() -> None:
    header = parse_header(struct.pack("<IHHI", LENGTH_UNKNOWN, 2, 0x1009, 3))
    assert header.payload is None
    assert parse_header(build(Kind.DATA, 1, 2, b"abc")).payload == 3


def test_a_container_has_room_for_its_own_header() -> None:
    for length in (0, 11):
        with pytest.raises(ParseError, match="its own header"):
            parse_header(struct.pack("<IHHI", length, 2, 0x1009, 3))


def test_strings_count_units_and_end_with_nul() -> None:
    assert build_string("ab") == b"\x03a\0b\0\0\0"
    assert parse_string(b"\x03a\0b\0\0\0rest") == ("ab", 7)
    assert parse_string(b"\0rest") == ("", 1)
    assert parse_string(b"\x02a\0b\0") == ("ab", 5)  # some leave the NUL out
    assert parse_string(b"\x02\0\0b\0") == ("\0b", 5)  # one inside is kept
    assert build_string("x" * 254)[0] == 255
    with pytest.raises(ValueError, match="do not fit"):
        build_string("x" * 255)


@pytest.mark.parametrize("raw", [b"", b"\x02a\0", b"\xff" + bytes(509)])
def test_a_string_without_its_bytes_is_none(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parse_string(raw)


def test_half_a_surrogate_is_kept_apart_from_whatever_else() -> None:
    assert parse_string(b"\x01\x3d\xd8")[0] == "\ud83d"
    assert parse_string(b"\x02\x3d\xd8\x00\xde")[0] == "😀"
    assert name_bytes("\ud83d") == b"\xed\xa0\xbd"
    shown("\ud83d").encode()
    assert shown("x" * 99) == "x" * 80 + "…"


@pytest.mark.parametrize(
    ("text", "when", "digit"),
    [
        ("20240229T131415", datetime(2024, 2, 29, 5, 14, 15, tzinfo=UTC), 1_000_000),
        ("20240229T131415.3", datetime(2024, 2, 29, 5, 14, 15, 300_000, UTC), 100_000),
        ("20240229T131415Z", datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC), 1_000_000),
        ("20240229T131415.0-0330", datetime(2024, 2, 29, 16, 44, 15, tzinfo=UTC), 100_000),
        ("20240229T131415+0800", datetime(2024, 2, 29, 5, 14, 15, tzinfo=UTC), 1_000_000),
    ],
)
def test_dates_are_read(text: str, when: datetime, digit: int) -> None:
    date = parse_date(text, ZONE)
    assert isinstance(date, DeviceDate)
    assert (date.when, date.digit_us) == (when, digit)
    assert format_date(when, ZONE, suffix=date.suffix, decimals=date.decimals) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20230229T000000",
        "20240229 131415",
        "20240229T131415X",
        "20240229T131460",
        "00010101T000000+2359",
        "99991231T235959-2300",
        "20240229T131415+2460",
        "20240229T131415+9900",
        "20240229T131415+0875",
        "２0240229T131415",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text, ZONE) is None


def test_moments_are_exact_in_nanoseconds() -> None:
    when = datetime(2262, 4, 11, 23, 47, 16, 854_775, UTC)
    assert nanoseconds(when) == 9_223_372_036_854_775_000


def test_an_array_is_not_believed_before_its_bytes_are_there() -> None:
    assert parse_handles(struct.pack("<III", 2, 5, 6)) == (5, 6)
    for raw in (b"", struct.pack("<II", 2, 5), b"\xff\xff\xff\xff" + bytes(100)):
        with pytest.raises(ParseError):
            parse_handles(raw)


def test_an_object_info_is_read_to_its_dates() -> None:
    raw = (
        struct.pack("<IHHI", 0x10001, 0xB982, 1, 99)
        + bytes(26)
        + struct.pack("<IHII", 7, 0, 0, 0)
        + build_string("夜.mp4")
        + build_string("20240229T131415")
        + build_string("20240229T131416")
    )
    info = parse_object_info(raw + b"\0vendor")
    assert (info.storage, info.format, info.protection, info.size, info.parent) == (
        0x10001,
        0xB982,
        1,
        99,
        7,
    )
    assert (info.name, info.captured, info.modified) == (
        "夜.mp4",
        "20240229T131415",
        "20240229T131416",
    )
    for cut in range(len(raw)):
        with pytest.raises(ParseError):
            parse_object_info(raw[:cut])


def test_a_device_info_that_is_cut_is_none() -> None:
    raw = struct.pack("<HIH", 100, 6, 100) + b"\0" + bytes(2) + bytes(20) + b"\0\0\0\0"
    assert parse_device_info(raw).vendor_extension == 6
    with pytest.raises(ParseError):
        parse_device_info(raw[:-1])


def test_values_are_read_by_their_types() -> None:
    assert parse_property_value(b"\xff", 0x0001) == -1
    assert parse_property_value(b"\xff", 0x0002) == 255
    assert parse_property_value(b"\xff" * 16, 0x0009) == -1
    assert parse_property_value(struct.pack("<IHH", 2, 5, 6), 0x4004) == (5, 6)
    assert parse_property_value(struct.pack("<Ihh", 2, -5, 6), 0x4003) == (-5, 6)
    assert parse_property_value(build_string("a"), 0xFFFF) == "a"
    for type_ in (0x0000, 0x000B, 0x4000, 0x400B, 0x8001, 0xFFFE):
        with pytest.raises(ParseError):
            parse_property_value(bytes(64), type_)


def test_sizes_of_four_and_eight_bytes_are_read() -> None:
    assert parse_size(struct.pack("<Q", 1 << 33)) == 1 << 33
    assert parse_size(struct.pack("<I", 5)) == 5
    for raw in (b"", bytes(5), bytes(16)):
        with pytest.raises(ParseError):
            parse_size(raw)


def test_a_description_says_whether_a_property_can_be_set() -> None:
    raw = struct.pack("<HHB", 0x5011, 0xFFFF, 1) + build_string("") + build_string("now") + b"\0"
    found = parse_property_description(raw)
    assert (found.settable, found.current) == (True, "now")
    assert not parse_property_description(raw[:4] + b"\0" + raw[5:]).settable


def test_a_list_of_properties_is_read_whole_or_not_at_all() -> None:
    row = struct.pack("<IHHQ", 9, 0xDC04, 8, 1 << 40)
    (found,) = parse_property_list(struct.pack("<I", 1) + row)
    assert (found.handle, found.code, found.value) == (9, 0xDC04, 1 << 40)
    for raw in (
        struct.pack("<I", 2) + row,
        struct.pack("<I", 1) + row[:-1],
        b"\xff\xff\xff\xff" + row,
        struct.pack("<I", 1) + struct.pack("<IHHQ", 9, 0xDC04, 0x77, 1),
    ):
        with pytest.raises(ParseError):
            parse_property_list(raw)
