"""Which key signs when, out of the entries alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.canonical import encode
from archive.errors import MalformedNoteError
from archive.keys.errors import KeyHistoryError
from archive.keys.history import KeyHistory, introduced_as
from archive.ledger.entry import Draft, build
from archive.ledger.note import Checkpoint, Ed25519KeySigner

ORIGIN = "test.invalid/log"
TIME = "2026-11-22T00:00:00.000000Z"


def signer(seed: int) -> Ed25519KeySigner:
    return Ed25519KeySigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


ONE, TWO, THREE = signer(1), signer(2), signer(3)


def entry(type_: str, data: dict[str, Any]) -> bytes:
    draft = Draft(type=type_, subject=f"key-{data['id']}", actor="a", data=data)
    return build(draft, time=TIME, clock="host", prev=None, before=None)


def introduction(new: Ed25519KeySigner, before: Ed25519KeySigner | None) -> bytes:
    data = introduced_as(new.verifier)
    if before is not None:
        signature = base64.b64encode(before.introduce(new.verifier)).decode()
        data["before"] = {"id": before.verifier.id.hex(), "signature": signature}
    return entry("key.introduced", data)


def retirement(old: Ed25519KeySigner, until: int, why: str = "rotated") -> bytes:
    return entry("key.retired", {"id": old.verifier.id.hex(), "why": why, "from": until})


LEDGER = [
    (1, introduction(ONE, None)),
    (5, introduction(TWO, ONE)),
    (6, retirement(ONE, 7)),
    (20, introduction(THREE, TWO)),
    (21, retirement(TWO, 22, "compromised")),
]


def history(known: list[Ed25519KeySigner] | None = None) -> KeyHistory:
    return KeyHistory.of(LEDGER, [s.verifier for s in known or [ONE, TWO, THREE]])


def note(by: Ed25519KeySigner, size: int) -> bytes:
    return by.sign(Checkpoint(origin=ORIGIN, size=size, root=bytes(32)))


@pytest.mark.parametrize(
    ("size", "key"),
    [(0, ONE), (2, ONE), (5, ONE), (6, TWO), (7, TWO), (20, TWO), (21, THREE), (999, THREE)],
)
def test_the_key_in_force_is_the_newest_that_came_before_the_batch(
    size: int, key: Ed25519KeySigner
) -> None:
    assert history().in_force(size) == key.verifier


@pytest.mark.parametrize(
    ("by", "size", "why"),
    [
        (ONE, 0, ""),
        (ONE, 7, ""),
        (ONE, 8, "up to 7 entries only"),
        (TWO, 6, "not in force"),
        (TWO, 7, ""),
        (TWO, 22, ""),
        (TWO, 23, "up to 22 entries only"),
        (THREE, 10, "not in force"),
        (THREE, 23, ""),
        (signer(4), 7, "not signed by any key"),
    ],
)
def test_a_checkpoint_is_believed_of_the_key_that_could_sign_it(
    by: Ed25519KeySigner, size: int, why: str
) -> None:
    if not why:
        assert history().check(note(by, size)).size == size
        return
    with pytest.raises(MalformedNoteError, match=why):
        history().check(note(by, size))


def test_the_entries_alone_name_all_keys_after_the_first() -> None:
    assert history([ONE]).verifiers == history().verifiers
    # The first says its key itself, where the folder has forgotten it.
    assert history([THREE]).verifiers == history().verifiers


def test_a_first_key_that_says_no_key_is_looked_up_in_the_folder() -> None:
    old = entry("key.introduced", {"id": ONE.verifier.id.hex(), "use": "ledger"})
    assert KeyHistory.of([(1, old)], [ONE.verifier]).current == ONE.verifier
    with pytest.raises(KeyHistoryError, match="which keys/ has not"):
        KeyHistory.of([(1, old)], [TWO.verifier])


def test_a_second_first_key_is_none() -> None:
    with pytest.raises(KeyHistoryError, match="no earlier key introduced"):
        KeyHistory.of([*LEDGER[:1], (2, introduction(TWO, None))], [ONE.verifier])


def test_a_key_is_introduced_by_the_one_in_force_only() -> None:
    with pytest.raises(KeyHistoryError, match="another than the one in force"):
        KeyHistory.of([*LEDGER[:3], (9, introduction(THREE, ONE))], [ONE.verifier])


def test_a_key_of_small_order_is_not_introduced() -> None:
    bad = json.loads(introduction(TWO, ONE))
    bad["data"]["public"] = base64.b64encode(b"\1" + b"\1" + bytes(31)).decode()
    with pytest.raises(KeyHistoryError, match="small order"):
        KeyHistory.of([*LEDGER[:1], (5, encode(bad))], [ONE.verifier])


def test_a_key_that_was_never_introduced_is_not_retired() -> None:
    with pytest.raises(KeyHistoryError, match="never introduced"):
        KeyHistory.of([*LEDGER[:1], (5, retirement(THREE, 7))], [ONE.verifier])


@pytest.mark.parametrize("member", ["public", "signature", "id", "before id"])
def test_no_character_of_an_introduction_can_be_another(member: str) -> None:
    whole = json.loads(introduction(TWO, ONE))
    data = whole["data"]
    holder, name = {
        "public": (data, "public"),
        "signature": (data["before"], "signature"),
        "id": (data, "id"),
        "before id": (data["before"], "id"),
    }[member]
    text = holder[name]
    for at in range(len(text)):
        holder[name] = text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]
        with pytest.raises(KeyHistoryError):
            KeyHistory.of([*LEDGER[:1], (5, encode(whole))], [ONE.verifier])


def test_entries_about_other_keys_change_nothing() -> None:
    other = entry("key.introduced", {"id": "00", "use": "timestamps"})
    text = entry("x", {"id": '"type":"key.introduced"'})
    assert KeyHistory.of([*LEDGER, (30, other), (31, text)], [ONE.verifier]) == history([ONE])
