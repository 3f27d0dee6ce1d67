"""Canonical JSON (RFC 8785) for the values that entries hold: no fractions, ASCII member names.

On that domain orjson with sorted keys writes exactly what RFC 8785 asks for: sorting by code point
is sorting by UTF-16 unit (3.2.3) when names are ASCII, and its escapes are those of 3.2.2.2.
`tests/property` holds it equal to the `rfc8785` package; docs/adr/0003 says why the package is not
called for every entry.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from archive.errors import CanonicalError

_LARGEST: Final = 2**53 - 1
_DEEPEST: Final = 16


def encode(value: Any) -> bytes:
    """The canonical bytes of a value of str, int, bool, None, list and dict.

    Raises:
        CanonicalError: anything else, an integer beyond ±(2^53 − 1), a member name that is not
            ASCII, a string that is not Unicode (a lone surrogate), or too deep.
    """
    return to_bytes(fragment(value))


def fragment(value: Any, *, depth: int = 0) -> str:
    """The canonical text of a value that stands `depth` levels deep in another.

    Raises:
        CanonicalError: as `encode`.
    """
    _check(value, depth)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as e:
        raise CanonicalError("a string holds half a surrogate pair") from e


def to_bytes(text: str) -> bytes:
    """UTF-8 of canonical text. Raises CanonicalError."""
    try:
        return text.encode()
    except UnicodeEncodeError as e:
        raise CanonicalError("a string holds half a surrogate pair") from e


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -_LARGEST <= value <= _LARGEST:
            raise CanonicalError(f"{value} is beyond 2^53 - 1")
    elif depth > _DEEPEST:
        raise CanonicalError("nested too deep")
    elif kind is dict:
        for name, member in value.items():
            if type(name) is not str or not name.isascii():
                raise CanonicalError(f"member name {name!r} is not ASCII text")
            if type(member) is not str:  # most are: a third of the calls
                _check(member, depth + 1)
    elif kind is list:
        for member in value:
            _check(member, depth + 1)
    else:
        raise CanonicalError(f"{kind.__name__} has no canonical form here")
