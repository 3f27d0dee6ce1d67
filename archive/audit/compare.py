"""`python -m archive.audit.compare ROOT FOLDER SIZE`: hold ROOT's catalogue against a new one.

Prints `{"findings": […], "failure": "", "unbuildable": ""}`. ROOT's database is opened so that
SQLite can write nothing beside it: immutable where no -wal waits, else with a read-only -shm.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from archive import settings
from archive.audit.columns import ENTRIES
from archive.audit.kept import Kept, KeptInFile
from archive.audit.report import Code, Finding
from archive.audit.shadow import CATALOGUE, SERVER, catalogue_url, on_server
from archive.catalogue.beside import fill
from archive.catalogue.errors import CatalogueAwayError, CatalogueDamagedError
from archive.catalogue.form import REVISION
from archive.catalogue.sources import Entries, TextRows
from archive.durable import is_full
from archive.errors import (
    ArchiveBusyError,
    ArchiveError,
    NoSpaceError,
    NotAnArchiveError,
    SettingsError,
)
from archive.ledger.entry import Entry
from archive.ledger.reader import LedgerReader
from archive.removals import Removals, is_removal
from archive.settings.model import S3Settings
from archive.store.opening import open_store
from archive.texts import Texts

_ROUNDS: Final = 6  # looks at a catalogue that is being written, before a difference counts
# A -wal of its header alone holds nothing, and SQLite opens it for writing only: its writer was killed.
_WAL_HEADER: Final = 32  # bytes
# What SQLite says of bytes that are wrong; all else is about who else has the file open.
# Somebody opens, closes or recovers it just now. All else is wrong bytes, text that is no text too: that has no name.
_HELD: Final = (
    *("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_SCHEMA", "SQLITE_READONLY"),
    *("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_NOMEM"),
)
_FULL: Final = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN", "SQLITE_NOMEM"}


class _Prefix:
    """The first entries of a ledger, as a ledger."""

    def __init__(self, reader: LedgerReader, size: int) -> None:
        self._reader = reader
        self._size = size

    def size(self) -> int:
        """Committed entries."""
        return self._size

    def root(self, size: int) -> bytes:
        """Root hash of the first `size` entries."""
        return self._reader.root(size)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The entries [start, stop) in order."""
        end = self._size if stop is None else min(stop, self._size)
        return self._reader.entries(start, end)

    def entry(self, index: int) -> Entry:
        """One entry."""
        return self._reader.entry(index)


def open_unchanged(path: Path, folder: Path) -> sqlite3.Connection:
    """Open a catalogue without a byte changing beside it.

    Args:
        path: of the database.
        folder: for a copy, where there is no other way.

    Raises:
        sqlite3.Error, OSError: it cannot be opened.
    """
    wal, shm = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    options = "mode=ro&readonly_shm=1"
    if not wal.exists() or wal.stat().st_size <= _WAL_HEADER:
        options = "mode=ro&immutable=1"
    elif not shm.exists():
        for file in (path, wal):
            shutil.copyfile(file, folder / f"copy-{file.name}")
        path, options = folder / f"copy-{path.name}", "mode=rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None, timeout=60
    )
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def compare(root: Path, folder: Path, size: int) -> list[Finding]:
    """The differences between ROOT's catalogue and a new one of the same entries.

    Raises:
        ArchiveBusyError: somebody wrote so much that there was no moment to look.
        CatalogueAwayError: its server cannot be reached.
        ArchiveError: the ledger or the store gives no catalogue.
        OSError, sqlite3.Error: no room, or the new catalogue's file failed.
    """
    url = catalogue_url(root)
    if on_server(url):
        return _compare_server(url, root, folder, size)
    findings: list[Finding] | None = None
    for attempt in range(_ROUNDS):
        before = _stamps(root)
        beside = folder / str(attempt)
        beside.mkdir()
        try:
            findings = _compare_once(root, beside, size)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as e:  # the latter of its own message
            is_held = getattr(e, "sqlite_errorname", "").startswith(_HELD)
            findings = None if is_held else [_damaged(str(e))]
        # What was read within one transaction of a live database is so, whatever comes after; but
        # an immutable one is torn when somebody begins to write. Then look again.
        if findings == [] or (findings is not None and _stamps(root) == before):
            return findings
        shutil.rmtree(beside)
        time.sleep(0.05 * 2**attempt)
    if findings is None:
        raise ArchiveBusyError("the catalogue cannot be opened to read it: somebody holds it")
    return findings


