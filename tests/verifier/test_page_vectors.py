"""The page's own arithmetic, in both browsers, against `hashlib` and `cryptography`."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.ledger.merkle import leaf_hash
from tests.verifier.viewers import Viewer

L = 2**252 + 27742317777372353535851937790883648493


def ask(each: Viewer, body: str, *values: Any) -> Any:
    """Run a function's body with `v`, `b` (bytes from base64) and `x` (the values), as JSON there and back."""
    given = json.dumps(values)
    return json.loads(
        each.evaluate(
            "JSON.stringify(((v, x) => { const b = (t) => Uint8Array.from(atob(t), (c) => c.charCodeAt(0)); "
            f"{body} }})(muniment, {given}))"
        )
    )


def bytes_of(name: str, size: int) -> bytes:
    """The same bytes in every run."""
    return hashlib.shake_128(name.encode()).digest(size)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_every_short_length_hashes_as_everywhere(each: Viewer, name: str) -> None:
    data = bytes_of("short", 300)
    got = ask(
        each,
        "const d = b(x[0]); const all = [];"
        f"for (let n = 0; n <= 300; n++) all.push(v.toHex(v.{name}(d.slice(0, n)))); return all;",
        b64(data),
    )
    assert got == [hashlib.new(name, data[:n]).hexdigest() for n in range(301)]


