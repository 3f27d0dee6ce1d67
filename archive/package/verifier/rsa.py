"""RSA verification (RFC 8017): PKCS #1 v1.5 and PSS, for public values only. Keys of 2,048 to 16,384 bits."""

from __future__ import annotations

from hashlib import new as new_digest

# DigestInfo up to the digest (RFC 8017, 9.2, note 1).
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


RsaNumbers = tuple[int, int]  # modulus, exponent


def _opened(key: RsaNumbers, signature: bytes) -> bytes | None:
    """The encoded message (5.2.2); None where it cannot be a signature of this key."""
    modulus, exponent = key
    bits = modulus.bit_length()
    if not 2048 <= bits <= 16384 or not 2 < exponent < 2**64 or not exponent & 1:
        return None
    value = int.from_bytes(signature, "big")
    size = (bits + 7) // 8
    if len(signature) != size or value >= modulus:
        return None
    return pow(value, exponent, modulus).to_bytes(size, "big")


def rsa_verify(key: RsaNumbers, hash_name: str, digest: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 (8.2.2). Never raises, whatever the bytes."""
    opened, prefix = _opened(key, signature), _DIGEST_INFO.get(hash_name)
    if opened is None or prefix is None:
        return False
    tail = b"\0" + prefix + digest
    # The whole block is compared: nothing in it is skipped, so nothing can be hidden in it.
    return opened == b"\0\1" + b"\xff" * (len(opened) - 2 - len(tail)) + tail


def _mask(hash_name: str, seed: bytes, length: int) -> bytes:
    """MGF1 (B.2.1)."""
    blocks = b""
    counter = 0
    while len(blocks) < length:
        blocks += new_digest(hash_name, seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return blocks[:length]


def rsa_pss_verify(
    key: RsaNumbers, hash_name: str, salt: int, digest: bytes, signature: bytes
) -> bool:
    """RSASSA-PSS (8.1.2, 9.1.2), MGF1 with the same hash. Never raises, whatever the bytes."""
    opened = _opened(key, signature)
    if opened is None or hash_name not in _DIGEST_INFO:
        return False
    bits = key[0].bit_length() - 1
    block = opened[-((bits + 7) // 8) :]
    size = len(digest)
    if any(opened[: len(opened) - len(block)]) or len(block) < size + salt + 2:
        return False
    masked, hashed = block[: -size - 1], block[-size - 1 : -1]
    unused = 8 * len(block) - bits
    if block[-1] != 0xBC or masked[0] >> (8 - unused):
        return False
    mask = _mask(hash_name, hashed, len(masked))
    plain = bytearray(a ^ b for a, b in zip(masked, mask))
    plain[0] &= 0xFF >> unused
    zeros = len(plain) - salt - 1
    if any(plain[:zeros]) or plain[zeros] != 1:
        return False
    again = new_digest(hash_name, bytes(8) + digest + bytes(plain[zeros + 1 :])).digest()
    return again == hashed
