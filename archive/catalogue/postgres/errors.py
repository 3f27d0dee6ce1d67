"""What PostgreSQL says, as what the catalogue raises. Messages hold no statement and no value of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from archive.catalogue.errors import (
    CatalogueAwayError,
    CatalogueBehindError,
    CatalogueDamagedError,
)
from archive.errors import ArchiveBusyError, ArchiveError, NoSpaceError

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BUSY = ("55P03", "40001", "40P01", "57014")
_FULL = ("53100",)
_AWAY = ("08", "57P0", "53300", "53400")
_READ_ONLY = ("25006", "42501")


@contextmanager
def mapped() -> Iterator[None]:
    """Errors of the driver leave as an ArchiveError."""
    try:
        yield
    except (psycopg.DatabaseError, psycopg.InterfaceError) as e:
        if isinstance(e, psycopg.ProgrammingError) and e.sqlstate is None:
            raise  # the statement does not fit its values: ours to mend
        raise _ours(e) from e


def _ours(error: psycopg.Error) -> ArchiveError:
    state = error.sqlstate or ""
    why = str(error).strip().partition("\n")[0]
    if state.startswith(_BUSY):
        return ArchiveBusyError("another process is writing the catalogue and does not let go")
    if state.startswith(_FULL):
        return NoSpaceError("no space for the catalogue on its server")
    if state.startswith(_READ_ONLY):
        return CatalogueBehindError(f"the catalogue cannot be written here ({why})")
    if not state or state.startswith(_AWAY):
        return CatalogueAwayError(
            f"the catalogue's server cannot be reached ({why}); the archive itself is whole"
        )
    return CatalogueDamagedError(f"the catalogue is damaged ({why}): run `muniment rebuild`")
