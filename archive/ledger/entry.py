"""One entry of the ledger: what goes in (a draft), what is there (an entry). No files, no clock.

Format: docs/formats/ledger.md, "Entry".
"""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from archive.canonical import fragment, to_bytes
from archive.errors import CanonicalError, EntryTooLargeError, MalformedEntryError
from archive.ledger.merkle import leaf_hash
from archive.ledger.tiles import MAX_ENTRY

VERSION: Final = 1
_quoted: Final = json.encoder.encode_basestring  # as canonical.py quotes
MEMBERS: Final = frozenset(
    {"v", "type", "time", "clock", "actor", "subject", "data", "prev", "chain"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be appended; the writer adds time and links."""

    type: str
    subject: str
    actor: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The newest entry about a subject."""

    count: int  # entries about it so far
    index: int
    leaf: bytes


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry as it lies in the ledger."""

    index: int
    raw: bytes  # canonical JSON

    @cached_property
    def leaf(self) -> bytes:
        """Its leaf hash."""
        return leaf_hash(self.raw)

    @cached_property
    def document(self) -> dict[str, Any]:
        """All members. Raises MalformedEntryError."""
        return parse(self.raw)

    @property
    def type(self) -> str:
        """What happened."""
        return str(self.document["type"])

    @property
    def time(self) -> str:
        """When, RFC 3339 UTC."""
        return str(self.document["time"])

    @property
    def clock(self) -> str:
        """Which clock said so."""
        return str(self.document["clock"])

    @property
    def actor(self) -> str:
        """Who did it."""
        return str(self.document["actor"])

    @property
    def subject(self) -> str:
        """What it happened to."""
        return str(self.document["subject"])

    @property
    def data(self) -> dict[str, Any]:
        """By type."""
        return dict(self.document["data"])

    @property
    def prev(self) -> str | None:
        """Leaf hash of the entry before, hex."""
        prev: str | None = self.document["prev"]
        return prev

    @property
    def chain(self) -> dict[str, Any]:
        """Count, index and leaf hash of the entry before about the same subject."""
        return dict(self.document["chain"])


def build(draft: Draft, *, time: str, clock: str, prev: bytes | None, before: Link | None) -> bytes:
    """The canonical bytes of a new entry.

    Raises:
        CanonicalError: the draft holds what has no place in an entry.
        EntryTooLargeError: over 65,535 bytes.
    """
    if before is None:
        chain = '{"count":1,"index":null,"prev":null}'
    else:
        leaf = before.leaf.hex()
        chain = f'{{"count":{before.count + 1},"index":{before.index},"prev":"{leaf}"}}'
    try:
        # RFC 8785, 3.2.3: members in the order of their names. Put together here, a third of the
        # time of sorting and checking nine members that are the same for every entry.
        text = (
            f'{{"actor":{_quoted(draft.actor)},"chain":{chain},"clock":{_quoted(clock)},'
            f'"data":{fragment(draft.data, depth=1)},'
            f'"prev":{"null" if prev is None else _quoted(prev.hex())},'
            f'"subject":{_quoted(draft.subject)},"time":{_quoted(time)},'
            f'"type":{_quoted(draft.type)},"v":{VERSION}}}'
        )
    except TypeError as e:
        raise CanonicalError("actor, subject or type is no text") from e
    raw = to_bytes(text)
    if len(raw) > MAX_ENTRY:
        raise EntryTooLargeError(
            f"a {draft.type} entry of {len(raw)} bytes; {MAX_ENTRY} is the most"
        )
    return raw


def parse(raw: bytes) -> dict[str, Any]:
    """The members of an entry, their types checked.

    Raises:
        MalformedEntryError: not an entry of this format. Nothing else, whatever the bytes.
    """
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as e:
        raise MalformedEntryError("not JSON") from e
    if not isinstance(document, dict) or not document.keys() >= MEMBERS:
        raise MalformedEntryError("members are missing")
    if document["v"] != VERSION or type(document["v"]) is not int:
        raise MalformedEntryError(f"version {document['v']!r}, this is {VERSION}")
    texts = ("type", "time", "clock", "actor", "subject")
    if not all(type(document[name]) is str for name in texts):
        raise MalformedEntryError("a member is no text")
    chain = document["chain"]
    if type(document["data"]) is not dict or type(chain) is not dict:
        raise MalformedEntryError("data or chain is no object")
    if type(chain.get("count")) is not int or not chain.keys() >= {"index", "prev"}:
        raise MalformedEntryError("the chain says no count, index and prev")
    return document


def named_objects(value: Any) -> Iterator[tuple[str, int | None]]:
    """Digest and size of every object that entry data names (ledger.md: members called `object`)."""
    if isinstance(value, dict):
        digest = value.get("object")
        if isinstance(digest, str):
            size = value.get("size")
            yield digest, size if isinstance(size, int) else None
        for member in value.values():
            yield from named_objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from named_objects(member)
