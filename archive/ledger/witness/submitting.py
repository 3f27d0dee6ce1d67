"""Our newest checkpoint is sent to every witness; with a quorum it becomes `ledger/checkpoint.cosigned`.

What always holds: nothing is appended and nothing signed here, so that it may be done at any time by anybody who may
write ROOT; all witnesses are asked at once, and one that is mute costs the others nothing but the wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import httpx

from archive.errors import ArchiveError, LedgerDamagedError
from archive.ledger.note import parse_checkpoint, parse_note
from archive.ledger.published import PublishedLog
from archive.ledger.witness.asking import DEADLINE, Answer, Asked, Asking
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.ledger.witness.cosigned import (
    cosigned,
    held,
    keep_cosigned,
    with_lines,
    witnesses_of,
)
from archive.ledger.witness.remembered import Seen, read_seen, write_seen
from archive.opening import Archive

__all__ = ["Answer", "Submitted", "cosigned", "submit", "verifiers_of"]

# Codes that say that somebody rewrote, or was put back: for a person, at once.
ALARMING: Final = frozenset({"forked", "ahead", "rolled_back"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What the witnesses said of one checkpoint."""

    note: bytes  # with the cosignature lines so far
    size: int
    reached: bool  # as many cosigned as the quorum asks; False where no witness is configured
    quorum: int
    answers: tuple[Answer, ...]

    @property
    def alarming(self) -> tuple[Answer, ...]:
        """What a person has to look at."""
        return tuple(answer for answer in self.answers if answer.code in ALARMING)


def verifiers_of(archive: Archive) -> list[CosignatureVerifier]:
    """The keys of the configured witnesses, in order."""
    return [CosignatureVerifier.from_vkey(w.vkey) for w in archive.settings.witnesses.witnesses]


def submit(
    archive: Archive, *, now: Callable[[], float] = time.time, deadline: float = DEADLINE
) -> Submitted:
    """Send the newest published checkpoint to every witness, and keep what they say.

    Args:
        archive: whose folder may be written; it need not be open to write.
        now: seconds since 1970.
        deadline: seconds that a witness has for one request.

    Returns:
        The answers; `ledger/checkpoint.cosigned` is written when `reached`.

    Raises:
        LedgerDamagedError: our own tiles do not lead to our checkpoint. Nobody was asked.
        LedgerRolledBackError: what was cosigned before is not of this ledger. Nothing was replaced.
        OSError: what they said could not be kept.
    """
    found = _ask_all(archive, now, deadline)
    ahead = any(answer.code == "ahead" for answer in found.answers)
    if ahead and archive.reader.published().size > found.size:
        # Another program of ours published meanwhile, and was quicker.
        found = _ask_all(archive, now, deadline)
    return found


def _ask_all(archive: Archive, now: Callable[[], float], deadline: float) -> Submitted:
    policy, verifiers = archive.settings.witnesses, verifiers_of(archive)
    note = archive.reader.checkpoint()
    checkpoint = parse_checkpoint(parse_note(note).text)
    log = PublishedLog(archive.reader.folder, checkpoint)
    if log.subtree(0, log.size) != log.root:
        raise LedgerDamagedError("the tiles do not lead to the checkpoint: run `muniment audit`")
    seen = read_seen(archive.root)
    # Not compressed: an answer is a few lines, and its length is limited as it comes.
    headers = {"User-Agent": "muniment", "Accept-Encoding": "identity"}
    with httpx.Client(timeout=deadline, headers=headers) as client:
        asking = Asking(client, note=note, log=log, now=now, deadline=deadline)

        def ask(number: int) -> Asked:
            vkey = policy.witnesses[number].vkey
            url, verifier = policy.witnesses[number].url, verifiers[number]
            return asking.ask(url, verifier, seen.get(vkey, Seen()))

        asked = _at_once(ask, len(verifiers))
    _remember(archive, [w.vkey for w in policy.witnesses], asked)
    note = with_lines(note, [one.line for one in asked if one.line is not None])
    reached = 0 < policy.quorum <= len(witnesses_of(note, verifiers))
    if reached:
        note = keep_cosigned(
            archive.root,
            note,
            log=log,
            known=archive.reader.known(),
            verifiers=verifiers,
            disk=archive.disk,
        )
    return Submitted(
        note=note,
        size=log.size,
        reached=reached,
        quorum=policy.quorum,
        answers=tuple(one.answer for one in asked),
    )


def _at_once(ask: Callable[[int], Asked], count: int) -> list[Asked]:
    """Ask all of them, each in a thread of its own. Raises what the first failure of ours was."""
    asked: dict[int, Asked] = {}
    failed: list[Exception] = []

    def run(number: int) -> None:
        try:
            asked[number] = ask(number)
        except (ArchiveError, OSError) as e:
            failed.append(e)

    # Not a pool: python waits for a pool's threads as it ends, and a mute witness would hold the station.
    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [asked[number] for number in range(count)]


def _remember(archive: Archive, vkeys: Sequence[str], asked: Sequence[Asked]) -> None:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with held(archive.root):
        before = read_seen(archive.root)
        after = {
            vkey: _after(before.get(vkey, Seen()), one, at)
            for vkey, one in zip(vkeys, asked, strict=True)
        }
        write_seen(archive.root, after, archive.disk)


def _after(before: Seen, one: Asked, at: str) -> Seen:
    answer = one.answer
    told = replace(before, asked=at, code=answer.code, reason=answer.reason)
    if not answer.ok or answer.time is None:
        return replace(told, failing_since=before.failing_since or at)
    told = replace(told, failing_since=None)
    if one.size < before.size and answer.code != "rolled_back":
        return told  # somebody else of ours got a larger one cosigned meanwhile
    return replace(told, size=one.size, root=one.root, time=answer.time)
