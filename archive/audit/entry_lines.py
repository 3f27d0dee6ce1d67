"""One entry line: is it an entry in canonical form, what does it hash to, what does it link and name?

Canonical form (RFC 8785) is proven without encoding again where a line holds no backslash and no
white space: then strings have one spelling, and what is left is the order of members, that none
comes twice, and the spelling of numbers. Other lines are encoded again and compared. This is the
audit's innermost loop: a million entries are to take seconds.
"""

from __future__ import annotations

import json
from hashlib import blake2b, sha256
from typing import Any, Final

from archive.audit.columns import KEY, NULL, Columns
from archive.canonical import encode
from archive.errors import ArchiveError, MalformedEntryError
from archive.ledger.entry import MEMBERS, VERSION, parse
from archive.ledger.tiles import MAX_ENTRY

_DIGITS: Final = 15  # a number of so many digits is surely below 2^53
_NAMES: Final = ("v", "type", "time", "clock", "actor", "subject", "data", "chain")
_TYPES: Final = (int, str, str, str, str, str, dict, dict)
_CHAIN: Final = frozenset({"count", "index", "prev"})


class _NotPlainError(Exception):
    """The quick proof of canonical form does not cover this line; the slow one may."""


class EntryReader:
    """Fills columns from entry lines."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._sorted: set[tuple[str, ...]] = set()  # shapes of objects, known to be in order
        self._members = 0
        self._named: list[dict[str, Any]] = []
        self._decode = json.JSONDecoder(
            object_hook=self._object, parse_int=_plain_int, parse_float=_refuse_number
        ).raw_decode

    def take(self, line: bytes) -> None:
        """Add an entry line, or what is wrong with it."""
        try:
            document = self._quickly(line) or self._slowly(line)
            chain = document["chain"]
            before, prev, count, link = _links(document["prev"], chain)
        except (ArchiveError, RecursionError) as e:
            self.refuse(line, str(e) or "nested too deep")
            return
        columns = self.columns
        columns.leaves += sha256(b"\0" + line).digest()  # RFC 6962, 2.1
        columns.prevs += prev
        columns.chain_prevs += before
        columns.subjects += blake2b(document["subject"].encode(), digest_size=KEY).digest()
        columns.counts.append(count)
        columns.links.append(link)
        for named in self._named:
            self._name(len(columns) - 1, named)
        if document["type"] == "key.introduced":
            columns.keys.append(str(document["data"].get("id")))

    def refuse(self, line: bytes, why: str) -> None:
        """Add a line that is no entry."""
        columns = self.columns
        columns.problems[len(columns)] = why
        columns.leaves += sha256(b"\0" + line).digest()
        columns.prevs += NULL
        columns.chain_prevs += NULL
        columns.subjects += bytes(KEY)
        columns.counts.append(0)
        columns.links.append(-1)

    def _quickly(self, line: bytes) -> dict[str, Any] | None:
        """The members, where the quick proof holds; None: it says nothing."""
        self._members = 0
        self._named.clear()
        if b"\\" in line or b" " in line or b"\t" in line or b"\r" in line or len(line) > MAX_ENTRY:
            return None
        try:
            text = line.decode()
            document, end = self._decode(text)
        except (_NotPlainError, ValueError):
            return None
        # Without a backslash `":` ends the name of a member and nothing else.
        whole = end == len(text) and line.count(b'":') == self._members
        return document if whole and _is_entry(document) else None

    def _slowly(self, line: bytes) -> dict[str, Any]:
        """The members, or why it is no entry. Raises ArchiveError, RecursionError."""
        if len(line) > MAX_ENTRY:
            raise MalformedEntryError(f"{len(line)} bytes; {MAX_ENTRY} is the most")
        document = parse(line)
        if encode(document) != line:
            raise MalformedEntryError("not in canonical form")
        self._named[:] = _objects(document)
        return document

    def _object(self, members: dict[str, Any]) -> dict[str, Any]:
        shape = tuple(members)
        if shape not in self._sorted:
            if list(shape) != sorted(shape) or not "".join(shape).isascii():
                raise _NotPlainError
            self._sorted.add(shape)
        self._members += len(shape)
        if "object" in members:
            self._named.append(members)
        return members

    def _name(self, slot: int, named: dict[str, Any]) -> None:
        size, sm3, row = named.get("size"), named.get("sm3"), named.get("row")
        try:
            name = (
                slot,
                _hash(named["object"]),
                size if type(size) is int else -1,
                sm3 if type(sm3) is str else "",
                b"" if row is None else _hash(row),
            )
        except MalformedEntryError:
            self.columns.problems[slot] = "an object's name is no SHA-256"
        else:
            self.columns.names.append(name)


def _is_entry(document: Any) -> bool:
    """What `archive.ledger.entry.parse` asks for, and no member beside those it knows."""
    if type(document) is not dict or document.keys() != MEMBERS:
        return False
    members = map(type, map(document.__getitem__, _NAMES))
    return tuple(members) == _TYPES and document["v"] == VERSION


def _links(prev: Any, chain: dict[str, Any]) -> tuple[bytes, bytes, int, int]:
    """The chain's `prev`, `prev`, count, index. Raises MalformedEntryError."""
    if chain.keys() != _CHAIN:
        raise MalformedEntryError("the chain says more or less than count, index and prev")
    before, count, link = chain["prev"], chain["count"], chain["index"]
    if type(count) is not int or count < 1:
        raise MalformedEntryError("the chain's count is no number")
    if link is None:
        link = -1
    elif type(link) is not int or link < 0:
        raise MalformedEntryError("the chain's index is no number")
    return (
        NULL if before is None else _hash(before),
        NULL if prev is None else _hash(prev),
        count,
        link,
    )


def _hash(text: Any) -> bytes:
    """32 bytes out of 64 lower-case digits. Raises MalformedEntryError."""
    try:
        raw = bytes.fromhex(text)
    except (TypeError, ValueError):
        raw = b""
    if len(raw) != 32 or raw.hex() != text:
        raise MalformedEntryError("a hash is not 64 lower-case hexadecimal digits")
    return raw


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        found = [value] if "object" in value else []
        return found + [d for member in value.values() for d in _objects(member)]
    return [d for member in value for d in _objects(member)] if isinstance(value, list) else []


def _plain_int(digits: str) -> int:
    if len(digits) > _DIGITS or digits == "-0":
        raise _NotPlainError
    return int(digits)


def _refuse_number(_: str) -> float:
    raise _NotPlainError
