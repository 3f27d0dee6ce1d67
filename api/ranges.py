"""Range requests by RFC 9110, section 14: which bytes a request asks for, and what is sent for them.

What always holds: never more than twice the whole is sent, framing included, and no byte is sent twice to somebody
who asked
for overlapping ranges. No sockets and no files here.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from api.errors import RangeNotSatisfiableError

MOST_RANGES: Final = 16  # more is no player; RFC 9110, 14.2 lets a server refuse or ignore them
_SPEC: Final = re.compile(r"[ \t]*(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """RFC 9110, 14.4."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is sent in a row: some text of ours, then some bytes of the file."""

    head: bytes
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An answer's status, its own headers and what its body is made of."""

    status: int
    headers: dict[str, str]
    parts: tuple[Part, ...]
    tail: bytes
    length: int  # of the whole body

    def is_all(self, size: int) -> bool:
        """Whether every byte of the file is sent, in its order and with nothing of ours between."""
        return len(self.parts) == 1 and self.parts[0].span.length == size


def parse(header: str, size: int) -> list[Span] | None:
    """Read a Range header.

    Returns:
        The spans that exist, in the order asked for; None when the header is to be ignored (another unit, malformed).

    Raises:
        RangeNotSatisfiableError: well formed, and no byte of it exists.
    """
    unit, equals, rest = header.partition("=")
    if unit.strip().lower() != "bytes" or not equals:
        return None
    spans: list[Span] = []
    for text in rest.split(","):
        if not text.strip(" \t"):
            continue  # RFC 9110, 5.6.1: empty list elements are allowed
        match = _SPEC.fullmatch(text)
        if match is None:
            return None
        first, last, suffix = match.groups()
        if suffix is not None:
            start, stop = max(0, size - int(suffix)), size
        else:
            start, stop = int(first), min(size, int(last) + 1) if last else size
            if last and int(last) < start:
                return None  # 14.1.1: invalid, so the whole set is ignored
        if start < stop:
            spans.append(Span(start=start, stop=stop))
    if not rest.strip(" \t,"):
        return None
    if not spans:
        raise RangeNotSatisfiableError(size=size)
    return spans


def plan(header: str | None, *, size: int, media_type: str) -> Plan:
    """Say what to send.

    Raises:
        RangeNotSatisfiableError: see `parse`.
    """
    spans = None if header is None else parse(header, size)
    if spans is None:
        return _whole(size)
    if len(spans) == 1:
        return Plan(
            status=206,
            headers={"Content-Range": spans[0].content_range(size)},
            parts=(Part(head=b"", span=spans[0]),),
            tail=b"",
            length=spans[0].length,
        )
    # Ranges that are all of it together are the whole: that is hashed while it is sent (media.py).
    if len(spans) > MOST_RANGES or _overlap(spans) or sum(s.length for s in spans) == size:
        return _whole(size)
    many = _multipart(spans, size=size, media_type=media_type)
    # Sixteen one-byte ranges of a small file: the framing would outweigh it.
    return many if many.length <= 2 * size else _whole(size)


def _whole(size: int) -> Plan:
    part = Part(head=b"", span=Span(start=0, stop=size))
    return Plan(status=200, headers={}, parts=(part,), tail=b"", length=size)


def _overlap(spans: list[Span]) -> bool:
    ordered = sorted(spans, key=lambda s: s.start)
    return any(a.stop > b.start for a, b in pairwise(ordered))


def _multipart(spans: list[Span], *, size: int, media_type: str) -> Plan:
    boundary = secrets.token_hex(16)
    parts = tuple(
        Part(
            head=(
                f"{'' if i == 0 else chr(13) + chr(10)}--{boundary}\r\n"
                f"Content-Type: {media_type}\r\nContent-Range: {span.content_range(size)}\r\n\r\n"
            ).encode(),
            span=span,
        )
        for i, span in enumerate(spans)
    )
    tail = f"\r\n--{boundary}--\r\n".encode()
    return Plan(
        status=206,
        headers={"Content-Type": f"multipart/byteranges; boundary={boundary}"},
        parts=parts,
        tail=tail,
        length=sum(len(part.head) + part.span.length for part in parts) + len(tail),
    )
