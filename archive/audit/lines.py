"""One slice of the entries file, line by line, without a memory of what came before it.

Everything that can be said of a line alone is said here: whether it is an entry in canonical form,
its leaf hash, what it links to, what it names, whether a commit line is signed. What a line means
among the others is `chain.py`'s. Pure: bytes in, columns out, so that slices can be checked in
several processes. Any bytes are taken; nothing is raised for what they hold.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any, Final

from archive.canonical import encode
from archive.errors import ArchiveError, MalformedEntryError, MalformedNoteError
from archive.ledger.entry import MEMBERS, VERSION, parse
from archive.ledger.note import Checkpoint, Verifier, parse_checkpoint, parse_note
from archive.ledger.tiles import MAX_ENTRY

NULL: Final = bytes(32)  # stands for a null `prev`: no leaf hashes to it
_FIRST_MEMBER: Final = b'{"actor":'  # how every entry begins, in canonical form
KEY: Final = 8  # bytes that stand for a subject
_DIGITS: Final = 15  # a number of so many digits is surely below 2^53


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that is no entry: it commits (`=`) or voids (`!`) those before it."""

    position: int  # entry lines before it in the slice
    offset: int
    length: int
    checkpoint: Checkpoint | None  # of a commit line that is signed
    seal: tuple[int, int, str] | None  # offset, length and SHA-256 of what a seal voids


# An object that an entry names: slot; digest; size, -1 where the entry does not say; SM3 in hex or
# empty; digest of the row of a text object that is meant, or empty. A bare tuple, because millions
# of them go from process to process.
Name = tuple[int, bytes, int, str, bytes]


@dataclass(slots=True)
class Columns:
    """Entry lines, column by column: a million fit into memory."""

    offsets: array[int] = field(default_factory=lambda: array("Q"))
    leaves: bytearray = field(default_factory=bytearray)  # 32 bytes each
    prevs: bytearray = field(default_factory=bytearray)  # 32 each, NULL for null
    chain_prevs: bytearray = field(default_factory=bytearray)  # 32 each, NULL for null
    subjects: bytearray = field(default_factory=bytearray)  # KEY bytes each
    counts: array[int] = field(default_factory=lambda: array("q"))
    links: array[int] = field(default_factory=lambda: array("q"))  # -1 for null
    problems: dict[int, str] = field(default_factory=dict)  # slot: why it is no entry
    names: list[Name] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # ids of keys that entries introduce

    def __len__(self) -> int:
        return len(self.counts)

    def names_by_slot(self) -> dict[int, list[Name]]:
        """The names, under the entry that has them."""
        found: dict[int, list[Name]] = {}
        for name in self.names:
            found.setdefault(name[0], []).append(name)
        return found

    def take(self, other: Columns, start: int, stop: int, names: list[Name]) -> None:
        """Append slots of another; `names` are its names in them."""
        at = len(self) - start
        self.offsets += other.offsets[start:stop]
        self.leaves += other.leaves[start * 32 : stop * 32]
        self.prevs += other.prevs[start * 32 : stop * 32]
        self.chain_prevs += other.chain_prevs[start * 32 : stop * 32]
        self.subjects += other.subjects[start * KEY : stop * KEY]
        self.counts += other.counts[start:stop]
        self.links += other.links[start:stop]
        if other.problems:
            self.problems.update(
                {slot + at: why for slot, why in other.problems.items() if start <= slot < stop}
            )
        if at:
            names = [(n[0] + at, n[1], n[2], n[3], n[4]) for n in names]
        self.names += names


@dataclass(slots=True)
class Slice:
    """What one slice of the entries file holds."""

    columns: Columns
    marks: list[Mark]
    end: int  # offset after the last whole line


def read_slice(data: bytes, offset: int, verifier: Verifier | None) -> Slice:
    """Check the lines of `data`, which begin at `offset` of the file.

    Args:
        data: begins at the start of a line.
        offset: of `data` in the file.
        verifier: whose signature commit lines must carry; None: nobody can check one.
    """
    columns = Columns()
    marks: list[Mark] = []
    reader = _EntryReader(columns)
    at, last = offset, offset + len(data)
    for whole in data.split(b"\n"):
        line = whole
        while (joint := _joint(line)) > 0:
            _take(line[:joint], at, reader, marks, verifier)
            marks.append(Mark(len(columns), at + joint, 1, None, None))
            at, line = at + joint + 1, line[joint + 1 :]
        if line or at < last:
            _take(line, at, reader, marks, verifier)
        at += len(line) + 1
    end = at - 1  # the last piece of the split has no newline
    if not data.endswith(b"\n"):
        end = _drop_last(columns, marks, offset + data.rfind(b"\n") + 1)
    return Slice(columns=columns, marks=marks, end=end)


def _take(
    line: bytes, at: int, reader: _EntryReader, marks: list[Mark], verifier: Verifier | None
) -> None:
    columns = reader.columns
    if line.startswith((b"= ", b"! ")):
        marks.append(_mark(line, len(columns), at, verifier))
        return
    columns.offsets.append(at)
    if line.startswith(b"{"):
        reader.take(line)
    else:
        reader.refuse(line, "no entry, commit line or seal")


def _joint(line: bytes) -> int:
    """Where a line end was that is another byte now: before an entry, after something whole."""
    cut = line.find(_FIRST_MEMBER, 1)
    if cut < 0 or (line.startswith(b"{") and _is_entry(line)):
        return 0
    return cut - 1


def _is_entry(line: bytes) -> bool:
    try:
        parse(line)
    except MalformedEntryError:
        return False
    return True


