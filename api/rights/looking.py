"""Which alarms a visitor may know of, and settling them.

What always holds: archivists, oversight and administrators know of every alarm, a supervisor of those that concern
their unit; an administrator never of a clip or a request; nobody settles an alarm about themselves or their own doing.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.access import Right, may
from api.documents import Document
from api.errors import NotFoundError
from api.gate import Visitor, refuse
from api.identity.accounts import Account
from api.rights import alarms as raised
from api.rights import showing, work
from api.rights.errors import NotOpenError, OwnRightsError
from api.service import Service
from archive.catalogue.rights_queries import AlarmRow

_NOWHERE = "unit-"  # no unit's id: a supervisor without a unit knows of nothing


def alarms(
    service: Service,
    visitor: Visitor,
    *,
    settled: bool | None = None,
    below: int | None = None,
    limit: int,
) -> list[AlarmRow]:
    """Alarms that the visitor may know of, the newest first."""
    return service.archive.catalogue.alarms(
        unit=_unit(visitor.account), settled=settled, below=below, limit=limit
    )


def count_open(service: Service, account: Account) -> int:
    """How many open alarms an account may know of; none where it may not know of any."""
    if not may(account, Right.ALARMS):
        return 0
    return service.archive.catalogue.open_alarms(unit=_unit(account))


def documents(service: Service, visitor: Visitor, rows: Sequence[AlarmRow]) -> list[Document]:
    """Alarms as this visitor may read them."""
    names = showing.Names.of(service.archive)
    footage = visitor.account.role != "administrator"
    return [
        showing.alarm(row, names, footage=footage) | {"own": _is_own(visitor, row)} for row in rows
    ]


async def settle(service: Service, visitor: Visitor, index: int, reason: str) -> AlarmRow:
    """Settle an alarm.

    Raises:
        NotFoundError: there is none, or none that this visitor may know of (recorded).
        OwnRightsError: it is about the visitor.
        NotOpenError: somebody settled it before.
        InvalidInputError: no reason, or too long. Nothing was done.
    """
    await work.in_person(service, visitor)
    await service.freshness.for_search()
    row = service.archive.catalogue.alarm(index, unit=_unit(visitor.account))
    if row is None:
        await refuse(service, visitor, code=NotFoundError.code)
        raise NotFoundError("no such alarm")
    why = work.reason_of({"reason": reason})
    if _is_own(visitor, row):
        raise OwnRightsError("somebody else settles an alarm about you")

    def do() -> AlarmRow:
        archive = service.archive
        with service.repeats.lock:  # of two at once the second is told
            archive.catalogue.catch_up()
            now = archive.catalogue.alarm(index)
            if now is None or now.settled_at is not None:
                raise NotOpenError("somebody settled this alarm before")
            raised.settle(
                archive, actor=visitor.account.id, index=index, subject=row.subject, reason=why
            )
            archive.catalogue.catch_up()
        return archive.catalogue.alarm(index) or row

    return await work.changing(service, do)


def _is_own(visitor: Visitor, row: AlarmRow) -> bool:
    return visitor.account.id in {row.subject, row.account}


def _unit(account: Account) -> str | None:
    return (account.unit or _NOWHERE) if account.role == "supervisor" else None
