"""The file that the public site is served from: ROOT/public/public.db, a view of the ledger that can be made again.

What always holds: only what is public is in it, and of what no longer is only the trace; a change is in it whole or not
at all; a reader never writes. What was taken out is overwritten with zeros (SQLite, secure_delete).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from oversight.publication.errors import PublicFolderError

FOLDER: Final = "public"  # below ROOT
NAME: Final = "public.db"
FORM: Final = "1"
_WAIT: Final = 20.0  # seconds
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE items (number INTEGER PRIMARY KEY, publication TEXT NOT NULL, step TEXT NOT NULL, said TEXT NOT NULL);
CREATE INDEX items_publication ON items (publication, number);
CREATE TABLE records (publication TEXT PRIMARY KEY, feed INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  number TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
  agency TEXT NOT NULL, decided TEXT NOT NULL, published TEXT NOT NULL, expires TEXT, ended TEXT, why TEXT, reason TEXT,
  record TEXT);
CREATE INDEX records_key ON records (key, feed);
CREATE INDEX records_shown ON records (kind, state, feed);
CREATE TABLE lists (kind TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL, in_force TEXT NOT NULL,
  until TEXT, published TEXT NOT NULL, said TEXT NOT NULL, PRIMARY KEY (kind, version)) WITHOUT ROWID;
CREATE TABLE certificates (key TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
  kind TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, withdrawn TEXT);
CREATE INDEX certificates_key ON certificates (key);
"""


@contextmanager
def changing(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file to change it, in one transaction; made where it is not there, or is none of ours.

    Raises:
        PublicFolderError: it cannot be written. Nothing is public that was not before.
    """
    path = folder / NAME
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        if not _is_ours(path):
            path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in filter(str.strip, _TABLES.split(";")):
                    db.execute(statement)
                put_meta(db, "form", FORM)
            yield db
            db.execute("COMMIT")
    except (sqlite3.Error, OSError) as e:
        raise PublicFolderError(f"{FOLDER}/{NAME} cannot be written: {e}") from e


@contextmanager
def looking(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file to read it, as of one moment. Raises PublicFolderError: it is not there, or cannot be read."""
    path = folder / NAME
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA query_only = ON")
            db.execute("BEGIN")
            if meta(db, "form") != FORM:
                raise PublicFolderError(f"{NAME} is of another version: write it again")
            yield db
    except (sqlite3.Error, OSError) as e:
        raise PublicFolderError(f"{FOLDER}/{NAME} cannot be read: {e}") from e


def meta(db: sqlite3.Connection, name: str) -> str | None:
    """What is said of the whole file."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    """Say something of the whole file."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _is_ours(path: Path) -> bool:
    """Whether there is a file that can be gone on with; a half-made or foreign one is made anew."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT)) as db:
            return meta(db, "form") == FORM
    except sqlite3.OperationalError as e:
        if "no such table" in str(e):
            return False
        raise
    except sqlite3.DatabaseError:  # it is no database any more
        return False
