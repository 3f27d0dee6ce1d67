"""Questions about who stands where: the tree of units, rights that are to change, alarms, and who came in when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.reading import Reading
from archive.catalogue.rows import UnitRow

_RIGHT: Final = (
    'SELECT "index", account, change, role, unit_id, officer_id, parent, level, name, issuer, reason, proposed_at,'
    " proposed_actor, state, decided_at, decided_actor, decided_reason FROM rights"
)
_ALARM: Final = (
    'SELECT a."index", a.subject, a.code, a.account, a."count", a.request, a.clip, a.raised_at,'
    " a.settled_at, a.settled_actor, a.settled_reason"
)
# Whose doing it is, whom it is about, which unit's footage: each of them has a unit that may know of it. What is about
# a unit concerns it and those that stand under it; that it has no head also those above, who decide instead.
_OF_UNITS: Final = (
    " FROM alarms a LEFT JOIN accounts d ON d.id = a.account"
    " LEFT JOIN officers e ON e.id = d.officer_id"
    " LEFT JOIN accounts s ON s.id = a.subject LEFT JOIN officers o ON o.id = s.officer_id"
    " LEFT JOIN requests r ON r.id = a.request LEFT JOIN clips c ON c.clip = a.clip"
    " WHERE (:every = 1 OR :unit IN"
    " (d.unit_id, e.unit_id, s.unit_id, o.unit_id, r.unit_id, c.unit_id)"
    " OR a.subject IN (WITH RECURSIVE up(id) AS (SELECT id FROM units WHERE id = :unit UNION"
    " SELECT u.parent FROM units u JOIN up ON u.id = up.id WHERE u.parent IS NOT NULL)"
    " SELECT id FROM up)"
    " OR (a.code = 'no_head' AND :unit IN (WITH RECURSIVE above(id) AS (SELECT a.subject UNION"
    " SELECT u.parent FROM units u JOIN above ON u.id = above.id WHERE u.parent IS NOT NULL)"
    " SELECT id FROM above)))"
)
_SETTLED: Final = {
    None: "",
    True: " AND a.settled_at IS NOT NULL",
    False: " AND a.settled_at IS NULL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRow:
    """A change of rights that somebody proposed, and what became of it."""

    index: int
    account: str
    change: str  # add, set, enable, identity, place
    role: str | None
    unit_id: str | None
    officer_id: str | None
    parent: str | None  # of a unit that is to be placed: then `account` is that unit
    level: str | None
    name: str | None  # of an account that is to be added; of the person at the provider
    issuer: str | None  # of an identity
    reason: str | None
    proposed_at: str
    proposed_actor: str
    state: str  # open, confirmed, rejected, withdrawn
    decided_at: str | None
    decided_actor: str | None
    decided_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """An alarm, and who settled it."""

    index: int
    subject: str
    code: str
    account: str | None
    count: int | None
    request: str | None
    clip: str | None
    raised_at: str
    settled_at: str | None
    settled_actor: str | None
    settled_reason: str | None


class RightsQueries(Reading):
    """See the module."""

    def unit_tree(self) -> Mapping[str, UnitRow]:
        """Every unit by id, with the unit that it stands under."""
        rows = self._rows("SELECT id, name, parent, level FROM units ORDER BY name, id")
        return {
            id_: UnitRow(id=id_, name=name, parent=parent, level=level)
            for id_, name, parent, level in rows
        }

    def rights(
        self, state: str | None = None, *, below: int | None = None, limit: int = 100
    ) -> list[RightsRow]:
        """Proposed changes, the newest first; with a state only those in it, with `below` only older ones."""
        return [
            RightsRow(**dict(zip(RightsRow.__slots__, row, strict=True)))
            for row in self._rows(
                f"{_RIGHT} WHERE (:every = 1 OR state = :state)"
                ' AND "index" < :below ORDER BY "index" DESC LIMIT :most',
                every=int(state is None),
                state=state or "",
                below=_NEVER if below is None else below,
                most=limit,
            )
        ]

    def right(self, index: int) -> RightsRow | None:
        """The change that an entry proposed."""
        row = self._one(f'{_RIGHT} WHERE "index" = :at', at=index)
        return (
            None if row is None else RightsRow(**dict(zip(RightsRow.__slots__, row, strict=True)))
        )

    def alarms(
        self,
        *,
        unit: str | None = None,
        settled: bool | None = None,
        below: int | None = None,
        limit: int = 100,
    ) -> list[AlarmRow]:
        """Alarms, the newest first.

        Args:
            unit: only those that concern a unit: by who did it, whom it is about, or whose footage it was.
            settled: only those that somebody settled, or only the open ones.
            below: only those raised by entries before this index.
            limit: at most so many.
        """
        rows = self._rows(
            f'{_ALARM}{_OF_UNITS}{_SETTLED[settled]} AND a."index" < :below'
            ' ORDER BY a."index" DESC LIMIT :most',
            every=int(unit is None),
            unit=unit or "",
            below=_NEVER if below is None else below,
            most=limit,
        )
        return [_alarm(row) for row in rows]

    def alarm(self, index: int, *, unit: str | None = None) -> AlarmRow | None:
        """The alarm that an entry raised; with a unit only where it concerns that unit."""
        row = self._one(
            f'{_ALARM}{_OF_UNITS} AND a."index" = :at',
            every=int(unit is None),
            unit=unit or "",
            at=index,
        )
        return None if row is None else _alarm(row)

    def open_alarms(self, *, unit: str | None = None) -> int:
        """How many alarms nobody has settled; with a unit only those that concern it."""
        if unit is None:
            row = self._one("SELECT count(*) FROM alarms WHERE settled_at IS NULL")
        else:
            row = self._one(f"SELECT count(*){_OF_UNITS}{_SETTLED[False]}", every=0, unit=unit)
        return 0 if row is None else int(row[0])

    def open_alarm(self, subject: str, code: str, *, since: str) -> AlarmRow | None:
        """The newest open alarm of a kind about somebody, raised since a moment (RFC 3339 UTC)."""
        row = self._one(
            f"{_ALARM} FROM alarms a WHERE a.settled_at IS NULL AND a.subject = :subject"
            ' AND a.code = :code AND a.raised_at >= :since ORDER BY a."index" DESC LIMIT 1',
            subject=subject,
            code=code,
            since=since,
        )
        return None if row is None else _alarm(row)

    def last_sign_ins(self) -> Mapping[str, str]:
        """When each account last signed in (tokens of programs are no sign-in)."""
        rows = self._rows(
            "SELECT account, max(opened_at) FROM sessions"
            " WHERE account IS NOT NULL AND opened_at IS NOT NULL AND networks IS NULL"
            " GROUP BY account"
        )
        return {str(account): str(at) for account, at in rows}


_NEVER: Final = 2**62


def _alarm(row: tuple[Any, ...]) -> AlarmRow:
    return AlarmRow(**dict(zip(AlarmRow.__slots__, row, strict=True)))