def _drop_last(columns: Columns, marks: list[Mark], start: int) -> int:
    """A last line without a newline is torn, whatever it looks like."""
    if marks and marks[-1].offset == start:
        marks.pop()
    elif columns.offsets and columns.offsets[-1] == start:
        slot = len(columns) - 1
        columns.problems[slot] = "torn: the line does not end"
        columns.names[:] = [name for name in columns.names if name[0] < slot]
    return start


def _mark(line: bytes, position: int, at: int, verifier: Verifier | None) -> Mark:
    checkpoint, seal = None, None
    if line.startswith(b"= "):
        checkpoint = _checkpoint(line[2:], verifier)
    else:
        parts = line[2:].split(b" ")
        if len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit() and line.isascii():
            seal = (int(parts[0]), int(parts[1]), parts[2].decode())
    return Mark(position, at, len(line) + 1, checkpoint, seal)


def _checkpoint(encoded: bytes, verifier: Verifier | None) -> Checkpoint | None:
    try:
        note = b64decode(encoded, validate=True)
        if b64encode(note) != encoded:
            return None
        parsed = parse_note(note)
        if verifier is None:
            return parse_checkpoint(parsed.text)
        checkpoint = verifier.check(parsed)
    except (ValueError, MalformedNoteError):
        return None
    return checkpoint if checkpoint.origin == verifier.name else None


class _NotPlainError(Exception):
    """The quick proof of canonical form does not cover this line; the slow one may."""


class _EntryReader:
    """Fills columns from entry lines.

    Canonical form (RFC 8785) is proven without encoding again where a line holds no backslash and
    no white space: then strings have one spelling, and what is left is the order of members, that
    none comes twice, and the spelling of numbers. Other lines are encoded again and compared.
    """

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
            document = self._document(line)
        except (ArchiveError, RecursionError) as e:
            self.refuse(line, str(e) or "nested too deep")
            return
        columns = self.columns
        slot = len(columns)
        chain = document["chain"]
        try:
            prev, before = _hash(document["prev"]), _hash(chain["prev"])
        except ValueError:
            self.refuse(line, "a link is no hash")
            return
        link = chain["index"]
        if (link is not None and type(link) is not int) or chain["count"] < 1:
            self.refuse(line, "the chain's count or index is no number")
            return
        columns.leaves += hashlib.sha256(b"\0" + line).digest()  # RFC 6962, 2.1
        columns.prevs += prev
        columns.chain_prevs += before
        columns.subjects += hashlib.blake2b(document["subject"].encode(), digest_size=KEY).digest()
        columns.counts.append(chain["count"])
        columns.links.append(-1 if link is None else link)
        for named in self._named:
            self._name(slot, named)
        if document["type"] == "key.introduced":
            columns.keys.append(str(document["data"].get("id")))

    def refuse(self, line: bytes, why: str) -> None:
        """Add a line that is no entry."""
        columns = self.columns
        columns.problems[len(columns)] = why
        columns.leaves += hashlib.sha256(b"\0" + line).digest()
        columns.prevs += NULL
        columns.chain_prevs += NULL
        columns.subjects += bytes(KEY)
        columns.counts.append(0)
        columns.links.append(-1)

    def _document(self, line: bytes) -> dict[str, Any]:
        if len(line) > MAX_ENTRY:
            raise MalformedEntryError(f"{len(line)} bytes; {MAX_ENTRY} is the most")
        self._members = 0
        self._named.clear()
        try:
            text = line.decode()
            document, end = self._decode(text)
        except _NotPlainError:
            return self._slow(line)
        except ValueError as e:
            raise MalformedEntryError("not JSON") from e
        plain = not (b"\\" in line or b" " in line or b"\t" in line or b"\r" in line)
        # Without a backslash `":` ends the name of a member and nothing else.
        if not plain or end != len(text) or line.count(b'":') != self._members:
            return self._slow(line)
        if not (
            type(document) is dict
            and document.keys() == MEMBERS
            and type(document["data"]) is dict
            and type(document["subject"]) is str
        ):
            return self._slow(line)
        chain = document["chain"]
        if document["v"] != VERSION or type(chain) is not dict or len(chain) != 3:
            return self._slow(line)
        return document if type(chain.get("count")) is int else self._slow(line)

    def _slow(self, line: bytes) -> dict[str, Any]:
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
        self._members += len(members)
        if "object" in members:
            self._named.append(members)
        return members

    def _name(self, slot: int, named: dict[str, Any]) -> None:
        size, sm3, row = named.get("size"), named.get("sm3"), named.get("row")
        try:
            name = (
                slot,
                _hash(named["object"] or ""),
                size if type(size) is int else -1,
                sm3 if type(sm3) is str else "",
                b"" if row is None else _hash(row),
            )
        except ValueError:
            self.columns.problems[slot] = "an object's name is no SHA-256"
        else:
            self.columns.names.append(name)


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        found = [value] if "object" in value else []
        return found + [d for member in value.values() for d in _objects(member)]
    return [d for member in value for d in _objects(member)] if isinstance(value, list) else []


def _hash(text: Any) -> bytes:
    if text is None:
        return NULL
    if type(text) is not str or len(text) != 64:
        raise ValueError("no SHA-256")
    raw = bytes.fromhex(text)
    if raw.hex() != text:
        raise ValueError("not in lower case")
    return raw


def _plain_int(digits: str) -> int:
    if len(digits) > _DIGITS or digits == "-0":
        raise _NotPlainError
    return int(digits)


def _refuse_number(_: str) -> float:
    raise _NotPlainError
