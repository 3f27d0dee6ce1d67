"""What a witness remembers: for each log the newest checkpoint that it cosigned, as a file.

What always holds: a checkpoint is on the medium before anybody hears of its cosignature, whole or not at all
(written beside, synced, renamed); what cannot be read back as it was written stops this log, and is never taken
for a log that was not seen yet. One process at a time has the folder. Who puts the folder back to an older state makes
a witness forget: that is not noticed here but by the logs (docs/witness.md).

    DIR/logs/<SHA-256 of the origin, hex>/checkpoint      the note, with the log's signature and our own
    DIR/logs/<SHA-256 of the origin, hex>/refused/<SHA-256>   signed checkpoints that did not fit, a few: evidence
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archive.durable import Disk
from archive.errors import ArchiveBusyError, MalformedNoteError
from archive.ledger.merkle import EMPTY_ROOT
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.ledger.witness.errors import WitnessFolderError

_MOST_REFUSED: Final = 20
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_NOTHING: Final = (0, EMPTY_ROOT)


def log_name(origin: str) -> str:
    """The name under which a log is asked for (tlog-witness): hex SHA-256 of its origin."""
    return hashlib.sha256(origin.encode()).hexdigest()


class WitnessState:
    """The folder of one witness. Not for several threads at once."""

    def __init__(
        self, folder: Path, verifiers: Sequence[CosignatureVerifier], disk: Disk | None = None
    ) -> None:
        """Take the folder.

        Raises:
            ArchiveBusyError: another process has it.
            OSError: it cannot be used.
        """
        self._logs = folder / "logs"
        self._verifiers = tuple(verifiers)
        self._disk = disk or Disk()
        self._disk.make_dirs_synced(self._logs)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            os.close(self._lock)
            raise ArchiveBusyError(f"a witness runs on {folder} already") from e

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._lock)

    def newest(self, origin: str) -> tuple[int, bytes]:
        """Size and root of the newest checkpoint that was cosigned; those of the empty tree where none was.

        Raises:
            WitnessFolderError: what was written is there no more as it was.
            OSError: it cannot be read.
        """
        name = log_name(origin)
        data = self.note(name)
        if data is None:
            return _NOTHING
        try:
            checkpoint = self._own(data)
        except MalformedNoteError as e:
            raise WitnessFolderError(
                f"logs/{name}/checkpoint is damaged, so it cannot be told what was cosigned of {origin}: {e}"
            ) from e
        if checkpoint.origin != origin:
            raise WitnessFolderError(f"logs/{name}/checkpoint is another log's")
        return checkpoint.size, checkpoint.root

    def note(self, name: str) -> bytes | None:
        """The newest cosigned checkpoint of a log, by `log_name`; None: there is none. Raises OSError."""
        if not _HEX.fullmatch(name):
            return None
        try:
            return (self._logs / name / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def keep(self, origin: str, note: bytes) -> None:
        """Remember a checkpoint that carries our cosignatures. On the medium when it returns. Raises OSError."""
        folder = self._logs / log_name(origin)
        self._disk.make_dirs_synced(folder)
        self._disk.replace_file(folder / "checkpoint", note)

    def keep_refused(self, origin: str, note: bytes) -> None:
        """Keep a signed checkpoint that did not fit, where there is still room for one. Raises OSError."""
        folder = self._logs / log_name(origin) / "refused"
        digest = hashlib.sha256(note).hexdigest()
        there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if digest not in there and len(there) < _MOST_REFUSED:
            self._disk.make_dirs_synced(folder)
            self._disk.replace_file(folder / digest, note)

    def _own(self, data: bytes) -> Checkpoint:
        note = parse_note(data)
        if all(verifier.check(note) is None for verifier in self._verifiers):
            raise MalformedNoteError("this witness did not cosign it")
        return parse_checkpoint(note.text)
