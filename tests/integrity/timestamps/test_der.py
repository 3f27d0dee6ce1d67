"""The encoder writes DER that others read; the reader takes DER and, whatever the bytes, raises one error."""

from __future__ import annotations

import contextlib
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.timestamps import asking, cms, der
from archive.timestamps.errors import TokenError


@settings(deadline=None)  # the machine may be busy
@given(st.integers(-(1 << 200), 1 << 200))
def test_a_number_comes_back_and_is_as_short_as_it_can_be(value: int) -> None:
    encoded = der.integer(value)
    assert der.read(encoded).number() == value
    body = encoded[2:]
    assert len(body) == 1 or (body[0], body[1] >> 7) not in {(0, 0), (0xFF, 1)}


@settings(deadline=None)  # the machine may be busy
@given(
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, 1 << 128), max_size=8),
)
def test_an_object_identifier_comes_back_and_is_what_others_read(
    first: int, second: int, rest: list[int]
) -> None:
    dotted = ".".join(map(str, [first, second, *rest]))
    encoded = der.oid(dotted)
    assert der.read(encoded).dotted() == dotted
    if all(arc < 1 << 32 for arc in rest):
        shown = x509.ObjectIdentifier(dotted)
        assert shown.dotted_string == dotted


@pytest.mark.parametrize("dotted", ["1", "3.1", "1.40", "0.40.1", "1.-2"])
def test_what_is_no_object_identifier_is_not_encoded(dotted: str) -> None:
    with pytest.raises(ValueError, match=dotted):
        der.oid(dotted)


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 253402300799999))
def test_a_time_comes_back_and_has_no_trailing_zero(milliseconds: int) -> None:
    encoded = der.time_of(milliseconds)
    text = encoded[2:].decode()
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert der.read(encoded).moment() == moment
    assert text.endswith("Z")
    assert "." not in text or not text.rstrip("Z").endswith("0")


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.binary(max_size=300).map(der.octets), max_size=6))
def test_a_set_is_in_order_whatever_order_it_was_given_in(items: list[bytes]) -> None:
    encoded = der.sorted_set(items)
    found = [value.raw for value in der.read(encoded).fields()]
    assert found == sorted(items)
    assert encoded == der.sorted_set(list(reversed(items)))


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=70_000))
def test_a_length_is_as_short_as_it_can_be(body: bytes) -> None:
    encoded = der.octets(body)
    assert der.read(encoded).body == body
    assert len(encoded) - len(body) == 2 + sum(len(body) >= n for n in (128, 256, 65_536))


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=400))
def test_whatever_the_bytes_the_reader_raises_one_error(data: bytes) -> None:
    for read in (
        asking.decode_request,
        asking.decode_answer,
        asking.read_imprint,
        cms.parse_token,
        lambda b: der.read(b).number(),
        lambda b: der.read(b).dotted(),
        lambda b: der.read(b).moment(),
    ):
        with contextlib.suppress(TokenError):
            read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",  # indefinite length
        b"\x30\x81\x05\x02\x01\x01\x05\x00",  # a length that is longer than it need be
        b"\x30\x82\x00\x80" + bytes(128),
        b"\x30\x03\x02\x01",  # cut off
        b"\x1f\x81\x01\x00",  # a tag of two bytes
        b"\x30\x00\x00",  # something behind
        b"\x30\x85\x01\x00\x00\x00\x00",
    ],
)
def test_what_is_no_der_is_refused(data: bytes) -> None:
    with pytest.raises(TokenError) as refused:
        der.read(data).fields().done()
    assert refused.value.code == "malformed"


@pytest.mark.parametrize(
    "text",
    ["20261122120000", "20261122120000.0Z", "20261122120000.10Z", "20261322120000Z", "2611221200Z"],
)
def test_a_time_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        der.read(der.tlv(der.GENERALIZED_TIME, text.encode())).moment()


@pytest.mark.parametrize("data", [b"\x02\x02\x00\x01", b"\x02\x02\xff\x80", b"\x02\x00"])
def test_a_padded_number_is_refused(data: bytes) -> None:
    with pytest.raises(TokenError):
        der.read(data).number()


def test_a_request_is_what_openssl_reads() -> None:
    request = asking.Request(
        imprint=asking.imprint_of(bytes(range(32))),
        policy="1.2.3.4",
        nonce=asking.new_nonce(),
        certificates=True,
    )
    encoded = asking.encode_request(request)
    shown = subprocess.run(
        ["openssl", "ts", "-query", "-in", "/dev/stdin", "-text"],
        input=encoded,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert f"Nonce: 0x{request.nonce:X}" in shown
    assert "Policy OID: 1.2.3.4" in shown
    assert "Certificate required: yes" in shown
    assert asking.decode_request(encoded) == request