def _stamps(root: Path) -> list[tuple[int, int]]:
    """Changes when somebody writes the catalogue."""
    found = []
    for ending in ("", "-wal"):
        try:
            status = (root / f"{CATALOGUE}{ending}").stat()
            found.append((status.st_size, status.st_mtime_ns))
        except FileNotFoundError:
            found.append((-1, -1))
    return found


def _compare_once(root: Path, folder: Path, size: int) -> list[Finding]:
    """Raises sqlite3.DatabaseError of ROOT's catalogue."""
    with closing(open_unchanged(root / CATALOGUE, folder)) as held:
        held.execute("BEGIN")
        (check,) = held.execute("PRAGMA integrity_check(1)").fetchone()
        if check != "ok":
            return [_damaged(str(check))]
        if held.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            return []  # nothing in it yet: it is being made
        head = held.execute("SELECT size, leaf, root FROM head").fetchone()
        if head is None or not isinstance(head[0], int):
            return [_damaged("it does not say how far it is")]
        return _compare_with_new(KeptInFile(held), head, root, folder, size)


def _compare_server(url: str, root: Path, folder: Path, size: int) -> list[Finding]:
    """Raises CatalogueAwayError."""
    # Who keeps the catalogue in a file loads no driver for another.
    from archive.audit.kept_on_server import opened

    with opened(url) as held:
        head = held.head() if held is not None else None
        if held is None:
            return []  # nothing in it yet
        if head is None:
            found = [_damaged("it does not say how far it is")]
        else:
            found = _compare_with_new(held, head, root, folder, size)
    return [replace(one, where=SERVER) if one.where == CATALOGUE else one for one in found]


def _compare_with_new(
    held: Kept, head: tuple[Any, ...], root: Path, folder: Path, size: int
) -> list[Finding]:
    reader = LedgerReader(root)
    if head[0] > size:
        size = reader.size()
    if head[0] > size:
        return [
            Finding(
                code=Code.LEDGER_ROLLED_BACK,
                where=ENTRIES,
                detail=f"the catalogue has seen {head[0]} entries, {size} are here: the ledger was put back to"
                " an older copy",
            )
        ]
    if head[2] is not None and head[0] and reader.root(head[0]).hex() != head[2]:
        return [
            _differs("head", f"its root for {head[0]} entries is not the ledger's", str(head[0]))
        ]
    if held.revision() < REVISION:
        return []  # an older Muniment's: behind, as one that lacks entries
    if any(is_removal(entry) for entry in reader.entries(head[0])):
        return []  # behind a disposal: it shows words that nobody can make it from any more
    with closing(sqlite3.connect(folder / CATALOGUE, isolation_level=None)) as new:
        texts = Texts(open_store(root, _s3(root)), moved=Removals(reader).moved)
        _fill(new, _Prefix(reader, head[0]), texts)
        try:
            return list(_differences(held, KeptInFile(new)))
        except sqlite3.OperationalError as e:
            if getattr(e, "sqlite_errorname", "") in _FULL:
                raise NoSpaceError(f"the temporary folder is full: {e}") from e
            raise


def _s3(root: Path) -> S3Settings | None:
    """Where objects are kept; an archive whose settings cannot be read has files."""
    with suppress(NotAnArchiveError, SettingsError):
        return settings.load(root).s3
    return None


