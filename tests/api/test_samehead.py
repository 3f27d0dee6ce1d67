"""Heads that are the same but for their range, and those that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.samehead import SameHead, same_head

HEAD = b"GET /clip HTTP/1.1\r\nHost: here\r\nRange: bytes=0-99\r\nCookie: a=b\r\n\r\n"
AGAIN = b"Range: bytes=0-99"


def known() -> SameHead:
    """Of HEAD."""
    head = same_head(HEAD)
    assert head is not None
    return head


def test_another_range_is_read() -> None:
    assert known().numbers(HEAD.replace(b"0-99", b"1048576-1310719")) == (1048576, 1310719)
    assert known().numbers(HEAD) == (0, 99)


@pytest.mark.parametrize(
    "range_",
    [
        *(
            b"",
            b"-",
            b"5-",
            b"-5",
            b"0-99,200-299",
            b" 0-99",
            b"0-99 ",
            b"+1-2",
            b"0x1-2",
            b"1_0-20",
        ),
        *(b"0--99", b"1" * 16 + b"-2", b"0-99\r\nX: y", b"0-99\r\n\r\nGET / HTTP/1.1\r\nA: 1-2"),
        "\u0661-\u0662".encode(),
    ],
)
def test_anything_but_two_numbers_is_another_head(range_: bytes) -> None:
    assert known().numbers(HEAD.replace(b"0-99", range_)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"HEAD"),
        (b"/clip", b"/clap"),
        (b"a=b", b"a=c"),
        (b"Host: here", b"Host: there"),
        (b"Range", b"range"),
        (b"\r\n\r\n", b"\r\nIf-Range: x\r\n\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n" + HEAD),
        (b"\r\n\r\n", b"\r\n\r\nrest"),
        (b"\r\n\r\n", b"\r\n"),
    ],
)
def test_a_head_that_differs_elsewhere_is_another_one(old: bytes, new: bytes) -> None:
    assert known().numbers(HEAD.replace(old, new)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD.replace(b"GET", b"POST"),
        HEAD.replace(b"GET", b"HEAD"),
        HEAD.replace(b"bytes=0-99", b"bytes=0-99, 200-299"),
        HEAD.replace(b"bytes=0-99", b"bytes=0-"),
        HEAD.replace(AGAIN, b"X-Range: bytes=0-99"),
        HEAD.replace(AGAIN, AGAIN + b"\r\n" + AGAIN),
        HEAD.replace(AGAIN, AGAIN + b"\r\nRANGE : bytes=5-6"),
        HEAD.replace(AGAIN, AGAIN + b"\r\nContent-Length: 4"),
        HEAD.replace(AGAIN, AGAIN + b"\r\ntransfer-encoding: chunked"),
        HEAD.replace(AGAIN, AGAIN + b"\r\nUpgrade: h2c"),
        HEAD.replace(AGAIN, AGAIN + b"\r\nExpect: 100-continue"),
        HEAD.replace(AGAIN, AGAIN + b"\r\nX: " + b"a" * 5_000),
        HEAD.replace(b"Host: here\r\n", b"Host: here\n"),
        HEAD + HEAD,
        HEAD[:-2],
        HEAD + b"body",
    ],
)
def test_a_head_that_is_not_one_plain_range_has_none_like_it(data: bytes) -> None:
    assert same_head(data) is None


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_what_is_taken_for_the_same_is_the_same_outside_its_digits(
    noise: bytes, at: int, cut: int
) -> None:
    head = known()
    data = HEAD[: min(at, len(HEAD))] + noise + HEAD[min(cut, len(HEAD)) :]
    numbers = head.numbers(data)
    if numbers is not None:
        middle = data[len(head.before) : len(data) - len(head.after)]
        assert HEAD.replace(b"0-99", middle) == data
        assert tuple(map(int, middle.split(b"-"))) == numbers
