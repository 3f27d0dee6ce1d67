"""Which 32 bytes may be an Ed25519 public key: a canonical point of the curve that is not of small order.

Libraries differ in what they take (the point may be written twice, or have order 1, 2, 4 or 8, and then one
signature fits many messages). A key that somebody is to be believed by has none of that. Pure; says nothing
of who holds the private half.
"""

from __future__ import annotations

from typing import Final

_P: Final = 2**255 - 19  # RFC 8032, 5.1
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT: Final = pow(2, (_P - 1) // 4, _P)  # of -1
_COFACTOR_DOUBLINGS: Final = 3

_Point = tuple[int, int, int]  # projective: X, Y, Z


def why_refused(key: bytes) -> str:
    """Why these bytes are no public key to be trusted; empty where they are one."""
    if len(key) != 32:
        return f"{len(key)} bytes, not 32"
    sign, y = key[31] >> 7, int.from_bytes(key, "little") & ((1 << 255) - 1)
    if y >= _P:
        return "not in its canonical form"  # RFC 8032, 5.1.3 step 1
    x = _x_of(y)
    if x is None:
        return "not a point of the curve"
    if x == 0 and sign:
        return "not in its canonical form"  # step 4
    if _has_small_order((x, y, 1)):
        return "a point of small order"
    return ""


def _x_of(y: int) -> int | None:
    """One of the two x of a point (RFC 8032, 5.1.3 step 3); None: there is none."""
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == u:
        return x
    if v * x * x % _P == -u % _P:
        return x * _ROOT % _P
    return None


def _has_small_order(point: _Point) -> bool:
    for _ in range(_COFACTOR_DOUBLINGS):
        point = _double(point)
    x, y, z = point
    return x % _P == 0 and (y - z) % _P == 0


def _double(point: _Point) -> _Point:
    """Bernstein and others, "Twisted Edwards Curves" (2008), section 6, for a = -1."""
    x, y, z = point
    b, c, d = (x + y) ** 2 % _P, x * x % _P, y * y % _P
    e = -c
    f = e + d
    j = f - 2 * z * z
    return (b - c - d) * j % _P, f * (e - d) % _P, f * j % _P
