"""ECDSA verification (FIPS 186-5, 6.4.2) on P-256, P-384 and P-521 in plain Python, for public values only."""

from __future__ import annotations

from typing import NamedTuple

from archive.package.verifier.der import SEQUENCE, Children, DerError, der_integer, der_whole


class Curve(NamedTuple):
    """y² = x³ − 3x + b over GF(p), with a base point of prime order n (SP 800-186, 3.2.1)."""

    name: str
    p: int
    b: int
    n: int
    x: int
    y: int

    @property
    def size(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8


P256 = Curve(
    "P-256",
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384 = Curve(
    "P-384",
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)
P521 = Curve(
    "P-521",
    2**521 - 1,
    int(
        "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E1"
        "56193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00",
        16,
    ),
    (2**261 - 1) << 260 | 0xA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    int(
        "00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBA"
        "A14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66",
        16,
    ),
    int(
        "011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C"
        "97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650",
        16,
    ),
)

JacobianPoint = tuple[int, int, int]  # x = X/Z², y = Y/Z³; Z = 0 is the point at infinity


def is_on_curve(curve: Curve, x: int, y: int) -> bool:
    """Whether these coordinates are a point."""
    if not (0 <= x < curve.p and 0 <= y < curve.p):
        return False
    return (y * y - (x * x * x - 3 * x + curve.b)) % curve.p == 0


def _double(curve: Curve, point: JacobianPoint) -> JacobianPoint:
    x, y, z = point
    p = curve.p
    if not z or not y:
        return 1, 1, 0
    delta, gamma = z * z % p, y * y % p
    beta = x * gamma % p
    alpha = 3 * (x - delta) * (x + delta) % p
    x3 = (alpha * alpha - 8 * beta) % p
    z3 = ((y + z) * (y + z) - gamma - delta) % p
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % p, z3


def _add(curve: Curve, a: JacobianPoint, b: JacobianPoint) -> JacobianPoint:
    p = curve.p
    if not a[2]:
        return b
    if not b[2]:
        return a
    za, zb = a[2] * a[2] % p, b[2] * b[2] % p
    ua, ub = a[0] * zb % p, b[0] * za % p
    sa, sb = a[1] * zb * b[2] % p, b[1] * za * a[2] % p
    h, r = (ub - ua) % p, (sb - sa) % p
    if not h:
        return (1, 1, 0) if r else _double(curve, a)
    hh = h * h % p
    hhh, v = h * hh % p, ua * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - sa * hhh) % p, h * a[2] * b[2] % p


def ecdsa_verify(curve: Curve, x: int, y: int, digest: bytes, signature: bytes) -> bool:
    """Whether the key (x, y) signed this digest. `signature` is DER; never raises, whatever the bytes."""
    try:
        pair = Children(der_whole(signature, SEQUENCE))
        r, s = der_integer(pair.any()), der_integer(pair.any())
        pair.end()
    except DerError:
        return False
    n = curve.n
    if not (0 < r < n and 0 < s < n) or not is_on_curve(curve, x, y):
        return False
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    w = pow(s, n - 2, n)
    u, v = e * w % n, r * w % n
    base, key = (curve.x, curve.y, 1), (x, y, 1)
    both = _add(curve, base, key)
    point: JacobianPoint = (1, 1, 0)
    for bit in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
        point = _double(curve, point)
        which = (u >> bit & 1) + 2 * (v >> bit & 1)
        if which:
            point = _add(curve, point, (base, key, both)[which - 1])
    if not point[2]:
        return False
    inverse = pow(point[2], curve.p - 2, curve.p)
    return point[0] * inverse * inverse % curve.p % n == r
