"""What archive/ raises on purpose. Codes A001-A099, listed in docs/errors.md, never reused.

ArchiveError
├─ what was offered      SizeMismatchError, SourceChangedError
├─ the archive itself    FixityError, LedgerRolledBackError, LedgerDamagedError, MissingObjectError, …
├─ this machine          NoSpaceError, MediumRefusedError, LedgerFailedError, ArchiveBusyError, …
└─ refused by rule       UnknownCaseError, CaseNotOpenError, …

An OSError of the archive's own medium is not wrapped, but for a full disk (NoSpaceError), and never retried:
after a failed fsync nobody knows what the medium holds.
"""

from __future__ import annotations

from typing import ClassVar

DAMAGE = 1
USAGE = 2
REFUSED = 4
MACHINE = 5


class ArchiveError(Exception):
    """Base: the archive refused, or found itself damaged."""

    code: ClassVar[str] = "A000"
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[int] = DAMAGE


class SizeMismatchError(ArchiveError):
    """Fewer or more bytes arrived than the source announced. No object was made."""

    code = "A010"
    retryable = True
    exit_status = MACHINE

    def __init__(self, *, expected: int, received: int) -> None:
        super().__init__(f"received {received} bytes, {expected} announced")
        self.expected = expected
        self.received = received


class FixityError(ArchiveError):
    """Stored bytes no longer hash to their name. Never retried, always an incident."""

    code = "A020"

    def __init__(self, *, digest: str, actual: str) -> None:
        super().__init__(
            f"object {digest} now hashes to {actual}: the archive is damaged, run `muniment audit`"
        )
        self.digest = digest
        self.actual = actual


class LedgerRolledBackError(ArchiveError):
    """The ledger is older than, or another than, one that was already signed. Nothing was signed."""

    code = "A021"


class LedgerDamagedError(ArchiveError):
    """Bytes of the ledger are not what was signed. Nothing was appended."""

    code = "A022"


class LedgerFailedError(ArchiveError):
    """A write to the ledger failed; this process appends nothing more. Start the command again."""

    code = "A023"
    exit_status = MACHINE


class MissingObjectError(ArchiveError):
    """The ledger names an object that the store does not have."""

    code = "A024"


class EntryTooLargeError(ArchiveError):
    """An entry would be longer than 65,535 bytes. Nothing was appended."""

    code = "A025"
    exit_status = USAGE


class NotAnArchiveError(ArchiveError):
    """ROOT is not an archive of ours."""

    code = "A040"
    exit_status = USAGE


class NewerFormatError(ArchiveError):
    """The archive was made by a newer Muniment. Nothing was read or written."""

    code = "A041"
    exit_status = MACHINE


class ArchiveBusyError(ArchiveError):
    """Somebody else holds what is needed, and does not let go. Nothing was done."""

    code = "A042"
    retryable = True
    exit_status = MACHINE


class ReadOnlyArchiveError(ArchiveError):
    """The archive cannot be written here. Nothing was done."""

    code = "A043"
    exit_status = MACHINE


class NotEmptyError(ArchiveError):
    """`init` was pointed at a folder that holds something. Nothing was touched."""

    code = "A044"
    exit_status = USAGE


class SettingsError(ArchiveError):
    """muniment.toml is malformed, or asks for what does not exist."""

    code = "A045"
    exit_status = USAGE


class DisposedClipError(ArchiveError):
    """The clip was disposed of: its bytes are gone for good. Nothing was done."""

    code = "A221"
    exit_status = REFUSED


class RemovalRefusedError(ArchiveError):
    """The store gives this account no object away, whatever an entry says. It is there still."""

    code = "A222"
    exit_status = REFUSED


class NoSpaceError(ArchiveError):
    """The archive's disk is full. What was receipted before is safe; nothing else was kept."""

    code = "A050"
    exit_status = MACHINE


class MediumRefusedError(ArchiveError):
    """The archive's disk lacks something that every promise stands on."""

    code = "A051"
    exit_status = MACHINE


class MalformedNoteError(ArchiveError):
    """Not a signed note, or not a checkpoint."""

    code = "A026"


class MalformedEntryError(ArchiveError):
    """Not an entry of this format."""

    code = "A027"


class CanonicalError(ArchiveError):
    """A value that has no place in an entry: a fraction, a huge number, or a lone surrogate, for example."""

    code = "A028"
    exit_status = USAGE


class ProofError(ArchiveError):
    """A Merkle proof does not prove what it says."""

    code = "A029"
