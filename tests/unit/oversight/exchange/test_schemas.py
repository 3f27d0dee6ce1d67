"""What is read and what the published schemas allow is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from oversight.exchange.errors import MessageRefusedError
from oversight.exchange.form import has_form
from oversight.exchange.model import SCHEMAS, Envelope, Receipt, need_case_body

ENVELOPE: dict[str, Any] = {
    "format": 1,
    "sender": "county.test/archive",
    "recipient": "province.test/archive",
    "kind": "case",
    "case": "case-" + "0" * 26,
    "revision": 7,
    "digest": "a" * 64,
    "size": 1,
}
RECEIPT: dict[str, Any] = {
    "format": 1,
    "message": "b" * 64,
    "sender": "county.test/archive",
    "recipient": "province.test/archive",
    "digest": "a" * 64,
    "size": 1,
    "entry": 0,
    "at": "2026-01-17T08:00:00.000001Z",
}
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2,
    1.5,
    2**53,
    "",
    "A" * 64,
    "two words",
    "case-1",
    "package",
    [],
    {},
)
ODD_TIMES = ("2026-01-17", "2026-01-17T08:00:00+08:00", "2026-01-17T08:00:00.Z")


def spoilt(document: dict[str, Any]) -> Iterator[object]:
    """The document with one thing about it that is odd; also what is no object."""
    yield from (document, None, [], "x", document | {"more": 1})
    for name in document:
        yield {key: value for key, value in document.items() if key != name}
        for odd in (*ODD, *ODD_TIMES):
            yield document | {name: odd}


@pytest.mark.parametrize(
    ("name", "kind", "document"),
    [("envelope", Envelope, ENVELOPE), ("receipt", Receipt, RECEIPT)],
)
def test_a_schema_allows_just_what_is_read(
    name: str, kind: type[Envelope | Receipt], document: dict[str, Any]
) -> None:
    schema = Draft202012Validator(json.loads(SCHEMAS[name].read_text()))
    taken = 0
    for odd in spoilt(document):
        try:
            assert kind.from_data(odd).to_data() == odd
        except MessageRefusedError:
            read = False
        else:
            read = True
        assert schema.is_valid(odd) == read, odd
        taken += read
    assert 1 < taken < 20


CASE: dict[str, Any] = {
    "format": "muniment-exchange-case-1",
    "archive": "county.test/archive",
    "case": ENVELOPE["case"],
    "case_number": None,
    "opened_at": "2026-01-17T08:00:00Z",
    "officers": [{}],
    "stages": [],
    "subjects": [],
    "items": [{"kind": "video", "id": "clip-1", "sha256": None, "size": 1}],
}


def test_a_case_is_read_in_just_the_form_of_its_schema() -> None:
    schema = json.loads(SCHEMAS["case"].read_text())
    published, read = Draft202012Validator(schema), []
    items = [CASE | {"items": [odd]} for odd in spoilt(CASE["items"][0])]
    for odd in (*spoilt(CASE), *items):
        assert has_form(odd, schema) == published.is_valid(odd), odd
        read.append(has_form(odd, schema))
    assert {True, False} == set(read)


def test_a_schema_that_asks_for_what_is_not_checked_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="more than is checked"):
        has_form("x", {"pattern": "y"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 5000,
        b'{"b":1,"a":2}',
        b'{"archive":"county.test/archive","case":"case-1"}',
        b'{"archive":"county.test/archive","case":"' + ENVELOPE["case"].encode() + b'"}',
    ],
)
def test_a_body_that_is_no_case_of_the_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(MessageRefusedError):
        need_case_body(body, Envelope.from_data(ENVELOPE))
