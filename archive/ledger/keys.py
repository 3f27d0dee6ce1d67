"""What the ledger's writer asks of whoever holds its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from archive.ledger.note import Signer, Verifier


class Keys(Protocol):
    """The keys of one ledger."""

    def known(self) -> tuple[Verifier, ...]:
        """The keys that the keys folder names now, oldest first; at least one. Raises ArchiveError."""

    def signer_for(self, verifier: Verifier, *, sync: Callable[[], None]) -> Signer:
        """The signer whose public half this is. The caller holds the ledger's lock.

        Where a change of keys was cut short it is ended, or what was begun of it is removed, after `sync` has
        made the entries last that `verifier` follows from.

        Raises:
            LedgerDamagedError: the key that is here is another.
            ArchiveError: the key cannot be used now.
            OSError: the medium failed.
        """
