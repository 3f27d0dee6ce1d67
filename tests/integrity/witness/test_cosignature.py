"""Cosignatures: what is signed is what C2SP says, and nothing else is taken for it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from archive.errors import MalformedNoteError
from archive.ledger.note import Signature, parse_note
from archive.ledger.witness.cosignature import CosignatureVerifier, Cosigner
from tests.fakes.ledgers import ORIGIN
from tests.fakes.logs import MemoryLog
from tests.fakes.witnesses import cosigner

NOTE = parse_note(MemoryLog().note(300))
TIME = 1_679_315_147
KINDS = pytest.mark.parametrize("post_quantum", [False, True], ids=["Ed25519", "ML-DSA-44"])


@KINDS
def test_a_witness_s_line_names_its_key_and_its_time(post_quantum: bool) -> None:
    key = cosigner(post_quantum=post_quantum)
    line = key.cosign(NOTE, TIME)
    kind = b"\x06" if post_quantum else b"\x04"
    assert line.name == "witness.invalid/0"
    raw = kind + key.verifier.key
    assert line.key_id == hashlib.sha256(b"witness.invalid/0\n" + raw).digest()[:4]
    assert int.from_bytes(line.value[:8], "big") == TIME
    assert len(line.value) == 8 + (2420 if post_quantum else 64)
    cosigned = parse_note((NOTE.text + "\n" + line.line()).encode())
    assert key.verifier.check(cosigned) == TIME


def test_an_ed25519_cosignature_is_over_the_header_the_time_and_the_whole_text() -> None:
    key = cosigner()
    message = f"cosignature/v1\ntime {TIME}\n{NOTE.text}".encode()
    value = key.cosign(NOTE, TIME).value
    Ed25519PublicKey.from_public_bytes(key.verifier.key).verify(value[8:], message)


def test_an_ml_dsa_cosignature_is_over_a_struct_that_names_the_witness() -> None:
    key = cosigner(post_quantum=True)
    name, origin = b"witness.invalid/0", ORIGIN.encode()
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + TIME.to_bytes(8, "big")
    message += bytes([len(origin)]) + origin + bytes(8) + (300).to_bytes(8, "big")
    message += MemoryLog().subtree(0, 300)
    value = key.cosign(NOTE, TIME).value
    MLDSA44PublicKey.from_public_bytes(key.verifier.key).verify(value[8:], message)


@KINDS
def test_one_changed_byte_anywhere_is_no_cosignature(post_quantum: bool) -> None:
    key = cosigner(post_quantum=post_quantum)
    value = key.cosign(NOTE, TIME).value
    for at in [*range(0, len(value), 7), len(value) - 1]:
        changed = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
        line = Signature(name=key.verifier.name, key_id=key.verifier.id, value=changed)
        with pytest.raises(MalformedNoteError):
            key.verifier.check_line(NOTE, line)
    short = Signature(name=key.verifier.name, key_id=key.verifier.id, value=value[:-1])
    with pytest.raises(MalformedNoteError, match="length"):
        key.verifier.check_line(NOTE, short)


@KINDS
def test_a_time_beyond_63_bits_is_none(post_quantum: bool) -> None:
    key = cosigner(post_quantum=post_quantum)
    assert key.verifier.check_line(NOTE, key.cosign(NOTE, 2**63 - 1)) == 2**63 - 1
    with pytest.raises(MalformedNoteError, match="beyond"):
        key.verifier.check_line(NOTE, key.cosign(NOTE, 2**63))


@KINDS
def test_it_is_over_this_checkpoint_only(post_quantum: bool) -> None:
    key = cosigner(post_quantum=post_quantum)
    line = key.cosign(NOTE, TIME)
    with pytest.raises(MalformedNoteError, match="wrong"):
        key.verifier.check_line(parse_note(MemoryLog().note(301)), line)


def test_who_did_not_cosign_is_not_said_to_have() -> None:
    line = cosigner(1).cosign(NOTE, TIME).line()
    note = parse_note((NOTE.text + "\n" + line).encode())
    assert cosigner(2).verifier.check(note) is None
    namesake = cosigner(2, "witness.invalid/1")
    assert namesake.verifier.check(note) is None


@KINDS
def test_a_witness_s_key_reads_back_as_it_was_written(post_quantum: bool) -> None:
    verifier = cosigner(post_quantum=post_quantum).verifier
    assert CosignatureVerifier.from_vkey(verifier.vkey() + "\n") == verifier


def test_what_is_no_witness_s_key_is_refused() -> None:
    good = cosigner().verifier.vkey()
    name, key_id, key = good.split("+", 2)
    log_key = base64.b64encode(b"\x01" + base64.b64decode(key)[1:]).decode()
    for bad in (
        "",
        name,
        f"{name}+{key_id}",
        f"other{good}",
        f"{name}+00000000+{key}",
        f"{name}+{key_id}+{log_key}",
        f"{name}+{key_id}+{key[:-4]}",
        f"a b+{key_id}+{key}",
    ):
        with pytest.raises(MalformedNoteError):
            CosignatureVerifier.from_vkey(bad)


def test_a_witness_s_key_of_small_order_is_refused() -> None:
    for key in (b"\x01" + bytes(31), bytes(32), b"\xff" * 32):  # order 1, order 4, not canonical
        weak = CosignatureVerifier(name="w.invalid", kind=4, key=key)
        with pytest.raises(MalformedNoteError, match="key is"):
            CosignatureVerifier.from_vkey(weak.vkey())


def test_no_witness_has_a_name_that_a_note_cannot_hold() -> None:
    for name in ("", "a b", "a+b", "a\nb", "x" * 256):
        with pytest.raises(MalformedNoteError, match="name"):
            Cosigner(name, cosigner()._key)
