"""The plain-Python signature checks of verify.py against `cryptography`, and against what is nearly right."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.package.verifier.ecdsa import P256, P384, P521, Curve, ecdsa_verify
from archive.package.verifier.ed25519 import ed25519_verify, is_ed25519_key
from archive.package.verifier.mldsa import ml_dsa_verify
from archive.package.verifier.rsa import rsa_pss_verify, rsa_verify

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1: L
# RFC 8032, 7.1: key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
# All points of small order in their canonical spelling, and y = p, p + 1 (not canonical).
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    given_bytes = [bytes.fromhex(text) for text in (key, message, signature)]
    assert ed25519_verify(*given_bytes)
    assert not ed25519_verify(given_bytes[0], given_bytes[1] + b"x", given_bytes[2])


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=80), st.binary(min_size=32, max_size=32), st.integers(0, 63))
def test_ed25519_says_what_cryptography_says(message: bytes, seed: bytes, at: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes(*RAW), private.sign(message)
    assert ed25519_verify(key, message, signature)
    wrong = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
    assert not ed25519_verify(key, message, wrong)


def test_a_signature_has_one_spelling_and_weak_keys_sign_nothing() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key, signature = private.public_key().public_bytes(*RAW), private.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + ORDER  # the same number modulo the order
    assert not ed25519_verify(key, b"m", signature[:32] + s.to_bytes(32, "little"))
    for text in SMALL_ORDER:
        weak = bytes.fromhex(text)
        assert not is_ed25519_key(weak)
        # With R of small order and S = 0, a weak key signs every message for lax verifiers.
        assert not ed25519_verify(weak, b"m", weak + bytes(32))
    assert not is_ed25519_key(bytes(31))


@pytest.mark.parametrize(
    ("curve", "ours", "algorithm"),
    [
        (ec.SECP256R1(), P256, hashes.SHA256()),
        (ec.SECP384R1(), P384, hashes.SHA384()),
        (ec.SECP521R1(), P521, hashes.SHA512()),
        (ec.SECP256R1(), P256, hashes.SHA512()),  # a digest longer than the order
    ],
)
def test_ecdsa_says_what_cryptography_says(
    curve: ec.EllipticCurve, ours: Curve, algorithm: hashes.HashAlgorithm
) -> None:
    private = ec.generate_private_key(curve)
    numbers = private.public_key().public_numbers()
    x, y, n = numbers.x, numbers.y, ours.n
    for number in range(4):
        message = b"%d" % number
        digest = hashlib.new(algorithm.name, message).digest()
        signature = private.sign(message, ec.ECDSA(algorithm))
        assert ecdsa_verify(ours, x, y, digest, signature)
        r, s = decode_dss_signature(signature)
        for wrong in ((0, s), (r, 0), (r + n, s), (r, s + n), (n, s), (r, n), (s, r)):
            assert not ecdsa_verify(ours, x, y, digest, encode_dss_signature(*wrong)), wrong
        assert not ecdsa_verify(ours, x, y, hashlib.sha256(b"other").digest(), signature)
        assert not ecdsa_verify(ours, x, y, digest, signature + b"\0")
        minus = b"\x02\x01\xff"  # −1
        assert not ecdsa_verify(ours, x, y, digest, b"\x30\x06" + minus + minus)
        assert not ecdsa_verify(ours, x, y ^ 1, digest, signature)
    assert not ecdsa_verify(ours, 0, 0, hashlib.sha256(b"").digest(), encode_dss_signature(1, 1))


def test_ecdsa_meets_the_point_at_infinity_and_equal_points() -> None:
    """The key is the base point or its opposite: the sum of both is a doubling, or nothing."""
    for y in (P256.y, P256.p - P256.y):
        digest = hashlib.sha256(b"m").digest()
        assert not ecdsa_verify(P256, P256.x, y, digest, encode_dss_signature(1, 1))
    private = ec.derive_private_key(1, ec.SECP256R1())
    signature = private.sign(b"m", ec.ECDSA(hashes.SHA256()))
    assert ecdsa_verify(P256, P256.x, P256.y, hashlib.sha256(b"m").digest(), signature)


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    """One key for all tests: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_rsa_says_what_cryptography_says(
    rsa_key: rsa.RSAPrivateKey, algorithm: hashes.HashAlgorithm
) -> None:
    public = rsa_key.public_key().public_numbers()
    key, name = (public.n, public.e), algorithm.name
    digest = hashlib.new(name, b"m").digest()
    signature = rsa_key.sign(b"m", padding.PKCS1v15(), algorithm)
    assert rsa_verify(key, name, digest, signature)
    for salt in (0, 20, algorithm.digest_size):
        pss = padding.PSS(padding.MGF1(algorithm), salt)
        signed = rsa_key.sign(b"m", pss, algorithm)
        assert rsa_pss_verify(key, name, salt, digest, signed)
        assert not rsa_pss_verify(key, name, salt + 1, digest, signed)
        assert not rsa_pss_verify(key, name, salt, digest[::-1], signed)
        assert not rsa_pss_verify(key, name, salt, digest, signature)
    assert not rsa_verify(key, "sha1", digest, signature)
    assert not rsa_verify(key, name, digest[::-1], signature)
    assert not rsa_verify(key, name, digest, signature[1:])
    assert not rsa_verify(key, name, digest, bytes(256))
    assert not rsa_verify((public.n, 3), name, digest, signature)


def test_a_forged_rsa_signature_of_a_small_exponent_does_not_pass() -> None:
    """Bleichenbacher 2006: with e = 3, a block whose tail is not compared can be made without the key."""
    private = rsa.generate_private_key(public_exponent=3, key_size=2048)
    public = private.public_key().public_numbers()
    digest = hashlib.sha256(b"m").digest()
    prefix = bytes.fromhex("0001ff003031300d060960864801650304020105000420") + digest
    block = int.from_bytes(prefix + b"\xff" * (256 - len(prefix)), "big")
    root = 1 << 684
    while root**3 > block:  # the largest cube below: its first bytes are those of the block
        step = (root**3 - block) // (3 * root * root) + 1
        root -= step
    assert (root**3).to_bytes(256, "big").startswith(prefix[:30])
    assert not rsa_verify((public.n, 3), "sha256", digest, root.to_bytes(256, "big"))


def test_ml_dsa_says_what_cryptography_says() -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = private.public_key().public_bytes_raw()
    for number in range(3):
        message = bytes([number]) * number
        signature = private.sign(message)
        assert ml_dsa_verify(key, message, signature)
        for at in (0, 40, 1500, 2335, 2340, 2415, 2419):
            wrong = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
            assert not ml_dsa_verify(key, message, wrong), at
        assert not ml_dsa_verify(key, message + b"x", signature)
        assert not ml_dsa_verify(key[::-1], message, signature)
        assert not ml_dsa_verify(key, message, signature[:-1])
        assert not ml_dsa_verify(key, message, bytes(len(signature)))
        assert not ml_dsa_verify(key, message, b"\xff" * len(signature))


def test_short_and_huge_rsa_keys_are_refused() -> None:
    digest = hashlib.sha256(b"m").digest()
    for bits in (512, 1024, 20_000):
        assert not rsa_verify(((1 << bits) - 1, 65537), "sha256", digest, bytes(bits // 8))
