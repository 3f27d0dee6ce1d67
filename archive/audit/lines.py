"""One slice of the entries file, line by line, without a memory of what came before it.

Everything that can be said of a line alone is said here and in `entry_lines.py`. What a line means
among the others is `chain.py`'s. Pure: bytes in, columns out, so that slices can be checked in
several processes. Any bytes are taken; nothing is raised for what they hold.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final

from archive.audit.columns import Columns, Mark, Slice
from archive.audit.entry_lines import EntryReader
from archive.errors import MalformedEntryError, MalformedNoteError
from archive.ledger.entry import parse
from archive.ledger.note import Checkpoint, Verifier, parse_checkpoint, parse_note, signed_by

Known = tuple[Verifier, ...]  # keys of the ledger
_FIRST_MEMBER: Final = b'{"actor":'  # how every entry begins, in canonical form


def read_slice(data: bytes, offset: int, known: Known) -> Slice:
    """Check the lines of `data`, which begin at `offset` of the file.

    Args:
        data: begins at the start of a line.
        offset: of `data` in the file.
        known: whose signatures commit lines may carry; none: nobody can check one.
    """
    columns = Columns()
    marks: list[Mark] = []
    reader = EntryReader(columns)
    at, last, offsets, take = offset, offset + len(data), columns.offsets, reader.take
    for whole in data.split(b"\n"):
        line = whole
        if line.startswith(b"{") and line.find(_FIRST_MEMBER, 1) < 0:  # nearly all
            offsets.append(at)
            take(line)
            at += len(line) + 1
            continue
        while (joint := _joint(line)) > 0:
            _take(line[:joint], at, reader, marks, known)
            marks.append(Mark(len(columns), at + joint, 1, None, None))
            at, line = at + joint + 1, line[joint + 1 :]
        if line or at < last:
            _take(line, at, reader, marks, known)
        at += len(line) + 1
    end = at - 1  # the last piece of the split has no newline
    if not data.endswith(b"\n"):
        end = _drop_last(columns, marks, offset + data.rfind(b"\n") + 1)
    return Slice(columns=columns, marks=marks, end=end)


def _take(line: bytes, at: int, reader: EntryReader, marks: list[Mark], known: Known) -> None:
    columns = reader.columns
    if line.startswith((b"= ", b"! ")):
        marks.append(_mark(line, len(columns), at, known))
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


def _mark(line: bytes, position: int, at: int, known: Known) -> Mark:
    if line.startswith(b"= "):
        checkpoint, signer, note = _checkpoint(line[2:], known)
        return Mark(position, at, len(line) + 1, checkpoint, None, signer, note)
    seal = None
    parts = line[2:].split(b" ")
    if len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit() and line.isascii():
        seal = (int(parts[0]), int(parts[1]), parts[2].decode())
    return Mark(position, at, len(line) + 1, None, seal)


def _checkpoint(encoded: bytes, known: Known) -> tuple[Checkpoint | None, Verifier | None, bytes]:
    """What a commit line says, whose it is, and its note where that key is not among the known."""
    try:
        note = b64decode(encoded, validate=True)
        if b64encode(note) != encoded:
            return None, None, b""
        parsed = parse_note(note)
        if not known:
            return parse_checkpoint(parsed.text), None, b""
        signer = signed_by(parsed, known)
        if signer is None:
            return None, None, note
        checkpoint = signer.check(parsed)
    except (ValueError, MalformedNoteError):
        return None, None, b""
    return (checkpoint if checkpoint.origin == signer.name else None), signer, b""
