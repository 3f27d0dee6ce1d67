"""Public keys and signature algorithms as X.509 and CMS name them. Bytes in, yes or no out.

Knows RSA (PKCS #1 v1.5 and PSS), ECDSA on P-256, P-384, P-521 and Ed25519, with SHA-256, SHA-384, SHA-512. What is
weaker (SHA-1, MD5) is refused as unknown; nothing here asks another program.
"""

from __future__ import annotations

from hashlib import new as new_digest
from typing import NamedTuple

from archive.package.verifier.der import (
    CONTEXT_CONSTRUCTED,
    NULL,
    SEQUENCE,
    Children,
    DerError,
    Node,
    der_bits,
    der_integer,
    der_oid,
    der_whole,
    expect,
)
from archive.package.verifier.ecdsa import P256, P384, P521, ecdsa_verify, is_on_curve
from archive.package.verifier.ed25519 import ed25519_verify
from archive.package.verifier.rsa import rsa_pss_verify, rsa_verify

RSA_KEY, EC_KEY, ED25519_KEY = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.3.101.112"
RSA_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
CURVES = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384, "1.3.132.0.35": P521}
HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_RSA_WITH = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}


class Algorithm(NamedTuple):
    """An AlgorithmIdentifier (RFC 5280, 4.1.1.2)."""

    oid: str
    parameters: Node | None

    @property
    def plain(self) -> bool:
        """Whether it says nothing beside its name."""
        return self.parameters is None or self.parameters.raw == bytes([NULL, 0])


class PublicKey(NamedTuple):
    """A SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) that we can use, or whose `kind` we do not know."""

    kind: str
    curve: str
    numbers: tuple[int, int]  # RSA: modulus, exponent; EC: x, y
    raw: bytes  # the bits of the key


def parse_algorithm(node: Node) -> Algorithm:
    """Raises DerError."""
    parts = Children(expect(node, SEQUENCE))
    oid = der_oid(parts.any())
    parameters = parts.any() if parts.more() else None
    parts.end()
    return Algorithm(oid, parameters)


def parse_public_key(node: Node) -> PublicKey:
    """Raises DerError: malformed, or a point that is on no curve."""
    parts = Children(expect(node, SEQUENCE))
    algorithm, bits = parse_algorithm(parts.any()), der_bits(parts.any())
    parts.end()
    if algorithm.oid == RSA_KEY:
        pair = Children(der_whole(bits, SEQUENCE))
        numbers = der_integer(pair.any()), der_integer(pair.any())
        pair.end()
        if min(numbers) <= 0:
            raise DerError("der.integer")
        return PublicKey(RSA_KEY, "", numbers, bits)
    if algorithm.oid == EC_KEY:
        name = "" if algorithm.parameters is None else der_oid(algorithm.parameters)
        curve = CURVES.get(name)
        if curve is None:
            return PublicKey(f"{EC_KEY} {name}", "", (0, 0), bits)
        if len(bits) != 1 + 2 * curve.size or bits[0] != 4:  # uncompressed (SEC 1, 2.3.3)
            raise DerError("der.point")
        x = int.from_bytes(bits[1 : 1 + curve.size], "big")
        y = int.from_bytes(bits[1 + curve.size :], "big")
        if not is_on_curve(curve, x, y):
            raise DerError("der.point")
        return PublicKey(EC_KEY, name, (x, y), bits)
    return PublicKey(algorithm.oid, "", (0, 0), bits)


def signature_holds(
    key: PublicKey, algorithm: Algorithm, hash_name: str | None, message: bytes, signature: bytes
) -> bool:
    """Whether the key's owner signed the message. `hash_name`: CMS says it beside the algorithm; None: X.509."""
    try:
        return _holds(key, algorithm, hash_name, message, signature)
    except DerError:
        return False


def _holds(
    key: PublicKey, algorithm: Algorithm, hash_name: str | None, message: bytes, signature: bytes
) -> bool:
    oid = algorithm.oid
    if key.kind == ED25519_KEY:
        return (
            oid == ED25519_KEY and algorithm.plain and ed25519_verify(key.raw, message, signature)
        )
    if key.kind == RSA_KEY and oid == RSA_PSS:
        name, salt = _pss_parameters(algorithm)
        digest = new_digest(name, message).digest()
        return hash_name in {None, name} and rsa_pss_verify(
            key.numbers, name, salt, digest, signature
        )
    with_hash = (_RSA_WITH if key.kind == RSA_KEY else _ECDSA_WITH).get(oid)
    if oid == RSA_KEY and key.kind == RSA_KEY:  # CMS (RFC 3370, 3.2): the hash stands beside it
        with_hash = hash_name
    if with_hash is None or hash_name not in {None, with_hash} or not algorithm.plain:
        return False
    digest = new_digest(with_hash, message).digest()
    if key.kind == RSA_KEY:
        return rsa_verify(key.numbers, with_hash, digest, signature)
    if key.kind == EC_KEY:
        return ecdsa_verify(CURVES[key.curve], *key.numbers, digest, signature)
    return False


def _pss_parameters(algorithm: Algorithm) -> tuple[str, int]:
    """Hash and salt length (RFC 4055, 3.1). Raises DerError: the defaults (SHA-1), or two hashes."""
    if algorithm.parameters is None:
        raise DerError("der.kind")
    parts = Children(expect(algorithm.parameters, SEQUENCE))
    hashed, mask = parts.take(CONTEXT_CONSTRUCTED), parts.take(CONTEXT_CONSTRUCTED + 1)
    salt = Children(parts.take(CONTEXT_CONSTRUCTED + 2))
    name = HASHES.get(parse_algorithm(Children(hashed).any()).oid)
    generator = parse_algorithm(Children(mask).any())
    if name is None or generator.oid != _MGF1 or generator.parameters is None:
        raise DerError("der.kind")
    if HASHES.get(parse_algorithm(generator.parameters).oid) != name:
        raise DerError("der.kind")
    length = der_integer(salt.any())
    if not 0 <= length <= 512:
        raise DerError("der.integer")
    return name, length
