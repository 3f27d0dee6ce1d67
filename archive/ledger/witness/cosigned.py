"""`ledger/checkpoint.cosigned`: the newest checkpoint of ours with a quorum of witnesses. Derived.

What always holds: the file is replaced whole or not at all; a checkpoint never takes the place of a larger one; one
that our log did not grow out of is never replaced, but said. Not here: who is asked, and how (submitting.py).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.durable import Disk, path_fd
from archive.errors import LedgerRolledBackError, MalformedNoteError
from archive.ledger.note import Note, Signature, Verifier, parse_note, signed_by
from archive.ledger.published import COSIGNED, PublishedLog
from archive.ledger.witness.cosignature import CosignatureVerifier


def cosigned(archive_root: Path) -> bytes | None:
    """`ledger/checkpoint.cosigned`, unchecked; None: no quorum was ever reached. Raises OSError."""
    try:
        return (archive_root / "ledger" / COSIGNED).read_bytes()
    except FileNotFoundError:
        return None


def witnesses_of(
    note: bytes, verifiers: Iterable[CosignatureVerifier]
) -> dict[str, tuple[int, Signature]]:
    """Who of these cosigned a checkpoint: by name, the newest time and its line. What is wrong does not count."""
    try:
        parsed = parse_note(note)
    except MalformedNoteError:
        return {}
    found: dict[str, tuple[int, Signature]] = {}
    for verifier in verifiers:
        for line in parsed.signatures:
            time = _time(verifier, parsed, line)
            if time is not None and time >= found.get(verifier.name, (time, line))[0]:
                found[verifier.name] = time, line
    return found


def _time(verifier: CosignatureVerifier, note: Note, line: Signature) -> int | None:
    if not verifier.owns(line):
        return None
    try:
        return verifier.check_line(note, line)
    except MalformedNoteError:
        return None


def keep_cosigned(
    root: Path,
    note: bytes,
    *,
    log: PublishedLog,
    known: Sequence[Verifier],
    verifiers: Sequence[CosignatureVerifier],
    disk: Disk,
) -> bytes:
    """Put a checkpoint that a quorum cosigned in its place, unless a larger one is there.

    Args:
        root: of the archive.
        note: the checkpoint with its cosignature lines, of `log`.
        log: the published log at this checkpoint.
        known: the ledger's keys, oldest first.
        verifiers: the witnesses that count.
        disk: the system calls.

    Returns:
        The note with the lines that an earlier one of the same checkpoint had.

    Raises:
        LedgerRolledBackError: the one that is there is signed by us, and not a checkpoint of this log.
        LedgerDamagedError, OSError: nothing was replaced.
    """
    with held(root):
        there = cosigned(root)
        size = None if there is None else _fits(there, log, known)
        if there is None or size is None or size < log.size:
            disk.replace_file(root / "ledger" / COSIGNED, note)
            return note
        if size > log.size:
            return note
        joined = with_lines(note, [line for _, line in witnesses_of(there, verifiers).values()])
        disk.replace_file(root / "ledger" / COSIGNED, joined)
        return joined


def with_lines(note: bytes, lines: Iterable[Signature]) -> bytes:
    """A note with signature lines added, but for those of a key that signed it already."""
    there = {(line.name, line.key_id) for line in parse_note(note).signatures}
    new = [line for line in lines if (line.name, line.key_id) not in there]
    return note + "".join(line.line() for line in new).encode()


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Be the only one that writes what witnesses said; a writer needs milliseconds. Raises OSError."""
    fd = path_fd(root / "ledger")
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _fits(there: bytes, log: PublishedLog, known: Sequence[Verifier]) -> int | None:
    """The size of the checkpoint that is there; None where it is none of ours and may be replaced."""
    try:
        note = parse_note(there)
        checkpoint = (signed_by(note, known) or known[-1]).check(note)
    except MalformedNoteError:
        return None
    if checkpoint.size <= log.size and log.subtree(0, checkpoint.size) != checkpoint.root:
        raise LedgerRolledBackError(
            f"ledger/{COSIGNED} is a checkpoint over {checkpoint.size} entries that this ledger never had: keep it,"
            " and run `muniment audit`"
        )
    return checkpoint.size
