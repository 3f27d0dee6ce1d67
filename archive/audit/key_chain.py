"""Keys as an audit follows them through the entries: who may have signed what. Pure.

One finding for each thing that is wrong: where an entry was changed and nothing holds what it was, it may have
been about a key, and what depends on that is not judged.
"""

from __future__ import annotations

from contextlib import suppress

from archive.audit.columns import ENTRIES, Mark
from archive.audit.report import Code, Finding
from archive.errors import MalformedNoteError
from archive.keys.errors import KeyHistoryError
from archive.keys.history import KeyHistory
from archive.ledger.note import Checkpoint, Verifier, parse_note, signed_by


class KeyChain:
    """The keys up to the entries that were accepted."""

    def __init__(self, known: tuple[Verifier, ...]) -> None:
        """Begin before the first entry; `known`: keys of the keys folder, oldest first; none: nothing is judged."""
        self.history = KeyHistory.beginning(known) if known else None
        self.lost = False  # an entry that is gone may have been about a key
        self.findings: list[Finding] = []

    def read(self, mark: Mark, waiting: list[tuple[int, bytes]], size: int) -> Checkpoint | None:
        """What a commit line says, where it is signed by a key that may sign it. Another key's is a finding.

        Args:
            mark: the commit line.
            waiting: entries about keys that are not accepted yet.
            size: entries that are.
        """
        if self.history is None:
            return mark.checkpoint
        coming = self._with(waiting, size)
        checkpoint, signer = mark.checkpoint, mark.signer
        if mark.note:  # the keys folder does not name it, but an entry may
            checkpoint, signer = _signed(mark.note, coming.verifiers)
        if checkpoint is None or signer is None or self.lost:
            return checkpoint
        new = coming.verifiers[len(self.history.periods) if size else 0 :]
        in_force = self.history.in_force(size)
        if signer not in (in_force, *new):
            # By what its commit line says it would be part of the ledger; by its key it is not.
            self._find(
                f"the commit line at byte {mark.offset} is signed by key {signer.id.hex()}, and"
                f" {in_force.id.hex()} was in force: somebody uses a key that he should not have"
            )
            return None
        return checkpoint

    def _with(self, waiting: list[tuple[int, bytes]], size: int) -> KeyHistory:
        """The keys as they would be after entries that wait for their commit line."""
        assert self.history is not None  # noqa: S101 - asked by the caller
        history = self.history
        for slot, raw in waiting:
            with suppress(KeyHistoryError):  # said when they are accepted
                history = history.after(size + slot, raw)
        return history

    def accept(self, start: int, entries: list[tuple[int, bytes]]) -> None:
        """Entries about keys are committed; slots count from `start`."""
        if self.history is None:
            return
        for slot, raw in entries:
            try:
                self.history = self.history.after(start + slot, raw)
            except KeyHistoryError as e:
                self._find(str(e))

    def _find(self, detail: str) -> None:
        if not self.lost:
            self.findings.append(Finding(code=Code.KEY_HISTORY, where=ENTRIES, detail=detail))


def _signed(note: bytes, keys: tuple[Verifier, ...]) -> tuple[Checkpoint | None, Verifier | None]:
    try:
        parsed = parse_note(note)
        signer = signed_by(parsed, keys)
        checkpoint = signer.check(parsed) if signer is not None else None
    except MalformedNoteError:
        return None, None
    if signer is None or checkpoint is None or checkpoint.origin != signer.name:
        return None, None
    return checkpoint, signer
