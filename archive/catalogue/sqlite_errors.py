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
from archive.durable import is_all_but_full
from archive.errors import ArchiveBusyError, ArchiveError, NoSpaceError

_FEW: Final = 4  # files: a database, its -wal and its -shm


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
    except UnicodeDecodeError as e:  # of text in a damaged file, its own message too
        raise _ours(sqlite3.DatabaseError(str(e)), path) from e


def _ours(error: sqlite3.DatabaseError, path: Path) -> ArchiveError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveBusyError("another process is writing the catalogue and does not let go")
    if (reason := _no_space(name, path.parent)) is not None:
        return NoSpaceError(f"no space for the catalogue{reason}")
    if name.startswith("SQLITE_IOERR"):
        return CatalogueBehindError(f"the catalogue's disk answers with an error ({error})")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return CatalogueBehindError(
            f"the catalogue cannot be opened here ({error}): a rebuild is due"
        )
    return CatalogueDamagedError(f"the catalogue is damaged ({error}): run `muniment rebuild`")


def _no_space(name: str, folder: Path) -> str | None:
    """What is to be added where the disk is full; None where it is not."""
    if name.startswith("SQLITE_FULL"):
        return ""
    if name.startswith("SQLITE_IOERR") and is_all_but_full(folder):
        return ": free some, then try again"
    found = os.statvfs(folder)
    # btrfs has no number of files, and says 0.
    if name.startswith("SQLITE_CANTOPEN") and 0 <= found.f_favail < _FEW <= found.f_files:
        return ": the disk can hold no more files (inodes); remove some, then try again"
    return None
