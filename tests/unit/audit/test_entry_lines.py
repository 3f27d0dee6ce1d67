from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive.audit.columns import NULL, Columns
from archive.audit.entry_lines import EntryReader
from archive.audit.lines import read_slice
from archive.canonical import encode
from archive.errors import ArchiveError
from archive.ledger.batches import commit_line
from archive.ledger.entry import parse
from archive.ledger.merkle import leaf_hash
from archive.ledger.note import Checkpoint, Ed25519KeySigner

DIGEST = "ab" * 32


def document(**changes: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "type": "clip.ingested",
        "time": "2026-11-22T00:35:00.123456Z",
        "clock": "host",
        "actor": "local-1000",
        "subject": "clip-1",
        "data": {"original": {"object": DIGEST, "size": 7, "sm3": "cd" * 32}},
        "prev": None,
        "chain": {"count": 1, "index": None, "prev": None},
        **changes,
    }


def read(line: bytes) -> Columns:
    columns = Columns()
    EntryReader(columns).take(line)
    return columns


def test_an_entry_gives_its_leaf_its_links_and_what_it_names() -> None:
    line = encode(
        document(prev=DIGEST, chain={"count": 3, "index": 5, "prev": "cd" * 32}),
    )
    columns = read(line)
    assert columns.problems == {}
    assert columns.leaves == leaf_hash(line)
    assert columns.prevs.hex() == DIGEST
    assert columns.chain_prevs.hex() == "cd" * 32
    assert (columns.counts[0], columns.links[0]) == (3, 5)
    assert columns.names == [(0, bytes.fromhex(DIGEST), 7, "cd" * 32, b"")]


def test_a_text_row_is_named_with_its_object() -> None:
    line = encode(document(data={"text": {"object": DIGEST, "size": 9, "row": "ef" * 32}}))
    assert read(line).names == [(0, bytes.fromhex(DIGEST), 9, "", bytes.fromhex("ef" * 32))]


@pytest.mark.parametrize(
    "data",
    [
        {"parameters": {"text": "a b", "line": "a\nb", "tab": "\t", "quote": '"x":"y"'}},
        {"name": "档案 – évidence 😀"},
        {"deep": [{"object": DIGEST, "size": 1}, {"object": DIGEST, "size": 1}]},
        {"number": 2**53 - 1, "other": -5, "none": None, "yes": True},
        {"path": "\\\\server\\share", "object": DIGEST, "size": 0},
    ],
)
def test_every_canonical_entry_is_taken(data: dict[str, Any]) -> None:
    columns = read(encode(document(data=data)))
    assert columns.problems == {}
    assert len(columns.names) == str(data).count("'object'")


def spellings() -> list[bytes]:
    line = encode(document())
    return [
        line.replace(b'"v":1', b'"v":1.0'),
        line.replace(b'"v":1', b'"v": 1'),
        line.replace(b'"v":1', b'"v":2'),
        line.replace(b'"v":1', b'"v":true'),
        line.replace(b'"size":7', b'"size":-0'),
        line.replace(b'"size":7', b'"size":7,"size":7'),
        line.replace(b'"size":7', b'"size":90071992547409930'),
        line.replace(b'"size":7', b'"size":7e0'),
        line.replace(b'"size":7', b'"size":7.5'),
        line.replace(b'"size":7', b'"size":Infinity'),
        line.replace(b'"size"', '"größe"'.encode()),
        line.replace(b'"host"', b'"\\u0068ost"'),
        line.replace(b'"clock":"host",', b""),
        line.replace(b'"clock":"host"', b'"clock":5'),
        line.replace(
            b'"prev":null,"subject"', b'"prev":"' + DIGEST.upper().encode() + b'","subject"'
        ),
        line.replace(b'"prev":null,"subject"', b'"prev":"zz","subject"'),
        line.replace(b'"count":1', b'"count":0'),
        line.replace(b'"count":1', b'"count":"1"'),
        line.replace(b'"index":null', b'"index":-1'),
        line.replace(b'"count":1,', b""),
        line.replace(DIGEST.encode(), b"x" * 64),
        line.replace(b'"' + DIGEST.encode() + b'"', b"null"),
        line + b" ",
        b"\xff" + line,
        json.dumps(document()).encode(),
        json.dumps(document(), separators=(",", ":")).encode(),
        b"{" * 5000,
        b"{}",
        b"[]",
        b"",
        line[:-1],
    ]


@pytest.mark.parametrize("line", spellings())
def test_any_other_spelling_is_refused_and_still_hashed(line: bytes) -> None:
    columns = read(line)
    assert list(columns.problems) == [0]
    assert columns.leaves == leaf_hash(line)
    assert len(columns.prevs) == len(columns.chain_prevs) == len(NULL)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.booleans(),
    st.booleans(),
)
def test_the_quick_proof_agrees_with_encoding_again(data: Any, ordered: bool, ascii_: bool) -> None:
    line = json.dumps(
        document(data={"x": data}),
        separators=(",", ":"),
        sort_keys=ordered,
        ensure_ascii=ascii_,
    ).encode("utf-8", "surrogatepass")
    try:
        canonical = encode(parse(line)) == line
    except ArchiveError:
        canonical = False
    assert (read(line).problems == {}) == canonical


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_and_every_byte_has_its_place(data: bytes) -> None:
    piece = read_slice(data, 40, ())
    assert 40 <= piece.end <= 40 + len(data) + 1
    columns = piece.columns
    assert len(columns.offsets) == len(columns) == len(columns.leaves) // 32
    assert list(columns.offsets) == sorted(columns.offsets)


def test_a_line_without_an_end_is_torn() -> None:
    line = encode(document())
    piece = read_slice(line + b"\n" + line, 0, ())
    assert list(piece.columns.problems) == [1]
    assert piece.end == len(line) + 1


def test_two_entries_whose_newline_was_changed_are_still_two() -> None:
    line = encode(document())
    piece = read_slice(line + b"\x0b" + line + b"\n", 0, ())
    assert piece.columns.problems == {}
    assert len(piece.columns) == 2
    assert [(mark.offset, mark.length) for mark in piece.marks] == [(len(line), 1)]


def test_a_commit_line_has_one_spelling() -> None:
    signer = Ed25519KeySigner("origin1", Ed25519PrivateKey.generate())
    checkpoint = Checkpoint(origin="origin1", size=3, root=bytes(32))
    # A note whose length leaves unused bits in its last base64 digit.
    note = signer.sign(checkpoint)
    line = commit_line(note)
    assert line.endswith(b"=\n")
    place = line.index(b"=", 2) - 1
    other = line[:place] + bytes([line[place] + 1]) + line[place + 1 :]
    assert b64decode(other[2:]) == note
    assert read_slice(line, 0, (signer.verifier,)).marks[0].checkpoint == checkpoint
    assert read_slice(other, 0, (signer.verifier,)).marks[0].checkpoint is None


def test_a_commit_line_of_another_key_commits_nothing() -> None:
    mine, theirs = (Ed25519KeySigner("origin", Ed25519PrivateKey.generate()) for _ in range(2))
    line = commit_line(theirs.sign(Checkpoint(origin="origin", size=3, root=bytes(32))))
    assert read_slice(line, 0, (mine.verifier,)).marks[0].checkpoint is None
