"""oversight.db: the clocks of all that somebody still has to look at, so that the desk need not count them. Disposable.

What always holds: it says nothing that the catalogue and the rules do not say; a state is reckoned from the moment of
whoever asks. Of clips only those are in it that came too late: the others are done for good. It may be deleted at any
moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from archive.durable import has_room_for_shared_memory
from archive.settings import is_archive
from oversight.clocks.errors import ClocksUnreadableError
from oversight.clocks.kept_rows import (
    COLUMNS,
    FORM,
    STATE,
    KeptClock,
    Mark,
    connect,
    form_of,
    kept_of,
    make_anew,
)
from oversight.clocks.model import OPEN, WORRYING, State

NAME: Final = "oversight.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose clocks somebody asks for: of any of these."""

    unit: str | None = None
    officer: str | None = None
    agency: bool = False  # those of the whole agency


class Kept:
    """See the module. Each question opens the file anew; threads may share it.

    Args:
        root: of the archive; None: in memory, for one process.
        patience: seconds that another program that counts is waited for.
    """

    def __init__(self, root: Path | None, *, patience: float = 5.0) -> None:
        self._root, self._patience = root, patience
        self._memory = None if root is not None else connect(":memory:", patience)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction; made anew where it is of another form or cannot be read.

        Raises:
            ClocksUnreadableError: it cannot be written.
        """
        try:
            with self._opened(create=True) as db:
                db.execute("BEGIN IMMEDIATE")
                if form_of(db) != FORM:
                    make_anew(db)
                with db:
                    yield db
        except sqlite3.Error as e:
            raise ClocksUnreadableError(
                f"{NAME} cannot be written: {e}",
                damaged=not isinstance(e, sqlite3.OperationalError),
                busy=getattr(e, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY,
            ) from e

    def forget(self) -> None:
        """Take the file away, where it cannot be read. Raises OSError."""
        if self._root is not None:
            for end in ("", "-wal", "-shm"):
                (self._root / f"{NAME}{end}").unlink(missing_ok=True)

    def mark(self) -> Mark | None:
        """How far it is; None: nowhere yet."""
        rows = self._rows("SELECT rules, size, leaf FROM state", {})
        return None if not rows else Mark(rules=rows[0][0], size=rows[0][1], leaf=rows[0][2])

    def mark_in(self, db: sqlite3.Connection) -> Mark | None:
        """The same, within a transaction."""
        rows = db.execute("SELECT rules, size, leaf FROM state").fetchall()
        return None if not rows else Mark(rules=rows[0][0], size=rows[0][1], leaf=rows[0][2])

    def told(self) -> str | None:
        """The day of the last digest; None: none is known of."""
        rows = self._rows("SELECT day FROM told", {})
        return str(rows[0][0]) if rows else None

    def set_told(self, day: str) -> None:
        """Say that a day's digest was told. Raises ClocksUnreadableError."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO told (id, day) VALUES (1, ?)", (day,))

    def counts(self, now: int) -> Mapping[tuple[str, State], int]:
        """How many of each rule are in each state. What is met is not told of clips: they are not kept."""
        sql = f"SELECT rule, {STATE} AS state, count(*) FROM clocks GROUP BY 1, 2"  # noqa: S608 - ours
        return {(rule, state): n for rule, state, n in self._rows(sql, {"now": now})}

    def worrying(self, now: int) -> dict[str | None, dict[tuple[str, State], int]]:
        """By unit (None: the whole agency, or no unit): how many of each rule are near or missed."""
        found: dict[str | None, dict[tuple[str, State], int]] = {}
        # Grouped in the order of the index, so that nothing is sorted.
        for excused, before in (("IS NULL", ""), ("IS NOT NULL", " AND due > :now")):
            rows = self._rows(
                "SELECT unit, rule, sum(:now >= due), count(*) FROM clocks"  # noqa: S608 - ours
                f" WHERE ended IS NULL AND excuse {excused} AND nearing <= :now{before}"
                " GROUP BY unit, rule",
                {"now": now},
            )
            for unit, rule, missed, count in rows:
                _count(found.setdefault(unit, {}), rule, missed, count - missed)
        return found

    def clocks(
        self,
        now: int,
        *,
        states: Iterable[State] = WORRYING,
        scope: Scope | None = None,
        after: tuple[int, str, str, int] | None = None,
        limit: int = 100,
    ) -> list[KeptClock]:
        """Those in these states, the earliest due first, from behind `after` (due, subject, rule, year)."""
        wanted = {f"s{n}": state for n, state in enumerate(states)}
        params: dict[str, Any] = {"now": now, "most": limit} | wanted
        where = [f"{STATE} IN ({', '.join(f':{name}' for name in wanted)})"]
        if all(state in OPEN for state in wanted.values()):
            where.append("ended IS NULL")  # the index has them in order
        if not {"missed", "late", "met", "excused"}.intersection(wanted.values()):
            where.append("due > :now")  # none of all that was missed is looked at
        if scope is not None:
            where.append(_of(scope))
            params |= {"unit": scope.unit, "officer": scope.officer}
        if after is not None:
            where.append("(due, subject, rule, year) > (:a0, :a1, :a2, :a3)")
            params |= {f"a{n}": value for n, value in enumerate(after)}
        rows = self._rows(
            f"SELECT {COLUMNS}, {STATE} FROM clocks WHERE {' AND '.join(where)}"  # noqa: S608 - ours
            " ORDER BY due, subject, rule, year LIMIT :most",
            params,
        )
        return [kept_of(row) for row in rows]

    def _rows(self, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Nothing where there is no file, or none that can be read: it is made anew when next written."""
        try:
            with self._opened(create=False) as db:
                return db.execute(sql, params).fetchall() if form_of(db) == FORM else []
        except sqlite3.Error:
            return []

    @contextmanager
    def _opened(self, *, create: bool) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            yield self._memory
            return
        assert self._root is not None  # noqa: S101 - one of the two
        path = self._root / NAME
        # Where its disk was pulled away there is only an empty folder, and it stays so.
        if not is_archive(self._root) or not has_room_for_shared_memory(self._root):
            raise sqlite3.OperationalError("no room beside the archive")
        if not create and not path.is_file():
            raise sqlite3.OperationalError("there is none yet")
        with closing(connect(str(path), self._patience)) as db:
            if create:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
            yield db


def _count(counted: dict[tuple[str, State], int], rule: str, missed: int, nearing: int) -> None:
    """Add to what is counted; what is none is left out."""
    found: tuple[tuple[State, int], ...] = (("missed", missed), ("nearing", nearing))
    for state, more in found:
        if more:
            counted[rule, state] = counted.get((rule, state), 0) + more


def _of(scope: Scope) -> str:
    """The condition of a scope."""
    whose = ["about IN ('list', 'agency')"] if scope.agency else []
    if scope.unit is not None:
        whose.append("unit = :unit")
    if scope.officer is not None:
        whose.append("subject IN (SELECT subject FROM whose WHERE officer = :officer)")
    return f"({' OR '.join(whose) or 'FALSE'})"
