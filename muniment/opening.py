"""Opening the archive a command works on.

Holds: `untouched` changes nothing below ROOT, also where the catalogue is missing or behind; then the same
answers come from one that is made beside the archive and thrown away.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archive.cases import saying
from archive.durable import has_room_for_shared_memory
from archive.opening import BRIEF, Archive, open_archive
from muniment.answer import Asked

if TYPE_CHECKING:
    from archive.catalogue import Catalogue


@contextmanager
def writing(asked: Asked) -> Iterator[Archive]:
    """The archive, to append to it; its catalogue is at the ledger's end. Raises as `open_archive`."""
    word = partial(_says_that_it_waits, asked)
    with open_archive(asked.root, write=True) as archive, saying(word):
        archive.catalogue.catch_up()
        yield archive


def _says_that_it_waits(asked: Asked) -> None:
    asked.note(asked.words("waits"))


@contextmanager
def reading(asked: Asked) -> Iterator[Archive]:
    """The archive, to read; its catalogue is at the ledger's end.

    Raises:
        CatalogueBehindError: it is not, and cannot be written here.
        ArchiveError: as `open_archive`.
    """
    with open_archive(asked.root, write=False, patience=BRIEF) as archive:
        archive.catalogue.catch_up()
        yield archive


@contextmanager
def untouched(asked: Asked) -> Iterator[tuple[Archive, Catalogue]]:
    """The archive and a catalogue at the ledger's end, nothing below ROOT being written. Raises as `open_archive`."""
    with open_archive(asked.root, write=False, patience=BRIEF) as archive:
        if archive.settings.catalogue_url or is_current(archive):
            yield archive, archive.catalogue
            return
        with beside(archive) as catalogue:
            yield archive, catalogue


@contextmanager
def beside(archive: Archive) -> Iterator[Catalogue]:
    """A catalogue at the ledger's end in the temporary folder, where the archive's own cannot be written.

    Raises:
        NoSpaceError, OSError: there is no room either.
    """
    from archive.catalogue import Catalogue

    with tempfile.TemporaryDirectory(prefix="muniment-") as folder:
        url = f"sqlite:///{Path(folder) / 'catalogue.db'}"
        catalogue = Catalogue(url, reader=archive.reader, texts=archive.texts)
        try:
            catalogue.catch_up()
            yield catalogue
        finally:
            catalogue.close()


def is_current(archive: Archive) -> bool:
    """Whether the catalogue is a file at the ledger's end that can be read without writing anything."""
    path = archive.root / "catalogue.db"
    if not path.is_file():
        return False
    waiting = path.with_name(path.name + "-wal")
    quiet = not waiting.exists() or not waiting.stat().st_size
    if not quiet and not has_room_for_shared_memory(path.parent):
        return False
    # A reader of a WAL database makes files beside it, unless it is told that nobody writes.
    how = "immutable=1" if quiet else "mode=ro"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as db:
            row = db.execute("SELECT size FROM head").fetchone()
    except sqlite3.Error:
        return False
    return row is not None and row[0] == archive.reader.size()
