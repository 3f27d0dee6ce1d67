"""`ledger/checkpoint.cosigned` against the ledger and the witnesses of the settings.

Holds: a checkpoint there that we signed and that this ledger did not have is a finding, and evidence: witnesses hold
the history that it belongs to. The file is derived, so that none, or one with too few cosignatures, is a warning.
Not here: asking witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.audit.chain import LedgerFacts
from archive.audit.report import Code, Finding, Notice, NoticeCode
from archive.errors import MalformedNoteError
from archive.ledger.note import Checkpoint, Note, parse_checkpoint, parse_note
from archive.ledger.published import COSIGNED
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.settings.model import WitnessPolicy

WHERE: Final = f"ledger/{COSIGNED}"
_OLD: Final = timedelta(days=1)  # a day without a quorum is worth a word
_AHEAD: Final = timedelta(days=1)  # of our clock: docs/formats/ledger.md, "Witnesses"


@dataclass(slots=True)
class CosignedFacts:
    """What the file amounts to."""

    checked: int = 0  # cosignatures
    findings: list[Finding] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def check_cosigned(
    held: bytes | None, policy: WitnessPolicy, ledger: LedgerFacts, *, now: datetime
) -> CosignedFacts:
    """Check it.

    Args:
        held: the file, read before the entries were; None: there is none.
        policy: the witnesses that count.
        ledger: the entries.
        now: the time.
    """
    check = _Check(policy, ledger, now)
    if held is not None:
        check.look(held)
    elif policy.quorum:
        check.note(NoticeCode.COSIGNED_MISSING, "no checkpoint was cosigned by a quorum so far")
    return check.facts


class _Check:
    def __init__(self, policy: WitnessPolicy, ledger: LedgerFacts, now: datetime) -> None:
        self.facts = CosignedFacts()
        self._policy = policy
        self._ledger = ledger
        self._now = now

    def look(self, held: bytes) -> None:
        """The whole file."""
        history = self._ledger.keys.history
        try:
            note = parse_note(held)
            checkpoint = parse_checkpoint(note.text) if history is None else history.check(held)
        except MalformedNoteError as e:
            self._find(Code.COSIGNED_DAMAGED, str(e))
            return
        self._compare(checkpoint)
        times = self._cosignatures(note)
        if len(times) < self._policy.quorum:
            self.note(
                NoticeCode.COSIGNED_QUORUM,
                f"{len(times)} of the witnesses that are set cosigned it, {self._policy.quorum} are needed",
            )
        elif times and checkpoint.size < self._ledger.levels.size:
            # As of the moment at which the quorum was whole.
            newest = sorted(times, reverse=True)[max(1, self._policy.quorum) - 1]
            behind = self._ledger.levels.size - checkpoint.size
            if self._now - newest > _OLD:
                since = f"{newest:%Y-%m-%dT%H:%M:%SZ}"
                words = f"no quorum since {since}; {behind} entries came after what it cosigned"
                self.note(NoticeCode.COSIGNED_OLD, words)

    def _compare(self, checkpoint: Checkpoint) -> None:
        size, levels = checkpoint.size, self._ledger.levels
        if size > levels.size:
            self._find(
                Code.LEDGER_ROLLED_BACK,
                f"{levels.size} entries are here, one over {size} was cosigned: the ledger was put back"
                " to an older copy or cut off",
            )
        elif levels.root_at(size) != checkpoint.root:
            self._find(
                Code.COSIGNED_DIFFERS,
                f"its root is not that of the first {size} entries: history was rewritten after witnesses"
                " saw it; keep this file, and ask them",
            )

    def _cosignatures(self, note: Note) -> list[datetime]:
        """When each witness that counts cosigned it; what is wrong is a finding."""
        times = []
        for witness in self._policy.witnesses:
            try:
                verifier = CosignatureVerifier.from_vkey(witness.vkey)
                seconds = verifier.check(note)
                time = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
            except (MalformedNoteError, OverflowError, OSError, ValueError) as e:
                self._find(Code.COSIGNATURE_WRONG, str(e))
                continue
            if time is None:
                continue
            self.facts.checked += 1
            if time > self._now + _AHEAD:
                words = (
                    f"the cosignature of {verifier.name} is of {time:%Y-%m-%d}, which is to come"
                )
                self._find(Code.COSIGNATURE_WRONG, words)
            else:
                times.append(time)
        return times

    def note(self, code: NoticeCode, detail: str) -> None:
        """Say something that is no finding."""
        self.facts.notices.append(Notice(code=code, where=WHERE, detail=detail))

    def _find(self, code: Code, detail: str) -> None:
        self.facts.findings.append(Finding(code=code, where=WHERE, detail=detail))
