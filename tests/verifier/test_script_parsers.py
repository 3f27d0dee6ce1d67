"""Every parser of verify.py: any bytes give a value or its one error, and nothing else."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.package.verifier.bag import BagError, parse_manifest, payload_oxum
from archive.package.verifier.checking import check_package
from archive.package.verifier.der import DerError, Node, der_integer, der_node, der_oid, der_time
from archive.package.verifier.entries import (
    EntryError,
    parse_entry,
    parse_json,
    parse_lines,
    text_rows,
)
from archive.package.verifier.merkle import ProofError, parse_proof
from archive.package.verifier.notes import NoteError, parse_checkpoint, parse_note, parse_vkeys
from archive.package.verifier.revocation import (
    RevocationDataError,
    RevokedError,
    check_not_revoked,
)
from archive.package.verifier.tokens import TokenError, parse_token
from archive.package.verifier.x509 import parse_certificate, parse_pem
from tests.verifier.altering import Members

FEW = settings(max_examples=60, deadline=None)
SAME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def spoiled(draw: st.DrawFn, whole: bytes) -> bytes:
    """Good bytes with a piece cut, doubled or overwritten."""
    at = draw(st.integers(0, max(0, len(whole) - 1)))
    length = draw(st.integers(0, 9))
    return whole[:at] + draw(st.binary(max_size=6)) + whole[at + length :]


@FEW
@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_the_one_error(data: bytes) -> None:
    for parse, error in (
        (parse_json, EntryError),
        (lambda raw: parse_entry(5, raw), EntryError),
        (lambda raw: list(parse_lines(raw)), EntryError),
        (text_rows, EntryError),
        (parse_proof, ProofError),
        (lambda raw: parse_checkpoint(parse_note(raw)), NoteError),
        (parse_vkeys, NoteError),
        (payload_oxum, BagError),
        (lambda raw: parse_manifest(raw, payload=True), BagError),
    ):
        try:
            parse(data)
        except error:
            continue


@FEW
@given(st.binary(max_size=200), st.sampled_from([0x02, 0x03, 0x06, 0x17, 0x18, 0x30]))
def test_any_bytes_are_der_or_the_one_error(data: bytes, tag: int) -> None:
    node = Node(tag, data, b"")
    for parse in (
        lambda: der_node(data),
        lambda: der_integer(node),
        lambda: der_oid(node),
        lambda: der_time(node),
        lambda: parse_certificate(data),
        lambda: parse_pem(data, strict=True),
    ):
        try:
            parse()
        except DerError:
            continue


@SAME
@given(data=st.data())
def test_a_spoiled_token_certificate_list_note_or_entry_is_its_one_error(
    data: st.DataObject, whole: tuple[str, Members]
) -> None:
    _, members = whole
    folder = "proofs/timestamps/embedded"
    token = data.draw(spoiled(members[f"{folder}/token.der"]))
    with suppress(TokenError, DerError):
        parse_token(token)
    chain = parse_pem(members[f"{folder}/chain.pem"], strict=True)
    root = parse_pem(members["data/keys/embedded.pem"], strict=True)[0]
    with suppress(DerError):
        parse_certificate(data.draw(spoiled(chain[0].raw)))
    for kind in ("crl", "ocsp"):
        der = data.draw(spoiled(members[f"{folder}/revocation-0.crl"]))
        with suppress(RevocationDataError, RevokedError, DerError):
            check_not_revoked(chain[0], root, kind, der, datetime(2026, 1, 1, tzinfo=UTC))
    with suppress(EntryError):
        parse_entry(20, data.draw(spoiled(members["proofs/package.entry"])))


@SAME
@given(data=st.data())
def test_a_spoiled_zip_is_an_answer(
    data: st.DataObject, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    kept = {p: d for p, d in members.items() if not p.startswith(("data/clips/", "verify"))}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name in list(kept)[-8:]:
            zipped.writestr(f"{top}/{name}", kept[name])
    path = tmp_path / "spoiled.zip"
    path.write_bytes(data.draw(spoiled(made.getvalue())))
    assert not check_package(path)["ok"]


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":1.5}',
        '{"a":NaN}',
        '{"a":' + "9" * 400 + "}",
        '{"a":' + "[" * 40 + "]" * 40 + "}",
        '{"a":"\\\\"' + "[" * 5000,
        "[]",
        '{"a":"\xff"}',
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(EntryError):
        parse_json(text.encode("latin-1"))


@pytest.mark.parametrize(
    "raw",
    [
        "30030201",  # more is said than there is
        "30820002aabb",  # a length that is longer than it need be
        "3080",  # an indefinite length
        "1f0100",  # a tag above 30
    ],
)
def test_der_has_one_spelling(raw: str) -> None:
    with pytest.raises(DerError):
        der_node(bytes.fromhex(raw))


def test_lines_without_end_are_refused_at_the_first() -> None:
    import tracemalloc

    data = b"\n" * 3_000_000
    tracemalloc.start()
    for parse in (lambda: list(parse_lines(data)), lambda: text_rows(data)):
        with pytest.raises(EntryError):
            parse()
    with pytest.raises(BagError):
        parse_manifest(data, payload=True)
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("line", ["{} *data/a", "{} data/a", "{}   data/a"])
def test_a_manifest_has_two_blanks(line: str) -> None:
    with pytest.raises(BagError):
        assert parse_manifest(line.format("0" * 64).encode() + b"\n", payload=True) == {}
