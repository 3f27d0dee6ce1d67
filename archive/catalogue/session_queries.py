"""Questions about sign-ins and tokens, as the ledger knows them: also those that are long over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading

_COLUMNS: Final = 'id, account, opened_at, "by", name, networks, expires, address, agent, moves, ended_at, ended_why'
_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A sign-in, or a program's token."""

    id: str
    account: str
    opened_at: str
    by: str  # password, password+totp, oidc, token
    name: str | None  # of a token
    networks: tuple[str, ...]  # of a token
    expires: str | None
    address: str | None  # the newest
    agent: str | None
    moves: int  # to how many other networks it moved
    ended_at: str | None  # before it expired
    ended_why: str | None


class SessionQueries(Reading):
    """See the module."""

    def sessions(
        self, account: str, *, tokens: bool = False, limit: int = 50
    ) -> tuple[SessionRow, ...]:
        """The newest sign-ins of an account, or its tokens, the newest first."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM sessions"  # noqa: S608 - our own words
            " WHERE account = :account AND opened_at IS NOT NULL"
            f" AND networks IS {'NOT NULL' if tokens else 'NULL'}"
            " ORDER BY opened_at DESC, id DESC LIMIT :limit",
            account=account,
            limit=min(limit, _MOST),
        )
        return tuple(
            SessionRow(
                id=row[0],
                account=row[1],
                opened_at=row[2],
                by=row[3] or "",
                name=row[4],
                networks=tuple(json.loads(row[5])) if row[5] else (),
                expires=row[6],
                address=row[7],
                agent=row[8],
                moves=row[9] or 0,
                ended_at=row[10],
                ended_why=row[11],
            )
            for row in rows
        )
