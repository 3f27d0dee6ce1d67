"""Notes, checkpoints, keys: any bytes are a value or the one error, and nothing is signed twice over."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import MalformedNoteError
from archive.ledger.note import Checkpoint, Verifier, parse_checkpoint, parse_note
from tests.fakes.ledgers import ORIGIN, signer

SIGNED = signer().sign(Checkpoint(origin=ORIGIN, size=5, root=bytes(32)))
checkpoints = st.builds(
    Checkpoint,
    origin=st.just(ORIGIN),
    size=st.integers(0, 2**62),
    root=st.binary(min_size=32, max_size=32),
)


@given(checkpoints)
def test_a_checkpoint_reads_back_as_it_was_signed(checkpoint: Checkpoint) -> None:
    note = parse_note(signer().sign(checkpoint))
    assert signer().verifier.check(note) == checkpoint
    assert note.text == checkpoint.text()


@given(st.binary() | st.text().map(str.encode))
@example(b"\n\n")
@example("a\n\n— a AAAAAAA=\n".encode())
def test_any_bytes_are_a_note_or_malformed(data: bytes) -> None:
    try:
        note = parse_note(data)
    except MalformedNoteError:
        return
    assert note.signatures
    assert data.startswith(note.text.encode() + b"\n")


@given(st.data())
def test_a_changed_note_is_malformed_or_not_verified(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SIGNED) - 1))
    new = data.draw(st.binary(max_size=2).filter(lambda b: b != SIGNED[at : at + 1]))
    changed = SIGNED[:at] + new + SIGNED[at + 1 :]
    with pytest.raises(MalformedNoteError):
        signer().verifier.check(parse_note(changed))


@given(st.text() | st.lists(st.text(max_size=50), max_size=5).map("\n".join))
@example("o\n0\n" + "A" * 43 + "=\n")
@example("o\n٣\n" + "A" * 43 + "=\n")
@example("o\n1_0\n" + "A" * 43 + "=\n")
def test_any_text_is_a_checkpoint_or_malformed(text: str) -> None:
    try:
        checkpoint = parse_checkpoint(text)
    except MalformedNoteError:
        return
    assert text.startswith(checkpoint.text())


@given(st.text() | st.lists(st.text(max_size=50), max_size=4).map("+".join))
@example(signer().verifier.vkey().upper())
def test_any_text_is_a_verifier_key_or_malformed(text: str) -> None:
    try:
        verifier = Verifier.from_vkey(text)
    except MalformedNoteError:
        return
    assert verifier.vkey() == text.strip("\n")


@given(st.binary(max_size=80))
def test_a_signature_of_any_form_under_our_key_refuses_the_note(value: bytes) -> None:
    import base64

    line = base64.b64encode(signer().verifier.id + value).decode()
    text = Checkpoint(origin=ORIGIN, size=5, root=bytes(32)).text()
    with pytest.raises(MalformedNoteError):
        signer().verifier.check(parse_note(f"{text}\n— {ORIGIN} {line}\n".encode()))


def test_signatures_of_others_are_no_matter() -> None:
    other = signer(1).sign(Checkpoint(origin=ORIGIN, size=5, root=bytes(32)))
    cosigned = SIGNED + other.rpartition(b"\n\n")[2]
    assert signer().verifier.check(parse_note(cosigned)).size == 5
    with pytest.raises(MalformedNoteError, match="not signed by"):
        signer(2).verifier.check(parse_note(cosigned))
