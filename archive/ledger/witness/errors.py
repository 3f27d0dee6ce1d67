"""What a witness raises on purpose, beside MalformedNoteError and ProofError. Codes are listed in docs/errors.md."""

from __future__ import annotations

from typing import ClassVar

from archive.errors import MACHINE, ArchiveError


class WitnessFolderError(ArchiveError):
    """A witness's folder does not hold what it needs, or no longer what it wrote. Nothing was cosigned."""

    code: ClassVar[str] = "A095"
    exit_status: ClassVar[int] = MACHINE
