"""What the key folder raises on purpose. Codes A090-A093, listed in docs/errors.md, never reused."""

from __future__ import annotations

from archive.errors import MACHINE, REFUSED, ArchiveError, LedgerDamagedError


class KeyLockedError(ArchiveError):
    """The signing key's passphrase or PIN is missing or wrong. Nothing was signed."""

    code = "A090"
    exit_status = MACHINE


class KeyTokenError(ArchiveError):
    """The hardware that holds the signing key is not there, or failed. Nothing was signed."""

    code = "A091"
    exit_status = MACHINE


class KeyHistoryError(LedgerDamagedError):
    """Entries about keys contradict each other, or the keys folder. Nothing was signed."""

    code = "A092"


class KeyRefusedError(ArchiveError):
    """A key cannot be changed in this way. Nothing was changed."""

    code = "A093"
    exit_status = REFUSED
