r"""MTP strings: a count of 16-bit units, then UTF-16LE with a NUL at its end (MTP 1.1, 3.2.3).

Holds: any units become text and back without loss, half a surrogate too, and names become bytes of a
path one to one: UTF-8, with half a surrogate as the three bytes it would have (so that such a path is
shown as `\xNN`, exactly). Does not decide which names are paths.
"""

from __future__ import annotations

from devices.mtp.errors import ParseError

MAX_UNITS = 255  # the count is one byte, the NUL included


def parse_string(data: bytes | memoryview, offset: int = 0) -> tuple[str, int]:
    """Read a string; returns it and where the next thing begins.

    A missing NUL at the end is forgiven; other NULs are kept.

    Raises:
        ParseError: fewer bytes than the count says.
    """
    if offset >= len(data):
        raise ParseError("a string begins after the last byte")
    start, end = offset + 1, offset + 1 + 2 * data[offset]
    if end > len(data):
        raise ParseError(f"a string of {data[offset]} units in {len(data) - start} bytes")
    text = bytes(data[start:end]).decode("utf-16-le", "surrogatepass")
    return text.removesuffix("\0"), end


def build_string(text: str) -> bytes:
    """The bytes of a string.

    Raises:
        ValueError: more than 254 units.
    """
    if not text:
        return b"\0"
    units = (text + "\0").encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * MAX_UNITS:
        raise ValueError(f"{len(units) // 2} units do not fit in an MTP string")
    return bytes([len(units) // 2]) + units


def name_bytes(name: str) -> bytes:
    """A name as bytes of a path."""
    return name.encode("utf-8", "surrogatepass")


def shown(text: str, limit: int = 80) -> str:
    """A recorder's text for people and for JSON: no half surrogates, not too long."""
    safe = text.encode("utf-8", "backslashreplace").decode()
    return safe if len(safe) <= limit else safe[:limit] + "…"
