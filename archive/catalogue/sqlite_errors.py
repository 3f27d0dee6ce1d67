"""What SQLite says, as what the catalogue raises."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.errors import ArchiveBusyError, ArchiveError, NoSpaceError

_LITTLE: Final = 4 << 20  # bytes: less free than this is a full disk


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Errors of the library leave as an ArchiveError; `path` is the database's."""
    try:
        yield
    except DBAPIError as e:
        if isinstance(e.orig, sqlite3.DatabaseError):
            raise _ours(e.orig, path) from e
        raise
    except sqlite3.DatabaseError as e:
        raise _ours(e, path) from e


def _ours(error: sqlite3.DatabaseError, path: Path) -> ArchiveError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveBusyError("another process is writing the catalogue and does not let go")
    if name.startswith("SQLITE_FULL"):
        return NoSpaceError("no space for the catalogue")
    if name.startswith("SQLITE_IOERR"):
        # Also what SQLite says of a full disk when its -shm cannot grow.
        found = os.statvfs(path.parent)
        if found.f_bavail * found.f_frsize < _LITTLE:
            return NoSpaceError("no space for the catalogue: free some, then try again")
        return CatalogueBehindError(f"the catalogue's disk answers with an error ({error})")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return CatalogueBehindError(
            f"the catalogue cannot be opened here ({error}): a rebuild is due"
        )
    return CatalogueDamagedError(f"the catalogue is damaged ({error}): run `muniment rebuild`")
