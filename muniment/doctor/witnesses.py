"""Whether the newest checkpoints get cosigned, as far as was noted at the last asking. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archive.errors import MalformedNoteError
from archive.ledger.note import parse_checkpoint, parse_note
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.ledger.witness.cosigned import cosigned, witnesses_of
from archive.ledger.witness.remembered import read_seen
from archive.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """What is known of the witnesses without asking."""

    quorum: int
    count: int  # witnesses on the newest cosigned checkpoint
    size: int | None  # its entries; None: there is none
    failing: tuple[str, ...] = ()  # names of those that did not cosign when they were asked last
    since: str = ""  # RFC 3339 UTC: the first of them


def look(root: Path, settings: Settings) -> Quorum | None:
    """The state of the quorum; None where no witness is in the settings. Raises OSError."""
    policy = settings.witnesses
    if not policy.witnesses:
        return None
    verifiers = [CosignatureVerifier.from_vkey(w.vkey) for w in policy.witnesses]
    note = cosigned(root) or b""
    seen = read_seen(root)
    failing = {
        verifier.name: since
        for witness, verifier in zip(policy.witnesses, verifiers, strict=True)
        if witness.vkey in seen and (since := seen[witness.vkey].failing_since) is not None
    }
    return Quorum(
        quorum=policy.quorum,
        count=len(witnesses_of(note, verifiers)),
        size=_size(note),
        failing=tuple(failing),
        since=min(failing.values(), default=""),
    )


def _size(note: bytes) -> int | None:
    try:
        return parse_checkpoint(parse_note(note).text).size
    except MalformedNoteError:
        return None
