"""What the catalogue raises on purpose. Codes A060-A069."""

from __future__ import annotations

from archive.errors import MACHINE, USAGE, ArchiveError


class CatalogueBehindError(ArchiveError):
    """The catalogue lacks what the ledger has, and cannot be written here: a rebuild is due. Nothing was answered."""

    code = "A060"
    exit_status = MACHINE


class CatalogueDamagedError(ArchiveError):
    """The catalogue is no view of this ledger, or no database: `muniment rebuild` makes it anew."""

    code = "A061"


class TimeTextError(ArchiveError):
    """A time that was typed cannot be read. Nothing was searched."""

    code = "A062"
    exit_status = USAGE


class CursorError(ArchiveError):
    """A page was asked for by a cursor that we did not make. Nothing was searched."""

    code = "A063"
    exit_status = USAGE


class CatalogueAwayError(ArchiveError):
    """The catalogue's PostgreSQL server cannot be reached, or went away. The archive itself is whole."""

    code = "A064"
    retryable = True
    exit_status = MACHINE
