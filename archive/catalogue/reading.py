"""What all queries share: the database, the ledger and text rows beside it, and the names that ids stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.database import Database
from archive.catalogue.errors import CatalogueDamagedError
from archive.catalogue.sources import Entries, TextRows

_HEAD: Final = "SELECT size, leaf, root, names FROM head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far the catalogue is."""

    size: int  # entries projected
    leaf: str | None  # leaf hash of the last of them, hex
    root: str | None  # root of that tree, hex; None while a long catch-up is under way
    names: int  # last entry that changed a register


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What recorders, officers and units are called, and who is called so."""

    serials: Mapping[str, str | None]
    badges: Mapping[str, str | None]
    units: Mapping[str, str | None]

    @staticmethod
    def ids(names: Mapping[str, str | None], wanted: str | None) -> tuple[str, ...] | None:
        """Ids with this name, oldest first; None when nobody asks."""
        if wanted is None:
            return None
        wanted = wanted.strip()
        return tuple(sorted(id_ for id_, name in names.items() if name == wanted))


class Reading:
    """Base of the query classes. Threads may share it."""

    def __init__(self, database: Database, *, reader: Entries, texts: TextRows) -> None:
        self._file = database
        self._ready = False
        self._reader = reader
        self._texts = texts
        # Registers are small and rarely change: kept as long as `head.names` says so.
        self._names: tuple[int, Names] | None = None

    def catch_up(self) -> int:
        """Bring the catalogue to the ledger's end; answers with how many entries it lacked."""
        raise NotImplementedError

    @property
    def _database(self) -> Database:
        """The database, which has seen the ledger's end at least once."""
        if not self._ready:
            self.catch_up()
        return self._file

    def head(self) -> Head:
        """How far the catalogue is. Raises CatalogueDamagedError."""
        return head_of(self._database)

    def _rows(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        return self._database.rows(sql, params)

    def _one(self, sql: str, **params: Any) -> tuple[Any, ...] | None:
        found = self._database.rows(sql, params)
        return found[0] if found else None

    def _names_now(self) -> Names:
        version: int = self._database.rows("SELECT names FROM head", {})[0][0]
        if self._names is None or self._names[0] != version:
            recorders, officers, units = self._database.snapshot(
                [
                    ("SELECT id, serial FROM recorders", {}),
                    ("SELECT id, badge FROM officers", {}),
                    ("SELECT id, name FROM units", {}),
                ]
            )
            names = Names(
                serials=dict(_pairs(recorders)),
                badges=dict(_pairs(officers)),
                units=dict(_pairs(units)),
            )
            self._names = (version, names)
        return self._names[1]


def head_of(database: Database) -> Head:
    """How far a catalogue is, whether or not that is far enough. Raises CatalogueDamagedError."""
    rows = database.rows(_HEAD, {})
    if len(rows) != 1:
        raise CatalogueDamagedError(
            "the catalogue does not say how far it is: run `muniment rebuild`"
        )
    size, leaf, root, names = rows[0]
    return Head(size=size, leaf=leaf, root=root, names=names)


def _pairs(rows: list[tuple[Any, ...]]) -> Iterator[tuple[str, str | None]]:
    yield from rows
