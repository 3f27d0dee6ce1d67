"""One entry line: is it an entry in canonical form, what does it hash to, what does it link and name?

Canonical form (RFC 8785) is proven by encoding again and comparing. Nearly all lines are held against orjson's own
encoding with sorted members, which is that form for ASCII names, no fractions and integers up to 2^53 - 1
(archive/canonical.py); whatever that does not say yes to is taken slowly, and judged there. This is the audit's
innermost loop: a million entries are to take seconds.
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from typing import Any, Final

import orjson

from archive.audit.columns import KEY, NULL, Columns
from archive.audit.founded import TYPES as DISPOSAL
from archive.canonical import encode
from archive.errors import ArchiveError, MalformedEntryError
from archive.keys.history import KEY_TYPES
from archive.ledger.entry import MEMBERS, VERSION, parse
from archive.ledger.tiles import MAX_ENTRY
from archive.removals import LOOKS

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_ORDER: Final = sorted(MEMBERS)  # as canonical form has them
_CHAIN: Final = ["count", "index", "prev"]
_VERIFIED: Final = "clip.verified"
# What is asked on.
_KEPT: Final = KEY_TYPES | {
    *(_VERIFIED, "checkpoint.timestamped", "audit.run", "object.damaged", "object.sound"),
    *DISPOSAL,
}
_DEEP: Final = 8  # levels within the data; canonical.py takes a few more

Links = tuple[bytes, bytes, int, int]  # `prev`, the chain's `prev`, count, index or -1


class _NotPlainError(Exception):
    """The quick proof does not cover this line; the slow one may."""


class EntryReader:
    """Fills columns from entry lines."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._shapes: set[tuple[str, ...]] = set()  # names of members, known to be ASCII
        self._named: list[dict[str, Any]] = []

    def take(self, line: bytes) -> None:
        """Add an entry line, or what is wrong with it."""
        try:
            document = self._quickly(line) or self._slowly(line)
            prev, before, count, link = _links(document["prev"], document["chain"])
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
        kind = document["type"]
        if self._named and kind not in LOOKS:
            for named in self._named:
                self._name(len(columns) - 1, named)
        if kind in _KEPT:
            if kind == _VERIFIED:
                columns.verified.append(len(columns) - 1)
            else:
                kept = columns.keys if kind in KEY_TYPES else columns.said
                kept.append((len(columns) - 1, line))

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
        self._named.clear()
        if len(line) > MAX_ENTRY:
            return None
        try:
            document = orjson.loads(line)
            # Also where a member comes twice: only the last of them is written again.
            if orjson.dumps(document, option=_OPTIONS) != line or not _is_entry(document):
                return None
            self._walk(document["data"], 0)
        except (_NotPlainError, ValueError, TypeError):
            return None
        found: dict[str, Any] = document
        return found

    def _walk(self, value: Any, depth: int) -> None:
        """What orjson writes and canonical form has not; and which objects are named."""
        if type(value) is dict:
            shape = tuple(value)
            if shape not in self._shapes:
                if not "".join(shape).isascii():
                    raise _NotPlainError
                self._shapes.add(shape)
            if "object" in value:
                self._named.append(value)
            value = value.values()
        if depth > _DEEP:
            raise _NotPlainError
        for member in value:
            kind = type(member)
            if kind is str:  # most are
                continue
            if kind is dict or kind is list:
                self._walk(member, depth + 1)
            elif kind is float:
                raise _NotPlainError

    def _slowly(self, line: bytes) -> dict[str, Any]:
        """The members, or why it is no entry. Raises ArchiveError, RecursionError."""
        if len(line) > MAX_ENTRY:
            raise MalformedEntryError(f"{len(line)} bytes; {MAX_ENTRY} is the most")
        document = parse(line)
        if encode(document) != line:
            raise MalformedEntryError("not in canonical form")
        self._named[:] = _objects(document)
        return document

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
    if type(document) is not dict or list(document) != _ORDER:
        return False
    actor, chain, clock, data, _, subject, time, type_, version = document.values()
    return (
        type(version) is int
        and version == VERSION
        and type(actor) is type(clock) is type(subject) is type(time) is type(type_) is str
        and type(data) is type(chain) is dict
    )


def _links(prev: Any, chain: dict[str, Any]) -> Links:
    """How an entry is tied to those before. Raises MalformedEntryError."""
    if list(chain) != _CHAIN and sorted(chain) != _CHAIN:
        raise MalformedEntryError("the chain says more or less than count, index and prev")
    count, link, before = chain["count"], chain["index"], chain["prev"]
    if type(count) is not int or count < 1:
        raise MalformedEntryError("the chain's count is no number")
    if link is None:
        link = -1
    elif type(link) is not int or link < 0:
        raise MalformedEntryError("the chain's index is no number")
    return (
        NULL if prev is None else _hash(prev),
        NULL if before is None else _hash(before),
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
