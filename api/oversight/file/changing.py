"""Changing a case's file for a visitor: archive.casefiles and oversight.files decide, run in a thread.

What always holds: who may change a case's documents may change its file; closing and reopening the volume, merging and
splitting subjects is for those who look after the archive. A person does the latter, not a token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from api.casefile.rights import is_theirs, may_add, refuse_to_add
from api.deciding import decided
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor
from api.markers.marking import MOST_REASON, checked_text
from api.rights.work import in_person
from api.service import Service
from archive.casefiles import closing, filing, revoking, subjects, times
from archive.casefiles.filing import Filing
from archive.casefiles.forms import filling
from archive.casefiles.forms.filling import Made
from archive.casefiles.forms.model import form_of
from archive.casefiles.order import STAGES, Stage
from archive.casefiles.revoking import HOWS
from archive.casefiles.stages import Entering
from archive.casefiles.subjects import NewSubject
from archive.catalogue.casefile_queries import DocumentRow
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import lower_bound
from archive.ids import is_id
from oversight.files import acting

_Done = TypeVar("_Done")


async def need_own(service: Service, visitor: Visitor, case: CaseRow) -> None:
    """Raise NotPermittedError, recorded, or CaseNotOpenError where the file is not theirs to change."""
    if not may_add(service, visitor, case):
        await refuse_to_add(service, visitor, case)


async def file_as(service: Service, visitor: Visitor, case: CaseRow, said: Filing) -> None:
    """Say which act a case is. Raises as `need_own` and `acting.file_as`."""
    await need_own(service, visitor, case)
    account = visitor.account
    await done(
        service,
        lambda: acting.file_as(
            service.archive, case.number or "", said, actor=account.id, acting=account.officer
        ),
    )


async def enter(service: Service, visitor: Visitor, case: CaseRow, entering: Entering) -> None:
    """Enter a stage. Raises as `need_own` and `acting.enter`."""
    await need_own(service, visitor, case)
    account = visitor.account
    await done(
        service,
        lambda: acting.enter(
            service.archive, case.number or "", entering, actor=account.id, acting=account.officer
        ),
    )


async def end_action(service: Service, visitor: Visitor, case: CaseRow, at: datetime) -> None:
    """Say when the action ended. Raises as `need_own` and `filing.end_action`."""
    await need_own(service, visitor, case)
    actor = visitor.account.id
    await done(
        service,
        lambda: filing.end_action(service.archive, case.number or "", at, actor=actor),
    )


async def revoke(
    service: Service, visitor: Visitor, case: CaseRow, *, how: str, at: datetime, reason: str
) -> None:
    """Say that the decision does not stand. Raises as `revoking.revoke`; a closed case's too."""
    if not is_theirs(visitor, case):
        await refuse_to_add(service, visitor, case)
    found = next((h for h in HOWS if h == how), None)
    if found is None:
        raise InvalidInputError(f"how is one of {', '.join(HOWS)}")
    why, actor = checked_text(reason, most=MOST_REASON), visitor.account.id
    await done(
        service,
        lambda: revoking.revoke(service.archive, case.number or "", found, at, why, actor=actor),
    )


async def fill(
    service: Service, visitor: Visitor, case: CaseRow, name: str, typed: Mapping[str, str]
) -> Made:
    """Fill in a form and keep it. Raises as `need_own`, `form_of` and `filling.make`."""
    await need_own(service, visitor, case)
    actor = visitor.account.id

    def work() -> Made:
        form = form_of(service.archive.root, name)
        return filling.make(service.archive, case.number or "", form, typed, actor=actor)

    return await done(service, work)


async def say_times(
    service: Service, visitor: Visitor, case: CaseRow, document: DocumentRow, said: times.Said
) -> None:
    """Record what a paper says of its times. Raises as `need_own` and `times.time`."""
    await need_own(service, visitor, case)
    actor = visitor.account.id
    await done(service, lambda: times.time(service.archive, document.id, said, actor=actor))


async def close(
    service: Service, visitor: Visitor, case: CaseRow, signature: bytes, number: str | None
) -> None:
    """Close a case with a signature that was made elsewhere. Raises as `closing.close`."""
    await in_person(service, visitor)
    actor = visitor.account.id
    how = closing.Closing(sign=lambda _: signature, number=number)
    await done(service, lambda: closing.close(service.archive, case.number or "", how, actor=actor))


async def reopen(service: Service, visitor: Visitor, case: CaseRow, reason: str) -> None:
    """Open a closed case again. Raises as `filing.reopen`."""
    await in_person(service, visitor)
    why, actor = checked_text(reason, most=MOST_REASON), visitor.account.id
    await done(service, lambda: filing.reopen(service.archive, case.number or "", why, actor=actor))


async def register(service: Service, visitor: Visitor, new: NewSubject) -> str:
    """The id of a subject; whether somebody registered it before is not told. Raises as `subjects.register`."""
    actor = visitor.account.id
    id_, _ = await done(service, lambda: subjects.register(service.archive, new, actor=actor))
    return id_


async def merge(service: Service, visitor: Visitor, one: str, into: str, reason: str) -> None:
    """Say that two subjects are one. Raises as `subjects.merge`."""
    await in_person(service, visitor)
    _need_ids(one, into)
    why, actor = checked_text(reason, most=MOST_REASON), visitor.account.id
    await done(service, lambda: subjects.merge(service.archive, one, into, why, actor=actor))


async def split(
    service: Service, visitor: Visitor, one: str, *, out_of: str, cases: list[str], reason: str
) -> None:
    """Say that two subjects are not one; cases are numbers. Raises as `subjects.split`."""
    await in_person(service, visitor)
    _need_ids(one, out_of)
    why, actor = checked_text(reason, most=MOST_REASON), visitor.account.id
    moved = []
    for number in cases:
        row = service.archive.catalogue.case_by_number(number)
        if row is None:
            raise NotFoundError("no such case")
        moved.append(row.id)
    await done(
        service, lambda: subjects.split(service.archive, one, out_of, moved, why, actor=actor)
    )


def stage_of(typed: str) -> Stage:
    """A stage by its code. Raises InvalidInputError."""
    found = next((stage for stage in STAGES if stage == typed), None)
    if found is None:
        raise InvalidInputError(f"a stage is one of {', '.join(STAGES)}")
    return found


def moment_of(service: Service, typed: str) -> datetime:
    """A time as somebody typed it. Raises InvalidInputError, TimeTextError."""
    if not typed.strip() or len(typed) > 64:
        raise InvalidInputError("when was it?")
    return lower_bound(typed, service.zone)


def _need_ids(*ids: str) -> None:
    if not all(is_id(one, "subject") for one in ids):
        raise NotFoundError("no such subject")


async def done(service: Service, do: Callable[[], _Done]) -> _Done:
    """Have something decided, seen by the next search."""
    try:
        return await decided(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
