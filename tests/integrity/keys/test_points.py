"""Public keys that nobody should believe: points of small order, written twice, or no points."""

from __future__ import annotations

import base64
import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.errors import MalformedNoteError
from archive.keys.points import why_refused
from archive.ledger.note import ED25519, Ed25519KeySigner, Verifier, key_id

P = 2**255 - 19
# The y of the points of order 8: the roots of d·y⁴ + 2·y² - 1 = 0 that lie on the curve (x² = -y² there).
ORDER_8 = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
SMALL = {
    "order 1": (1, 0),
    "order 2": (P - 1, 0),
    "order 4": (0, 0),
    "order 4, the other": (0, 1),
    **{
        f"order 8, {n}": point
        for n, point in enumerate(itertools.product((ORDER_8, P - ORDER_8), (0, 1)))
    },
}


def encoded(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def vkey(key: bytes) -> str:
    name = "test.invalid/log"
    data = base64.b64encode(bytes([ED25519]) + key).decode()
    return f"{name}+{key_id(name, ED25519, key).hex()}+{data}"


@pytest.mark.parametrize("point", SMALL.values(), ids=SMALL)
def test_a_point_of_small_order_is_no_key(point: tuple[int, int]) -> None:
    assert why_refused(encoded(*point)) == "a point of small order"
    with pytest.raises(MalformedNoteError, match="small order"):
        Verifier.from_vkey(vkey(encoded(*point)))


@pytest.mark.parametrize(
    ("y", "sign"),
    [(P, 0), (P + 1, 0), (P + 1, 1), (2**255 - 1, 0), (1, 1), (P - 1, 1)],
    ids=["0 again", "1 again", "1 again, signed", "the largest", "x of -0", "x of -0 below"],
)
def test_a_point_that_is_written_another_way_is_no_key(y: int, sign: int) -> None:
    assert why_refused(encoded(y, sign)) == "not in its canonical form"
    with pytest.raises(MalformedNoteError, match="canonical"):
        Verifier.from_vkey(vkey(encoded(y, sign)))


def test_what_is_no_point_is_no_key() -> None:
    refused = [why_refused(encoded(y, 0)) for y in range(2, 40)]
    assert set(refused) == {"", "not a point of the curve"}
    assert why_refused(bytes(31)) == "31 bytes, not 32"


def test_every_key_that_is_made_is_a_key() -> None:
    for seed in range(50):
        key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        verifier = Ed25519KeySigner("test.invalid/log", key).verifier
        assert why_refused(verifier.key) == ""
        assert Verifier.from_vkey(verifier.vkey()) == verifier