def test_a_long_message_in_pieces_of_any_size_hashes_the_same(each: Viewer) -> None:
    """The message is 37 MB of counting words, made on both sides; pieces are cut at random."""
    size = 37_000_001
    words = (size + 3) // 4
    counting = b"".join(
        (n * 2654435761 % 2**32).to_bytes(4, "little") for n in range(min(words, 65536))
    )
    data = (counting * (size // len(counting) + 1))[:size]
    got = ask(
        each,
        """
        const block = new Uint32Array(65536);
        for (let n = 0; n < 65536; n++) block[n] = Math.imul(n, 2654435761);
        const one = new Uint8Array(block.buffer), all = new Uint8Array(x[0]);
        for (let at = 0; at < all.length; at += one.length) all.set(one.subarray(0, all.length - at), at);
        const hash = new v.Sha256();
        let seed = 1;
        for (let at = 0; at < all.length; ) {
          seed = (seed * 1103515245 + 12345) % 2147483648;
          const size = seed % (seed % 7 ? 300 : 3000000);
          hash.update(all.subarray(at, at + size));
          at += size;
        }
        return v.toHex(hash.digest());
        """,
        size,
    )
    assert got == hashlib.sha256(data).hexdigest()


def test_ed25519_agrees_with_another_implementation(each: Viewer) -> None:
    cases, expected = [], []
    for n in range(20):
        key = Ed25519PrivateKey.from_private_bytes(bytes_of(f"key {n}", 32))
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        message = bytes_of(f"message {n}", n * 17)
        signature = key.sign(message)
        cases.append((b64(public), b64(signature), b64(message)))
        expected.append(True)
        wrong = bytearray(signature)
        wrong[n * 13 % 64] ^= 1 << n % 8
        cases.append((b64(public), b64(bytes(wrong)), b64(message)))
        expected.append(False)
        cases.append((b64(public), b64(signature), b64(message + b"x")))
        expected.append(False)
    got = ask(each, "return x[0].map((c) => v.ed25519(b(c[0]), b(c[1]), b(c[2])));", cases)
    assert got == expected


def test_ed25519_takes_one_spelling_of_a_signature_and_no_weak_key(each: Viewer) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + L
    again = signature[:32] + s.to_bytes(32, "little")
    assert not ask(
        each, "return v.ed25519(b(x[0]), b(x[1]), b(x[2]));", b64(public), b64(again), b64(b"m")
    )
    # Points of order 1, 2, 4 and 8 (RFC 8032, 5.1), and y = p, another spelling of 0.
    weak = [
        (1).to_bytes(32, "little"),
        (2**255 - 20).to_bytes(32, "little"),
        bytes(32),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        (2**255 - 19).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),
    ]
    got = ask(each, "return x[0].map((k) => v.ed25519KeyIsSound(b(k)));", [b64(k) for k in weak])
    assert got == [False] * len(weak)
    assert ask(each, "return v.ed25519KeyIsSound(b(x[0]));", b64(public))


@pytest.mark.parametrize(
    ("curve", "oid", "hashing", "name"),
    [
        (ec.SECP256R1(), "1.2.840.10045.3.1.7", hashes.SHA256(), "sha256"),
        (ec.SECP256R1(), "1.2.840.10045.3.1.7", hashes.SHA512(), "sha512"),
        (ec.SECP384R1(), "1.3.132.0.34", hashes.SHA384(), "sha384"),
        (ec.SECP384R1(), "1.3.132.0.34", hashes.SHA256(), "sha256"),
    ],
)
def test_ecdsa_agrees_with_another_implementation(
    each: Viewer, curve: ec.EllipticCurve, oid: str, hashing: hashes.HashAlgorithm, name: str
) -> None:
    cases, expected = [], []
    for n in range(8):
        key = ec.generate_private_key(curve)
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        r, s = decode_dss_signature(key.sign(bytes([n]), ec.ECDSA(hashing)))
        for wrong in (0, 1):
            cases.append((b64(public), str(r), str(s ^ wrong), b64(bytes([n]))))
            expected.append(not wrong)
    cases.append((b64(public[:-1] + bytes([public[-1] ^ 1])), str(r), str(s), b64(bytes([n]))))
    cases.append((b64(public), "0", str(s), b64(bytes([n]))))
    cases.append((b64(public), str(r), "0", b64(bytes([n]))))
    got = ask(
        each,
        f"return x[0].map((c) => v.ecdsa(x[1], b(c[0]), BigInt(c[1]), BigInt(c[2]), v.{name}(b(c[3]))));",
        cases,
        oid,
    )
    assert got == [*expected, False, False, False]


@pytest.mark.parametrize("bits", [2048, 3072, 3073])
def test_rsa_agrees_with_another_implementation(each: Viewer, bits: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    n = str(key.public_key().public_numbers().n)
    for hashing, name in ((hashes.SHA256(), "sha256"), (hashes.SHA512(), "sha512")):
        old = key.sign(b"m", padding.PKCS1v15(), hashing)
        salt = hashing.digest_size
        new = key.sign(b"m", padding.PSS(padding.MGF1(hashing), salt), hashing)
        got = ask(
            each,
            f"const h = (t) => v.{name}(b(t)); const n = BigInt(x[0]), s = b(x[1]), p = b(x[2]);"
            "return [v.rsaPkcs1(n, 65537n, s, h(x[3])), v.rsaPkcs1(n, 65537n, s, h(x[4])),"
            " v.rsaPkcs1(n, 65537n, p, h(x[3])),"
            f" v.rsaPss(n, 65537n, p, h(x[3]), v.{name}, x[5]), v.rsaPss(n, 65537n, p, h(x[4]), v.{name}, x[5]),"
            f" v.rsaPss(n, 65537n, s, h(x[3]), v.{name}, x[5])];",
            *(n, b64(old), b64(new), b64(b"m"), b64(b"other"), salt),
        )
        assert got == [True, False, False, True, False, False]


def test_a_proof_leads_to_the_root_that_the_ledger_has(each: Viewer) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(23)]

    def root(some: list[bytes]) -> bytes:
        if len(some) == 1:
            return some[0]
        split = 1 << (len(some) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + root(some[:split]) + root(some[split:])).digest()

    def proof(index: int, some: list[bytes]) -> list[bytes]:
        if len(some) == 1:
            return []
        split = 1 << (len(some) - 1).bit_length() - 1
        if index < split:
            return [*proof(index, some[:split]), root(some[split:])]
        return [*proof(index - split, some[split:]), root(some[:split])]

    cases = [
        (i, n, b64(leaves[i]), [b64(h) for h in proof(i, leaves[:n])])
        for n in range(1, 24)
        for i in range(n)
    ]
    got = ask(
        each,
        "return x[0].map((c) => v.toHex(v.rootFromProof(c[0], c[1], b(c[2]), c[3].map(b))));",
        cases,
    )
    assert got == [root(leaves[:n]).hex() for n in range(1, 24) for _ in range(n)]
