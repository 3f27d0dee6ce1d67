"""MTP, on any bytes: every parser gives a value or its one error, and a session fed with them ends."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import DeviceError
from devices.mtp.containers import Kind, build, build_message, parse_header, parse_message
from devices.mtp.datasets import (
    parse_codes,
    parse_device_info,
    parse_handles,
    parse_object_info,
    parse_storage_info,
)
from devices.mtp.dates import format_date, parse_date
from devices.mtp.errors import ParseError
from devices.mtp.link import LinkStalledError, LinkTimeoutError
from devices.mtp.listing import Limits
from devices.mtp.properties import (
    parse_property_description,
    parse_property_list,
    parse_property_value,
    parse_size,
)
from devices.mtp.recorder import MtpRecorder
from devices.mtp.strings import build_string, name_bytes, parse_string
from tests.fakes.responder import ANDROID, PIMA, Content, Habits, Responder, tree

ZONE = ZoneInfo("Asia/Shanghai")
UNITS = st.text(st.characters(exclude_categories=()), max_size=120)  # half surrogates too
PARSERS: list[Callable[[bytes], object]] = [
    parse_header,
    lambda raw: parse_message(raw, Kind.RESPONSE),
    lambda raw: parse_message(raw, Kind.EVENT),
    parse_string,
    parse_device_info,
    parse_storage_info,
    parse_object_info,
    parse_handles,
    parse_codes,
    parse_property_description,
    parse_property_list,
    lambda raw: parse_property_value(raw[2:], int.from_bytes(raw[:2], "little")),
    parse_size,
]


def as_units(text: str) -> str:
    """What two halves of a surrogate become when they meet."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize("parse", PARSERS)
@given(raw=st.binary(max_size=300))
def test_any_bytes_are_a_value_or_a_parse_error(
    parse: Callable[[bytes], object], raw: bytes
) -> None:
    with suppress(ParseError):
        parse(raw)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    parse_date(text, ZONE)


@given(UNITS)
def test_a_string_comes_back(text: str) -> None:
    text = as_units(text)
    raw = build_string(text)
    if not text.endswith("\0"):
        assert parse_string(raw + b"rest") == (text, len(raw))


@given(UNITS, UNITS)
def test_two_names_are_never_one_path(one: str, other: str) -> None:
    one, other = as_units(one), as_units(other)
    assert name_bytes(one).decode("utf-8", "surrogatepass") == one
    assert (name_bytes(one) == name_bytes(other)) == (one == other)


@given(
    st.sampled_from(list(Kind)),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.lists(st.integers(0, 0xFFFFFFFF), max_size=5),
)
def test_a_message_comes_back(kind: Kind, code: int, number: int, parameters: list[int]) -> None:
    found = parse_message(build_message(kind, code, number, *parameters), kind)
    assert (found.code, found.transaction, list(found.parameters)) == (code, number, parameters)


@given(st.binary(max_size=100))
def test_a_container_says_its_length(payload: bytes) -> None:
    assert parse_header(build(Kind.DATA, 1, 2, payload)).payload == len(payload)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(0, 6))  # noqa: DTZ001
def test_a_date_comes_back(when: datetime, decimals: int) -> None:
    when = when.replace(tzinfo=UTC)
    date = parse_date(format_date(when, ZONE, suffix="Z", decimals=decimals), ZONE)
    assert date is not None
    assert timedelta() <= when - date.when < timedelta(microseconds=date.digit_us)


class Babbler(Responder):
    """Answers honestly for a while, then with whatever bytes it is given, then not at all."""

    def __init__(self, honest: int, babble: list[bytes | None]) -> None:
        files = {"d/a": b"1" * 600, "b": b"2"}
        operations = ANDROID if honest % 2 else PIMA
        super().__init__(tree(files), habits=Habits(operations=operations))
        self.honest = honest
        self.babble = list(babble)

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        if self.honest > 0:
            self.honest -= 1
            return super().read_into(buffer, timeout=timeout)
        if not self.babble:
            self.hand.seconds += timeout
            raise LinkTimeoutError
        self.hand.seconds += 0.001
        said = self.babble.pop(0)
        if said is None:
            raise LinkStalledError
        said = said[: len(buffer)]
        buffer[: len(said)] = said
        return len(said)


def like_a_container() -> st.SearchStrategy[bytes]:
    """Bytes with a header that may be right."""
    header = st.builds(
        lambda length, kind, code, number: struct.pack("<IHHI", length, kind, code, number),
        st.sampled_from([0, 12, 16, 32, 600, 0xFFFFFFFF]),
        st.integers(0, 5),
        st.sampled_from([0x1001, 0x1002, 0x1004, 0x1007, 0x1008, 0x95C1, 0x2001, 0x2005]),
        st.integers(0, 12),
    )
    return st.builds(lambda head, rest: head + rest, header, st.binary(max_size=600))


@settings(max_examples=300)
@given(
    honest=st.integers(0, 40),
    babble=st.lists(st.none() | st.binary(max_size=600) | like_a_container(), max_size=30),
)
def test_whatever_a_recorder_says_a_session_with_it_ends(
    honest: int, babble: list[bytes | None]
) -> None:
    link = Babbler(honest, babble)
    recorder = None
    try:
        recorder = MtpRecorder(
            link, zone=ZONE, timing=link.hand.timing(), limits=Limits(objects=50)
        )
        recorder.read_clock()
        for clip in recorder.list().clips:
            assert not clip.path.startswith(b"/")
            assert not {b"..", b"."} & set(clip.path.split(b"/"))
            with recorder.open(clip) as reader:
                room, total = memoryview(bytearray(1 << 16)), 0
                while total <= min(clip.size, 1 << 20) and (count := reader.read_into(room)):
                    total += count
            with recorder.releasing():
                recorder.erase(clip)
    except DeviceError:
        pass
    finally:
        if recorder is not None:
            recorder.close()
    assert link.hand.seconds < 600
    assert link.closed


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 5 << 20),
    moves=st.lists(st.tuples(st.integers(0, 6 << 20), st.integers(1, 3 << 20)), max_size=8),
    whole=st.booleans(),
    packet=st.sampled_from([64, 512, 1024]),
    zlp=st.booleans(),
)
def test_a_reader_is_a_file(
    size: int, moves: list[tuple[int, int]], whole: bool, packet: int, zlp: bool
) -> None:
    content = Content(size, salt=size)
    habits = Habits(
        operations=PIMA - {0x101B} if whole else ANDROID, packet=packet, zero_length_packet=zlp
    )
    link = Responder(tree({"a": content}), habits=habits)
    recorder = MtpRecorder(link, zone=ZONE, timing=link.hand.timing())
    try:
        with recorder.open(recorder.list().clips[0]) as reader:
            for offset, length in moves:
                reader.seek(offset)
                room, done = memoryview(bytearray(length)), 0
                while done < length and (count := reader.read_into(room[done:])):
                    done += count
                assert room[:done] == content[offset : offset + length]
                assert done == max(0, min(length, size - offset))
    finally:
        recorder.close()
