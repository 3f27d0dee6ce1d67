"""What archive/package raises on purpose. Codes A100-A109, listed in docs/errors.md, never reused."""

from __future__ import annotations

from archive.errors import MACHINE, REFUSED, USAGE, ArchiveError


class PackagePlaceError(ArchiveError):
    """A package cannot be written there: the name is taken, or it is no place for it. Nothing was written."""

    code = "A100"
    exit_status = USAGE


class EmptyPackageError(ArchiveError):
    """There is no clip to hand out. Nothing was written."""

    code = "A101"
    exit_status = REFUSED


class OriginalDamagedError(ArchiveError):
    """An object is not what its entry says. No package was made; nothing is left under its name."""

    code = "A102"


class PackageSpaceError(ArchiveError):
    """The disk that the package is written to is full. Nothing is left under its name."""

    code = "A103"
    exit_status = MACHINE
