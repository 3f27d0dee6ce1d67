"""Who may read a case's documents, and add to them.

What always holds: documents say more than that a case exists. They are for those who see all facts, for the unit whose
case it is, for its officers, and for whoever was granted the case by that unit's head or by duty; not for those who
know of the case only because one of its clips is theirs, and not by an emergency, which nobody decided. Only the unit
and the officers change them. A document that may not be read is answered as one that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, NoReturn

from fastapi import Depends
from starlette.requests import Request

from api import casework
from api.access import Right, may
from api.errors import NotFoundError, NotPermittedError
from api.gate import Seen, Visitor, may_read_cases, refuse, seen_now
from api.service import Service, service_of
from archive.cases import CaseNotOpenError
from archive.catalogue.casefile_queries import DocumentRow
from archive.catalogue.rows import CaseRow
from archive.ids import is_id

_DECIDED: Final = frozenset({"head", "county_head", "duty"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A visitor, a document that they may read, and its case."""

    visitor: Visitor
    document: DocumentRow
    case: CaseRow


def may_read(service: Service, visitor: Visitor, case: CaseRow) -> bool:
    """See the module."""
    if visitor.reach.all or is_theirs(visitor, case):
        return True
    return grant_of(service, visitor, case) is not None


def grant_of(service: Service, visitor: Visitor, case: CaseRow) -> str | None:
    """The request by which the case's documents may be read; None where there is none, or none is needed."""
    if visitor.reach.all or is_theirs(visitor, case):
        return None
    return next(
        (
            grant.request
            for grant in service.grants.active(visitor.account.id)
            if grant.case == case.id and grant.unit == case.unit_id and grant.by in _DECIDED
        ),
        None,
    )


def is_theirs(visitor: Visitor, case: CaseRow) -> bool:
    """Whether the case is of their unit, or they are one of its officers."""
    account = visitor.account
    if account.role not in {"officer", "supervisor"}:
        return False
    if account.officer is not None and account.officer in case.officers:
        return True
    return case.unit_id is not None and case.unit_id == account.unit


def may_add(service: Service, visitor: Visitor, case: CaseRow) -> bool:
    """Whether they may add documents, tie their pages to clips, and take both away again."""
    del service
    return case.is_open and may(visitor.account, Right.LINK) and is_theirs(visitor, case)


async def refuse_to_add(service: Service, visitor: Visitor, case: CaseRow) -> NoReturn:
    """Say why `may_add` said no.

    Raises:
        CaseNotOpenError: the case is closed.
        NotPermittedError: else (recorded).
    """
    if not case.is_open:
        raise CaseNotOpenError("the case is closed: its documents stay as they are")
    await refuse(service, visitor, code=NotPermittedError.code, case=case.id)
    raise NotPermittedError("the documents of this case are for its unit and officers to change")


async def readable_case(service: Service, visitor: Visitor, segment: str) -> CaseRow:
    """The case of a number in a path, for whoever may read its documents.

    Raises:
        NotFoundError: there is none, or none whose documents this visitor may read (recorded).
    """
    case = await casework.known_case(service, visitor, casework.number_of(segment))
    if not may_read(service, visitor, case):
        await refuse(service, visitor, code=NotFoundError.code, case=case.id)
        raise NotFoundError("no documents of such a case")
    return case


async def known_document(
    request: Request, document: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Read:
    """A document that the visitor may read.

    Raises:
        NotFoundError: there is none, it was taken away, or it is not for them (recorded).
    """
    service = service_of(request)
    row = None
    if is_id(document, "document"):
        await service.freshness.for_search()
        row = service.archive.catalogue.document(document)
    case = None if row is None else service.archive.catalogue.case(row.case_id)
    if (
        row is None
        or row.removed_at is not None
        or case is None
        or not may_read(service, visitor, case)
    ):
        await refuse(
            service, visitor, code=NotFoundError.code, case=None if case is None else case.id
        )
        raise NotFoundError("no such document")
    return Read(visitor=visitor, document=row, case=case)


def seen_clip(service: Service, visitor: Visitor, clip: str) -> Seen | None:
    """A clip that a link names, where the visitor may know of it. Records nothing."""
    row = service.archive.catalogue.clip(clip) if is_id(clip, "clip") else None
    return None if row is None else seen_now(service, visitor, row)
