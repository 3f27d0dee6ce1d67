"""Keys as an audit follows them through the entries: who may have signed what. Pure.

One finding for each thing that is wrong: where an entry was changed and nothing holds what it was, it may have
been about a key, and what depends on that is not judged.
"""

from __future__ import annotations

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

    def read(
        self, mark: Mark, waiting: list[tuple[int, bytes]], size: int
    ) -> tuple[Checkpoint | None, Verifier | None]:
        """What a commit line says, and whose it is, also where only the entries name the key.

        Args:
            mark: the commit line.
            waiting: entries about keys that are not accepted yet.
            size: entries that are.
        """
        if not mark.note or self.history is None:
            return mark.checkpoint, mark.signer
        history = self.history
        try:
            for slot, raw in waiting:
                history = history.after(size + slot, raw)
            parsed = parse_note(mark.note)
            signer = signed_by(parsed, history.verifiers)
            checkpoint = signer.check(parsed) if signer is not None else None
        except (MalformedNoteError, KeyHistoryError):
            return None, None
        if signer is None or checkpoint is None or checkpoint.origin != signer.name:
            return None, None
        return checkpoint, signer

    def accept(self, start: int, entries: list[tuple[int, bytes]]) -> None:
        """Entries about keys are committed; slots count from `start`."""
        if self.history is None:
            return
        for slot, raw in entries:
            try:
                self.history = self.history.after(start + slot, raw)
            except KeyHistoryError as e:
                self._find(str(e))

    def judge(self, signer: Verifier | None, size_before: int, offset: int) -> None:
        """Whether the batch after so many entries was signed by the key that was in force there."""
        if self.history is None or signer is None:
            return
        # The first batch introduces the key that signs it.
        in_force = self.history.in_force(size_before)
        if signer != in_force:
            self._find(
                f"the commit line at byte {offset} is signed by key {signer.id.hex()}, and"
                f" {in_force.id.hex()} was in force"
            )

    def _find(self, detail: str) -> None:
        if not self.lost:
            self.findings.append(Finding(code=Code.KEY_HISTORY, where=ENTRIES, detail=detail))
