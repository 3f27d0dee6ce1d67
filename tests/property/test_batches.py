"""The entries file: any bytes are committed batches and a torn rest, or damage; a seal voids any torn bytes."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import CanonicalError, EntryTooLargeError, MalformedEntryError
from archive.keys.history import KeyHistory
from archive.ledger.batches import BatchReader, commit_line, header, seal_line
from archive.ledger.entry import Draft, Link, build, named_objects, parse
from archive.ledger.merkle import Frontier, leaf_hash
from archive.ledger.note import Checkpoint
from tests.fakes.ledgers import ORIGIN, signer

HEADER = header(ORIGIN)
TIME = "2026-11-22T00:00:00.000000Z"


def batch(tree: Frontier, numbers: list[int]) -> bytes:
    """A committed batch; `tree` grows."""
    lines = []
    for number in numbers:
        draft = Draft(type="x", subject="s", actor="a", data={"number": number})
        raw = build(draft, time=TIME, clock="host", prev=None, before=None)
        tree.append(leaf_hash(raw))
        lines.append(raw + b"\n")
    checkpoint = Checkpoint(origin=ORIGIN, size=tree.size, root=tree.root())
    return b"".join([*lines, commit_line(signer().sign(checkpoint))])


def read(data: bytes, *, signatures: bool = True) -> tuple[list[int], int]:
    """The committed numbers, and where the torn rest begins."""
    reader = BatchReader(
        io.BytesIO(data),
        offset=len(HEADER),
        tree=Frontier(),
        keys=KeyHistory.beginning([signer().verifier]),
        signatures=signatures,
    )
    found = [json.loads(e)["data"]["number"] for b in reader for e in b.entries]
    assert reader.tree.size == len(found)
    return found, reader.end


TREE = Frontier()
WHOLE = HEADER + batch(TREE, [0, 1]) + batch(TREE, [2])
WHOLE_TREE = TREE.copy()
NEXT = batch(TREE, [3, 4])

torn_bytes = (
    st.binary(min_size=1, max_size=200)
    | st.lists(st.sampled_from([b"\n", b"{}", b"= ", b"! ", b"= bm90ZQ==", b"! 90 1 ab", b"\0"]))
    .map(b"".join)
    .filter(bool)
    | st.integers(1, len(NEXT) - 1).map(lambda n: NEXT[:n])
)


@given(st.integers(0, len(WHOLE)))
def test_what_is_cut_off_anywhere_leaves_the_batches_before(cut: int) -> None:
    found, end = read(HEADER + WHOLE[len(HEADER) : max(cut, len(HEADER))])
    assert found == [0, 1, 2][: len(found)]
    assert len(found) in {0, 2, 3}
    assert end <= max(cut, len(HEADER))


@given(torn_bytes)
@example(NEXT[:-1])
@example(seal_line(len(WHOLE), b"{\n")[:-1])
def test_a_seal_voids_any_torn_bytes_and_the_next_batch_counts(torn: bytes) -> None:
    found, end = read(WHOLE + torn)
    assert (found, end) == ([0, 1, 2], len(WHOLE))
    sealed = WHOLE + torn + seal_line(len(WHOLE), torn)
    assert read(sealed) == ([0, 1, 2], len(sealed))
    tree = WHOLE_TREE.copy()
    after = sealed + batch(tree, [7])
    assert read(after) == ([0, 1, 2, 7], len(after))


@given(torn_bytes, st.data())
def test_a_seal_that_is_torn_itself_is_sealed_again(torn: bytes, data: st.DataObject) -> None:
    seal = seal_line(len(WHOLE), torn)
    cut = data.draw(st.integers(0, len(seal) - 1))
    rest = torn + seal[:cut]
    assert read(WHOLE + rest) == ([0, 1, 2], len(WHOLE))
    after = WHOLE + rest + seal_line(len(WHOLE), rest) + batch(WHOLE_TREE.copy(), [7])
    assert read(after) == ([0, 1, 2, 7], len(after))


@given(st.integers(len(HEADER), len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_ends_what_is_committed_before_its_batch(at: int, flip: int) -> None:
    data = bytearray(WHOLE)
    data[at] ^= flip
    found, end = read(bytes(data))
    assert end <= at
    assert found == [0, 1, 2][: len(found)]


@given(st.binary(max_size=500))
def test_any_bytes_are_no_committed_batch_and_raise_nothing(data: bytes) -> None:
    assert read(HEADER + data) == ([], len(HEADER))
    assert read(HEADER + data, signatures=False)[0] == []


def test_a_line_without_end_is_read_in_pieces_that_begin_no_line() -> None:
    piece = b"x" * 70_000
    seal = seal_line(len(HEADER), piece + b"\n")
    assert read(HEADER + piece + b"\n" + seal + batch(Frontier(), [0]))[0] == [0]
    glued = f"! {len(HEADER)} {len(piece)} {hashlib.sha256(piece).hexdigest()}\n".encode()
    found, end = read(HEADER + piece + glued + batch(Frontier(), [0]))
    assert (found, end) == ([], len(HEADER))


def test_a_batch_signed_by_another_or_of_another_origin_does_not_count() -> None:
    tree = Frontier()
    raw = build(
        Draft(type="x", subject="s", actor="a", data={}),
        time=TIME,
        clock="host",
        prev=None,
        before=None,
    )
    tree.append(leaf_hash(raw))
    good = Checkpoint(origin=ORIGIN, size=1, root=tree.root())
    other = Checkpoint(origin="other.invalid", size=1, root=tree.root())
    for note in (signer(1).sign(good), signer().sign(other)):
        data = HEADER + raw + b"\n" + commit_line(note)
        assert read(data) == ([], len(HEADER))


@given(st.binary() | st.text().map(str.encode))
@example(b"[" * 100_000)
@example(b'{"v":' + b"1" * 5000 + b"}")
@example("{}".encode("utf-16"))
def test_any_bytes_are_an_entry_or_malformed(raw: bytes) -> None:
    try:
        document = parse(raw)
    except MalformedEntryError:
        return
    assert document["v"] == 1


members = st.fixed_dictionaries(
    {},
    optional={
        "v": st.sampled_from([1, 2, True, None, "1"]),
        **{
            name: st.none() | st.text(max_size=3) | st.integers()
            for name in ("type", "time", "clock", "actor", "subject", "prev")
        },
        "data": st.just({}) | st.none(),
        "chain": st.none()
        | st.fixed_dictionaries(
            {}, optional={n: st.none() | st.integers(0, 3) for n in ("count", "index", "prev")}
        ),
    },
)


@given(members)
def test_members_of_other_types_are_malformed(document: dict[str, Any]) -> None:
    try:
        found = parse(json.dumps(document).encode())
    except MalformedEntryError:
        return
    assert all(type(found[name]) is str for name in ("type", "time", "clock", "actor", "subject"))
    assert type(found["v"]) is int


@given(st.integers(0, 70_000))
@example(65_253)
def test_an_entry_is_at_most_as_long_as_its_bundle_can_say(length: int) -> None:
    draft = Draft(type="x", subject="s", actor="a", data={"filler": "x" * length})
    try:
        raw = build(draft, time=TIME, clock="host", prev=bytes(32), before=None)
    except EntryTooLargeError:
        assert length > 65_000
    else:
        assert len(raw) <= 65_535
        assert parse(raw)["data"] == draft.data


def test_an_entry_names_the_one_before_it_and_the_one_before_about_its_subject() -> None:
    draft = Draft(type="x", subject="s", actor="a", data={})
    link = Link(count=4, index=2, leaf=b"\1" * 32)
    found = parse(build(draft, time=TIME, clock="host-set-back", prev=b"\2" * 32, before=link))
    assert found["prev"] == "02" * 32
    assert found["chain"] == {"count": 5, "index": 2, "prev": "01" * 32}
    assert found["clock"] == "host-set-back"


@pytest.mark.parametrize("data", [{"a": 1.5}, {"a": "\ud800"}, {"ä": 1}, {"a": {1, 2}}])
def test_what_has_no_canonical_form_makes_no_entry(data: dict[str, Any]) -> None:
    with pytest.raises(CanonicalError):
        build(
            Draft(type="x", subject="s", actor="a", data=data),
            time=TIME,
            clock="host",
            prev=None,
            before=None,
        )


def test_every_member_called_object_is_found_however_deep() -> None:
    data = {"original": {"object": "aa", "size": 3}, "list": [{"object": "bb"}, {"object": 3}]}
    assert list(named_objects(data)) == [("aa", 3), ("bb", None)]
