"""The body of add-checkpoint: any bytes are a request or the one error."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import MalformedNoteError
from archive.ledger.note import parse_note
from archive.ledger.witness.request import MOST_BYTES, parse_request, write_request
from tests.fakes.logs import MemoryLog

NOTE = MemoryLog().note(300)
GOOD = MemoryLog().request(200, 300)
HASH = base64.b64encode(bytes(32)).decode()


@given(
    st.integers(0, 2**62),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.integers(0, 999),
)
def test_a_request_reads_back_as_it_was_written(old: int, path: list[bytes], size: int) -> None:
    note = MemoryLog().note(size)
    asked = parse_request(write_request(old=old, path=path, note=note))
    assert (asked.old, list(asked.path)) == (old, path)
    assert asked.note == parse_note(note)
    assert asked.checkpoint.size == size


@given(st.binary() | st.text().map(str.encode) | st.binary().map(lambda b: b"old 0\n\n" + b))
@example(b"")
@example(b"\n\n")
@example(b"old 0\n\n")
def test_any_bytes_are_a_request_or_malformed(body: bytes) -> None:
    try:
        asked = parse_request(body)
    except MalformedNoteError:
        return
    assert body.endswith(b"\n")
    assert asked.old >= 0


@given(st.data())
def test_a_changed_request_is_malformed_or_another_one(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    new = data.draw(st.binary(max_size=2).filter(lambda b: b != GOOD[at : at + 1]))
    try:
        changed = parse_request(GOOD[:at] + new + GOOD[at + 1 :])
    except MalformedNoteError:
        return
    assert changed != parse_request(GOOD)


@pytest.mark.parametrize(
    "head",
    [
        "old 00",
        "old 01",
        "old -1",
        "old +1",
        "old  1",
        "old 1 ",
        "old ",
        "old",
        "new 1",
        "OLD 1",
        "old ١",
        "old 99999999999999999999",
        "old 1\nnot base64",
        "old 1\n" + HASH[:-1] + "B",
        "old 1\n" + HASH + "\r",
        "old 1\n" + base64.b64encode(bytes(31)).decode(),
        "old 1\n" + "\n".join([HASH] * 64),
    ],
)
def test_another_spelling_is_no_request(head: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_request(head.encode() + b"\n\n" + NOTE)


def test_sixty_three_hashes_are_allowed() -> None:
    body = ("old 1\n" + "\n".join([HASH] * 63)).encode() + b"\n\n" + NOTE
    assert len(parse_request(body).path) == 63


def test_what_is_longer_than_any_request_is_not_read() -> None:
    with pytest.raises(MalformedNoteError, match="longer"):
        parse_request(GOOD + "— a AAAAAAA=\n".encode() * (MOST_BYTES // 15))
