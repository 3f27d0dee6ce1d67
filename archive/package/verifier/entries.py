"""Entries and text rows as a package carries them (docs/formats/ledger.md, "Entry"). Bytes in, values out.

Holds: what is hashed are the exact bytes; JSON is bounded in depth, a member twice or a fraction refuses it, and
whatever the bytes, the only error is EntryError.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from re import ASCII
from re import compile as regex
from typing import Any

from archive.package.verifier.found import VerifierError
from archive.package.verifier.merkle import leaf_hash
from archive.package.verifier.notes import NoteError, canonical_number

_MOST_ENTRY = 65_535
_TIME = regex(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", ASCII)
_DEEPEST = 32
_MEMBERS = frozenset({"v", "type", "time", "clock", "actor", "subject", "data", "prev", "chain"})


class EntryError(VerifierError):
    """Bytes that are no JSON, no entry or no line of entries.jsonl."""


@dataclass(frozen=True)
class PackedEntry:
    """One entry."""

    index: int
    leaf: bytes
    type: str
    time: str
    subject: str
    data: dict[str, Any]
    prev: str | None
    count: int
    before: int | None  # index of the entry before about the same subject
    before_leaf: str | None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise EntryError("json.twice")
    return members


def _no_fraction(text: str) -> Any:
    raise EntryError("json.number", text=text[:40])


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) >= 2**53:  # ±(2^53 − 1) has 16 digits
        raise EntryError("json.number", text=text[:40])
    return int(text)


def parse_json(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises EntryError, whatever the bytes."""
    depth = 0
    in_text = False
    for part in data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"'):
        if not in_text:
            depth = _deeper(part, depth)
        in_text = not in_text
    try:
        document = json.loads(
            data.decode(),
            object_pairs_hook=_once,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as e:
        raise EntryError("json.form") from e
    if not isinstance(document, dict):
        raise EntryError("json.form")
    return document


def _deeper(part: bytes, depth: int) -> int:
    for octet in part:
        if octet in b"{[":
            depth += 1
            if depth > _DEEPEST:
                raise EntryError("json.deep")
        elif octet in b"}]":
            depth -= 1
    return depth


def parse_entry(index: int, raw: bytes) -> PackedEntry:
    """Raises EntryError, whatever the bytes."""
    if len(raw) > _MOST_ENTRY:
        raise EntryError("entry.form")
    document = parse_json(raw)
    if not document.keys() >= _MEMBERS or document["v"] != 1 or type(document["v"]) is not int:
        raise EntryError("entry.form")
    if not all(type(document[n]) is str for n in ("type", "time", "clock", "actor", "subject")):
        raise EntryError("entry.form")
    if "." not in document["type"].strip("."):
        raise EntryError("entry.form")
    entry_time(document["time"])
    chain, data, prev = document["chain"], document["data"], document["prev"]
    if type(data) is not dict or type(chain) is not dict:
        raise EntryError("entry.form")
    if "text" in data and not _is_text(data["text"]):
        raise EntryError("entry.form")
    count, before, leaf = chain.get("count"), chain.get("index"), chain.get("prev")
    if type(count) is not int or count < 1 or not _is_link(prev):
        raise EntryError("entry.form")
    if (before is None) != (count == 1) or (leaf is None) != (count == 1) or not _is_link(leaf):
        raise EntryError("entry.form")
    if before is not None and (type(before) is not int or not 0 <= before < index):
        raise EntryError("entry.form")
    return PackedEntry(
        index=index,
        leaf=leaf_hash(raw),
        type=document["type"],
        time=document["time"],
        subject=document["subject"],
        data=data,
        prev=prev,
        count=count,
        before=before,
        before_leaf=leaf,
    )


def _is_text(value: Any) -> bool:
    return (
        type(value) is dict
        and value.keys() == {"object", "size", "row"}
        and all(value[name] is not None and _is_link(value[name]) for name in ("object", "row"))
        and type(value["size"]) is int
        and value["size"] >= 0
    )


def entry_time(text: str) -> datetime:
    """A time (RFC 3339, 5.6). Raises EntryError."""
    match = _TIME.fullmatch(text)
    try:
        if match is not None:
            zone = "+00:00" if match[3] == "Z" else match[3]
            return datetime.fromisoformat(f"{match[1]}.{(match[2] or '')[:6]:0<6}{zone}")
    except ValueError as e:
        raise EntryError("entry.form") from e
    raise EntryError("entry.form")


def _is_link(value: Any) -> bool:
    return value is None or (
        type(value) is str and len(value) == 64 and all(c in "0123456789abcdef" for c in value)
    )


def parse_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Index and bytes of each line of entries.jsonl. Raises EntryError at the first line that is none."""
    last = -1
    for number, line in enumerate(_lines(data), start=1):
        head, space, raw = line.partition(b" ")
        try:
            index = canonical_number(head.decode())
        except (NoteError, UnicodeDecodeError) as e:
            raise EntryError("entry.line", line=number) from e
        if not space or index <= last:
            raise EntryError("entry.line", line=number)
        last = index
        yield index, raw


def text_rows(data: bytes) -> dict[str, bytes]:
    """Rows of text.jsonl by their digests. Raises EntryError: an empty line, or the last one has no end."""
    rows = {}
    for number, line in enumerate(_lines(data), start=1):
        if not line:
            raise EntryError("entry.line", line=number)
        rows[sha256(line).hexdigest()] = line
    return rows


def _lines(data: bytes) -> Iterator[bytes]:
    """One after the other, however many there are. Raises EntryError: the last has no end."""
    at = number = 0
    while at < len(data):
        number, end = number + 1, data.find(b"\n", at)
        if end < 0:
            raise EntryError("entry.line", line=number)
        yield data[at:end]
        at = end + 1


def named_rows(data: dict[str, Any]) -> Iterator[str]:
    """The row of the text that entry data names: `text`, and nothing else (docs/formats/store.md, "Text objects")."""
    if "text" in data:
        yield data["text"]["row"]