def _fill(new: sqlite3.Connection, reader: Entries, texts: TextRows) -> None:
    try:
        fill(new, reader=reader, texts=texts)
    except sqlite3.OperationalError as e:
        raise NoSpaceError(f"the temporary folder fails: {e}") from e
    except sqlite3.DatabaseError as e:  # what entries say fits no row
        raise CatalogueDamagedError(f"the ledger gives no catalogue: {e}") from e


def _differences(held: Kept, new: Kept) -> Iterator[Finding]:
    (theirs, their_words), (ours, our_words) = held.tables(), new.tables()
    for table in sorted(theirs.keys() | ours.keys()):
        if theirs.get(table) != ours.get(table):
            yield _differs(table, "the table has another form, or is not there", "")
        else:
            yield from _first_difference(table, ours[table], held, new)
    for index in sorted(set(their_words) | set(our_words)):
        if index not in their_words or index not in our_words:
            yield _differs(index, "the text index is not there, or is of another version", "")
        elif held.words(index) != new.words(index):
            yield _differs(index, "the text index holds other words", "")


def _first_difference(
    table: str, columns: tuple[str, ...], held: Kept, new: Kept
) -> Iterator[Finding]:
    wanted = columns
    if table == "head":
        # Null while a long catch-up is under way; it was compared with the ledger's.
        wanted = tuple(column for column in columns if column != "root")
    for theirs, made in zip_longest(held.rows(table, wanted), new.rows(table, wanted)):
        ours = None if made is None else held.shown(made)
        if theirs != ours:
            yield _row_finding(table, wanted, theirs, ours)
            return


def _row_finding(
    table: str,
    columns: tuple[str, ...],
    theirs: tuple[Any, ...] | None,
    ours: tuple[Any, ...] | None,
) -> Finding:
    if theirs is None or ours is None or theirs[0] != ours[0]:
        row = min(row for row in (theirs, ours) if row is not None and row[0] is not None)
        return _differs(table, f"a row is missing or too many at {columns[0]} {row[0]}", "")
    wrong = [c for c, a, b in zip(columns, theirs, ours, strict=True) if a != b]
    subject = next(
        (
            str(value)
            for column, value in zip(columns, ours, strict=True)
            if column in {"clip", "subject", "id"} and isinstance(value, str)
        ),
        "",
    )
    return _differs(
        table, f"{columns[0]} {ours[0]}: {', '.join(wrong)} is not what it was", subject
    )


def _damaged(why: str) -> Finding:
    return Finding(
        code=Code.CATALOGUE_DAMAGED,
        where=CATALOGUE,
        detail=f"the database cannot be read: {why}; `muniment rebuild` makes it anew",
    )


def _differs(table: str, what: str, subject: str) -> Finding:
    return Finding(
        code=Code.CATALOGUE_DIFFERS,
        where=CATALOGUE,
        subject=subject,
        detail=f"{table}: {what}; `muniment rebuild` makes it anew",
    )


def main(root: Path, folder: Path, size: int) -> None:
    """Compare, and say what came of it on standard output."""
    os.nice(10)
    said: dict[str, Any] = {"findings": [], "failure": "", "unbuildable": ""}
    try:
        said["findings"] = [
            {"code": str(f.code), "where": f.where, "detail": f.detail, "subject": f.subject}
            for f in compare(root, folder, size)
        ]
    except (NoSpaceError, ArchiveBusyError) as e:
        said["failure"] = f"no catalogue can be made beside the archive to compare: {e}"
    except CatalogueAwayError as e:
        said["failure"] = str(e)
    except ArchiveError as e:
        said["unbuildable"] = str(e)
    except OSError as e:
        what = e.strerror if e.filename is None else f"{e.filename}: {e.strerror}"
        why = "the temporary folder is full" if is_full(e) else what
        said["failure"] = f"no catalogue can be made beside the archive to compare: {why}"
    print(json.dumps(said))  # noqa: T201 - the answer of this process


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
