"""A witness: cosigns a log's checkpoint where it grew out of the one before (C2SP tlog-witness v1.0.0).

What always holds: for each log there is one history that this witness ever cosigned; looking and remembering are
one step, and a cosignature leaves only after what it says is on the medium. Not here: HTTP (api/witness.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from archive.durable import Disk
from archive.errors import MalformedNoteError, ProofError
from archive.ledger.merkle import EMPTY_ROOT, check_consistency
from archive.ledger.note import Note, Verifier
from archive.ledger.witness.cosignature import Cosigner
from archive.ledger.witness.request import SIZE_TYPE, AddCheckpoint, parse_request
from archive.ledger.witness.state import WitnessState

_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered, as HTTP has it."""

    status: int
    body: bytes
    media_type: str = _TEXT
    lost: str = ""  # why evidence of another history could not be kept


class Witness:
    """One witness with its folder. From any thread."""

    def __init__(
        self,
        folder: Path,
        *,
        cosigners: Sequence[Cosigner],
        logs: Sequence[Verifier],
        more: Callable[[], Sequence[Verifier]] = tuple,
        disk: Disk | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the folder.

        Args:
            folder: of the witness.
            cosigners: its keys; each adds a line to an answer.
            logs: keys of the logs that it watches; several with one origin are all believed.
            more: further keys, asked for at each request: they may change while it serves.
            disk: the system calls.
            now: seconds since 1970.

        Raises:
            ArchiveBusyError, OSError: as `WitnessState`.
        """
        self._cosigners = tuple(cosigners)
        self._logs = tuple(logs)
        self._more = more
        self._now = now
        self._lock = threading.Lock()
        self._state = WitnessState(folder, [c.verifier for c in cosigners], disk)

    def close(self) -> None:
        """Let go of the folder."""
        self._state.close()

    def newest(self, name: str) -> bytes | None:
        """The newest checkpoint that was cosigned of a log; `name`: hex SHA-256 of its origin. Raises OSError."""
        return self._state.note(name)

    def add_checkpoint(self, body: bytes) -> Reply:
        """Cosign, or say why not. The order of checks is the specification's.

        Raises:
            WitnessFolderError, OSError: nothing was cosigned, and nothing is remembered of it.
        """
        try:
            asked = parse_request(body)
        except MalformedNoteError as e:
            return _refuse(400, f"not an add-checkpoint request: {e}")
        origin = asked.checkpoint.origin
        keys = [log for log in (*self._logs, *self._more()) if log.name == origin]
        if not keys:
            return _refuse(404, "this witness does not watch a log of this origin")
        if not any(_signed(key, asked.note) for key in keys):
            return _refuse(403, "not signed by a key that is known for this origin")
        if asked.old > asked.checkpoint.size:
            return _refuse(400, "the old size is larger than the checkpoint's")
        with self._lock:  # looking and remembering are one step
            return self._cosign(asked, keys)

    def _cosign(self, asked: AddCheckpoint, keys: list[Verifier]) -> Reply:
        origin = asked.checkpoint.origin
        size, root = self._state.newest(origin)
        if asked.old != size:
            return Reply(status=409, body=f"{size}\n".encode(), media_type=SIZE_TYPE)
        try:
            _check_growth(asked, root)
        except ProofError as e:
            why = f"not shown to have grown out of what was cosigned: {e}"
            return replace(_refuse(422, why), lost=self._keep_evidence(asked, keys))
        now = int(self._now())
        lines = "".join(cosigner.cosign(asked.note, now).line() for cosigner in self._cosigners)
        self._state.keep(origin, _kept(asked.note, keys) + lines.encode())
        return Reply(status=200, body=lines.encode())

    def _keep_evidence(self, asked: AddCheckpoint, keys: list[Verifier]) -> str:
        """Keep a checkpoint that did not fit; why it cannot be. The log has to hear of the fork all the same."""
        try:
            self._state.keep_refused(asked.checkpoint.origin, _kept(asked.note, keys))
        except OSError as e:
            return str(e)
        return ""


def _check_growth(asked: AddCheckpoint, root: bytes) -> None:
    """Raises ProofError: the checkpoint is not shown to hold the tree of `asked.old` entries with this root."""
    if asked.old:
        check_consistency(
            old=asked.old,
            old_root=root,
            size=asked.checkpoint.size,
            root=asked.checkpoint.root,
            path=asked.path,
        )
        return
    # Every tree grew out of the empty one. RFC 6962 has no proof of it, so none may be given (tlog-witness).
    if asked.path:
        raise ProofError("a proof was given for the empty tree")
    if not asked.checkpoint.size and asked.checkpoint.root != EMPTY_ROOT:
        raise ProofError("the root is not the empty tree's")


def _signed(key: Verifier, note: Note) -> bool:
    try:
        return key.check(note).origin == key.name
    except MalformedNoteError:
        return False


def _kept(note: Note, keys: list[Verifier]) -> bytes:
    """The note with the log's own signatures, and not with what others added."""
    own = {(key.name, key.id) for key in keys if _signed(key, note)}
    lines = [line.line() for line in note.signatures if (line.name, line.key_id) in own]
    return (note.text + "\n" + "".join(lines)).encode()


def _refuse(status: int, why: str) -> Reply:
    return Reply(status=status, body=f"{why}\n".encode())
