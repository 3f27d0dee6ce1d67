"""Ed25519 verification (RFC 8032, 5.1.7) in plain Python. Slow (milliseconds), and only for public values.

Strict where the RFC lets one be: encodings have one spelling, S is below the order, keys of small order are refused.
"""

from __future__ import annotations

from hashlib import sha512

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

EdwardsPoint = tuple[int, int, int, int]  # X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z (5.1.4)
_NEUTRAL: EdwardsPoint = (0, 1, 1, 0)


def _edwards_add(a: EdwardsPoint, b: EdwardsPoint) -> EdwardsPoint:
    """5.1.4; right for doubling too."""
    m = (a[1] - a[0]) * (b[1] - b[0]) % _P
    n = (a[1] + a[0]) * (b[1] + b[0]) % _P
    c = 2 * a[3] * b[3] * _D % _P
    d = 2 * a[2] * b[2] % _P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _edwards_point(encoded: bytes) -> EdwardsPoint | None:
    """5.1.3; None where these bytes are no point, or another spelling of one."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(encoded) != 32 or y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    square = v * x * x % _P
    if square == -u % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    elif square != u:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _edwards_bytes(point: EdwardsPoint) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _edwards_point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")) or _NEUTRAL


def is_ed25519_key(key: bytes) -> bool:
    """Whether these bytes are a key that signatures may be believed of: a point, and not of small order."""
    point = _edwards_point(key)
    if point is None:
        return False
    for _ in range(3):
        point = _edwards_add(point, point)
    return point[0] % _P != 0 or (point[1] - point[2]) % _P != 0


def ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `key` signed `message`. Never raises, whatever the bytes."""
    if len(signature) != 64 or not is_ed25519_key(key):
        return False
    point = _edwards_point(key)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= _ORDER:
        return False
    digest = sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % _ORDER
    minus = (_P - point[0], point[1], point[2], _P - point[3])
    # R = S·B − k·A, both multiples in one walk over the bits (Shamir).
    both = _edwards_add(_BASE, minus)
    result = _NEUTRAL
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        result = _edwards_add(result, result)
        which = (s >> bit & 1) + 2 * (k >> bit & 1)
        if which:
            result = _edwards_add(result, (_BASE, minus, both)[which - 1])
    return _edwards_bytes(result) == signature[:32]
