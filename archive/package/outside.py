"""What others say of the checkpoint over the seal: witnesses and timestamp authorities. Silence stops no package.

Holds: nothing is recorded here; who did not answer is named. An authority's token goes in only where its root
certificate went into the sealed payload before.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from archive.ledger.witness.submitting import Answer, Submitted, submit
from archive.opening import Archive
from archive.package.tokens import Token
from archive.timestamps.names import CA_PEM, EMBEDDED
from archive.timestamps.stamping import Refusal, Stamp, obtain


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Who answered."""

    note: bytes  # the checkpoint, with cosignature lines
    submitted: Submitted | None  # None: no witness is configured
    stamps: tuple[Stamp, ...]
    refused: tuple[Refusal, ...]

    @property
    def complete(self) -> bool:
        """Whether everybody who is configured did their part."""
        return not self.refused and (self.submitted is None or self.submitted.reached)

    @property
    def alarming(self) -> tuple[Answer, ...]:
        """Witnesses that know another history of this ledger, or forgot theirs: such a package convinces nobody."""
        return () if self.submitted is None else self.submitted.alarming


def ask_outside(archive: Archive, note: bytes, known: Container[str]) -> Outside:
    """Ask every witness and authority that the settings name about a published checkpoint.

    Args:
        archive: whose checkpoint it is.
        note: the checkpoint.
        known: authorities whose root certificates are in the payload.

    Raises:
        LedgerRolledBackError, LedgerDamagedError: our own log is not what was cosigned before.
        OSError: what they said could not be kept.
    """
    submitted = submit(archive) if archive.settings.witnesses.witnesses else None
    if submitted is not None:
        note = submitted.note
    stamps, refused = obtain(archive, note)
    return Outside(
        note=note,
        submitted=submitted,
        stamps=tuple(stamp for stamp in stamps if stamp.authority in known),
        refused=tuple(refused),
    )


def roots(archive: Archive, tokens: Iterable[Token]) -> Mapping[str, list[bytes]]:
    """Root certificates (PEM) by authority: of those asked now, and of the tokens that go in. Raises OSError."""
    found: dict[str, list[bytes]] = {}
    settings = archive.settings.timestamps
    files = {authority.name: authority.ca for authority in settings.authorities}
    if settings.embedded:
        files[EMBEDDED] = archive.root / CA_PEM
    for name, path in files.items():
        if path.exists():
            found[name] = [path.read_bytes()]
    for token in tokens:
        found.setdefault(token.authority, []).append(token.ca)
    return found
