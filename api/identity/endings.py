"""Sessions and tokens that ended, into the ledger.

What always holds: what ended is invalid before the ledger says so, and its row stays until the ledger does: a crash
or a full disk between the two is made up for at the next ending or sign-in, or when the service starts.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api.identity.accounts import Accounts
from archive.events import Event
from archive.opening import Archive

if TYPE_CHECKING:
    from api.service import Service


def record_endings(archive: Archive, accounts: Accounts) -> None:
    """Append what ended since the last time. Raises as `Archive.record`; then the rows stay."""
    if not _are_there(accounts):
        return
    with accounts.writing() as db:  # nobody else appends the same meanwhile
        events = []
        for kind in ("session", "token"):
            rows = db.execute(
                f"SELECT id, account, ended, ended_by FROM {kind} WHERE ended IS NOT NULL"  # noqa: S608 - one of two words
            ).fetchall()
            events += [_event(kind, *row) for row in rows]
            ids = [(row[0],) for row in rows]
            db.executemany(f"DELETE FROM {kind} WHERE id = ?", ids)  # noqa: S608 - one of two words
            db.executemany("DELETE FROM session_peer WHERE session = ?", ids)
        if events:
            archive.record(events)


async def endings(service: Service) -> None:
    """The same for a request: durable on return."""
    if await asyncio.to_thread(_record, service):
        service.freshness.changed()


def _record(service: Service) -> bool:
    before = _are_there(service.accounts)
    record_endings(service.archive, service.accounts)
    return before


def _are_there(accounts: Accounts) -> bool:
    sql = (
        "SELECT 1 FROM session WHERE ended IS NOT NULL"
        " UNION ALL SELECT 1 FROM token WHERE ended IS NOT NULL LIMIT 1"
    )
    return accounts.one(sql) is not None


def _event(kind: str, id_: str, account: str, why: str, by: str | None) -> Event:
    return Event(
        type="session.ended" if kind == "session" else "token.revoked",
        subject=id_,
        actor=by or account,
        data={"account": account, "why": why},
    )
