"""A private key under a passphrase: PKCS#8 with PBES2, scrypt and AES-256 (RFC 8018, RFC 7914).

What `openssl pkcs8 -topk8 -scrypt` makes and every newer tool reads. The library's own writer stretches a
passphrase 2048 times only, which a stolen disk does not deserve.
"""

from __future__ import annotations

import base64
import os
import textwrap
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from archive.timestamps.der import integer, octets, oid, sequence

_PBES2: Final = "1.2.840.113549.1.5.13"  # RFC 8018, A.4
_SCRYPT: Final = "1.3.6.1.4.1.11591.4.11"  # RFC 7914, 7
_AES_256_CBC: Final = "2.16.840.1.101.3.4.1.42"
_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 1  # 16 MiB; OpenSSL refuses more than 32
_SALT: Final = 16
_LABEL: Final = "ENCRYPTED PRIVATE KEY"  # RFC 7468, 11


def sealed(key: Ed25519PrivateKey, passphrase: bytes) -> bytes:
    """The PEM text of a key that opens with this passphrase only."""
    salt, vector = os.urandom(_SALT), os.urandom(16)
    stretch = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL)
    padder = PKCS7(128).padder()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    cipher = Cipher(algorithms.AES256(stretch.derive(passphrase)), modes.CBC(vector)).encryptor()
    hidden = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    parameters = sequence(octets(salt), integer(_COST), integer(_BLOCK), integer(_PARALLEL))
    scheme = sequence(
        sequence(oid(_SCRYPT), parameters), sequence(oid(_AES_256_CBC), octets(vector))
    )
    der = sequence(sequence(oid(_PBES2), scheme), octets(hidden))
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join([f"-----BEGIN {_LABEL}-----", *lines, f"-----END {_LABEL}-----", ""]).encode()
