"""What a visitor may do about publications, done in a thread. The rules of publication are oversight/'s.

What always holds: people do it, no program's token; officers and supervisors for cases of their own; who approves has
the right to and is another person. What was published or withdrawn is in the public folder when these return, or its
keeper (keeping.py) brings it there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from api.access import Right, may
from api.casefile.rights import is_theirs
from api.casework import known_case, number_of
from api.errors import NotFoundError, NotPermittedError
from api.gate import Visitor, refuse
from api.rights.work import changing, in_person
from api.service import Service
from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.rows import CaseRow
from archive.errors import ArchiveError
from archive.ids import is_id
from archive.opening import Archive
from oversight.publication import site, steps
from oversight.publication.errors import PublicationError
from oversight.publication.record import Wording
from oversight.publication.steps import Checking, Why
from oversight.report import annual

_log = structlog.get_logger(__name__)


def is_own(visitor: Visitor, case: CaseRow) -> bool:
    """Whether it is the visitor's to propose, check or decide something of this case."""
    return visitor.reach.all or is_theirs(visitor, case)


async def known(service: Service, visitor: Visitor, publication: str) -> PublicationRow:
    """A publication that the visitor may know of. Raises NotFoundError (recorded)."""
    row = None
    if is_id(publication, "publication"):
        await service.freshness.for_search()
        row = await asyncio.to_thread(service.archive.catalogue.publication, publication)
    if row is None:
        await refuse(service, visitor, code=NotFoundError.code)
        raise NotFoundError("no such publication")
    if row.kind == "decision":
        await _need_own(service, visitor, row)
    return row


async def case_of(service: Service, visitor: Visitor, number: str) -> CaseRow:
    """The case of a number, whose publications are the visitor's to read. Raises NotFoundError (recorded)."""
    await service.freshness.for_search()
    case = await known_case(service, visitor, number_of(number))
    if not is_own(visitor, case):
        await refuse(service, visitor, code=NotFoundError.code, case=case.id)
        raise NotFoundError("no publications of such a case")
    return case


async def propose(
    service: Service, visitor: Visitor, case: CaseRow, wording: Wording
) -> PublicationRow:
    """Propose a decision. Raises as `steps.propose`, NotInPersonError."""
    archive, actor = service.archive, visitor.account.id
    number = case.number or ""
    return await _do(service, visitor, lambda: steps.propose(archive, number, wording, actor=actor))


async def propose_report(service: Service, visitor: Visitor, year: int) -> PublicationRow:
    """Propose a year's figures. Raises as `annual.propose`, NotInPersonError."""
    archive, actor = service.archive, visitor.account.id
    return await _do(service, visitor, lambda: annual.propose(archive, year, actor=actor))


async def check(
    service: Service, visitor: Visitor, row: PublicationRow, said: Checking
) -> PublicationRow:
    """Check a record. Raises as `steps.check`, NotInPersonError."""
    archive, actor = service.archive, visitor.account.id
    return await _do(service, visitor, lambda: steps.check(archive, row.id, said, actor=actor))


async def approve(
    service: Service, visitor: Visitor, row: PublicationRow, reason: str | None
) -> PublicationRow:
    """Publish it. Raises as `steps.approve`, NotPermittedError (recorded), NotInPersonError."""
    await _need_publisher(service, visitor)
    archive, actor = service.archive, visitor.account.id

    def do() -> PublicationRow:
        found = steps.approve(archive, row.id, actor=actor, reason=reason)
        tell(archive)
        return found

    return await _do(service, visitor, do)


async def decline(
    service: Service, visitor: Visitor, row: PublicationRow, reason: str
) -> PublicationRow:
    """Do not publish it. Raises as `steps.decline`, NotPermittedError (recorded), NotInPersonError."""
    await _need_publisher(service, visitor)
    archive, actor = service.archive, visitor.account.id
    return await _do(
        service, visitor, lambda: steps.decline(archive, row.id, actor=actor, reason=reason)
    )


async def withdraw(
    service: Service, visitor: Visitor, row: PublicationRow, why: Why, reason: str
) -> PublicationRow:
    """Take it back. Raises as `steps.withdraw`, NotPermittedError (recorded), NotInPersonError."""
    await _need_publisher(service, visitor)
    archive, actor = service.archive, visitor.account.id

    def do() -> PublicationRow:
        found = steps.withdraw(archive, row.id, actor=actor, why=why, reason=reason)
        tell(archive)
        return found

    return await _do(service, visitor, do)


def last_year(archive: Archive) -> int:
    """The year whose figures are due, where the archive is."""
    return datetime.now(UTC).astimezone(archive.settings.zone).year - 1


def tell(archive: Archive) -> None:
    """Bring the public folder to the ledger's end. What cannot be written now is the keeper's: it is logged."""
    try:
        site.write(archive)
    except (ArchiveError, PublicationError, OSError) as error:
        _log.error("public_folder_not_written", detail=str(error))


async def _do(
    service: Service, visitor: Visitor, do: Callable[[], PublicationRow]
) -> PublicationRow:
    await in_person(service, visitor)
    return await changing(service, do)


async def _need_publisher(service: Service, visitor: Visitor) -> None:
    if may(visitor.account, Right.PUBLISH):
        return
    await refuse(service, visitor, code=NotPermittedError.code)
    raise NotPermittedError("supervisors and oversight decide what is published")


async def _need_own(service: Service, visitor: Visitor, row: PublicationRow) -> None:
    case = None if row.about is None else service.archive.catalogue.case(row.about)
    if case is None or not is_own(visitor, case):
        id_ = None if case is None else case.id
        await refuse(service, visitor, code=NotFoundError.code, case=id_)
        raise NotFoundError("no such publication")
