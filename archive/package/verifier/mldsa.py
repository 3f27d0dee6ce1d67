"""ML-DSA-44 verification (FIPS 204, algorithm 3, with an empty context) in plain Python, for public values only."""

from __future__ import annotations

from hashlib import shake_128, shake_256

_Q, _N, _ROWS = 8380417, 256, 4  # _ROWS: k and l, which are equal in ML-DSA-44 (table 1)
_TAU, _GAMMA1, _GAMMA2, _BETA, _OMEGA = 39, 1 << 17, (8380417 - 1) // 88, 78, 80
_Z_SIZE, _T_SIZE = 576, 320  # bytes of one packed polynomial
_ZETAS = [pow(1753, int(f"{i:08b}"[::-1], 2), _Q) for i in range(_N)]

Polynomial = list[int]


def _ntt(w: Polynomial) -> Polynomial:
    """Algorithm 41."""
    w, m, length = list(w), 0, 128
    while length:
        for start in range(0, _N, 2 * length):
            m += 1
            for j in range(start, start + length):
                t = _ZETAS[m] * w[j + length] % _Q
                w[j + length], w[j] = (w[j] - t) % _Q, (w[j] + t) % _Q
        length //= 2
    return w


def _inverse_ntt(w: Polynomial) -> Polynomial:
    """Algorithm 42."""
    w, m, length = list(w), _N, 1
    while length < _N:
        for start in range(0, _N, 2 * length):
            m -= 1
            for j in range(start, start + length):
                t = w[j]
                w[j] = (t + w[j + length]) % _Q
                w[j + length] = _ZETAS[m] * (w[j + length] - t) % _Q
        length *= 2
    return [8347681 * value % _Q for value in w]


def _unpacked(data: bytes, bits: int) -> Polynomial:
    """Algorithm 18: numbers of so many bits, the lowest first."""
    whole = int.from_bytes(data, "little")
    return [whole >> bits * i & (1 << bits) - 1 for i in range(_N)]


def _matrix(rho: bytes, row: int, column: int) -> Polynomial:
    """One entry of ExpandA (algorithms 30, 32), in the NTT's domain."""
    stream = shake_128(rho + bytes([column, row])).digest(1344)
    found: Polynomial = []
    at = 0
    while len(found) < _N:
        if at + 3 > len(stream):
            stream = shake_128(rho + bytes([column, row])).digest(2 * len(stream))
        value = int.from_bytes(stream[at : at + 3], "little") & 0x7FFFFF
        at += 3
        if value < _Q:
            found.append(value)
    return found


def _challenge(seed: bytes) -> Polynomial:
    """SampleInBall (algorithm 29)."""
    stream = shake_256(seed).digest(2048)
    signs, at = int.from_bytes(stream[:8], "little"), 8
    c = [0] * _N
    for i in range(_N - _TAU, _N):
        while stream[at] > i:
            at += 1
        j = stream[at]
        at += 1
        c[i] = c[j]
        c[j] = -1 if signs >> (i + _TAU - _N) & 1 else 1
    return c


def _hints(data: bytes) -> list[set[int]] | None:
    """HintBitUnpack (algorithm 21): where each row's hints are; None: another spelling."""
    found: list[set[int]] = []
    index = 0
    for end in data[_OMEGA:]:
        if not index <= end <= _OMEGA:
            return None
        places = list(data[index:end])
        if any(a >= b for a, b in zip(places, places[1:])):
            return None
        found.append(set(places))
        index = end
    return None if any(data[index:_OMEGA]) else found


def _high_bits(value: int, hint: bool) -> int:
    """UseHint (algorithms 36, 40)."""
    low = value % (2 * _GAMMA2)
    low -= 2 * _GAMMA2 if low > _GAMMA2 else 0
    high = (value - low) // (2 * _GAMMA2)
    if value - low == _Q - 1:
        high, low = 0, low - 1
    if hint:
        high += 1 if low > 0 else -1
    return high % 44


def ml_dsa_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `key` signed `message`. Never raises, whatever the bytes."""
    if len(key) != 32 + _ROWS * _T_SIZE or len(signature) != 32 + _ROWS * _Z_SIZE + _OMEGA + _ROWS:
        return False
    seed, hints = signature[:32], _hints(signature[32 + _ROWS * _Z_SIZE :])
    packed = [signature[32 + i * _Z_SIZE : 32 + (i + 1) * _Z_SIZE] for i in range(_ROWS)]
    z = [[_GAMMA1 - value for value in _unpacked(data, 18)] for data in packed]
    if hints is None or max(abs(value) for row in z for value in row) >= _GAMMA1 - _BETA:
        return False
    fingerprint = shake_256(key).digest(64)
    mu = shake_256(fingerprint + b"\0\0" + message).digest(64)
    c, z_ntt = _ntt(_challenge(seed)), [_ntt(row) for row in z]
    encoded = b""
    for row in range(_ROWS):
        t = _unpacked(key[32 + row * _T_SIZE : 32 + (row + 1) * _T_SIZE], 10)
        t_ntt = _ntt([value << 13 for value in t])
        total = [-a * b for a, b in zip(c, t_ntt)]
        for column in range(_ROWS):
            entries = _matrix(key[:32], row, column)
            total = [s + a * b for s, a, b in zip(total, entries, z_ntt[column])]
        w = _inverse_ntt([value % _Q for value in total])
        high = [_high_bits(value, i in hints[row]) for i, value in enumerate(w)]
        whole = sum(value << 6 * i for i, value in enumerate(high))
        encoded += whole.to_bytes(192, "little")
    return shake_256(mu + encoded).digest(32) == seed
