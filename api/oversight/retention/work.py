"""Retention, holds and disposals for a visitor. The rules are oversight's, run in a thread.

What always holds: a clip or case that the visitor may not know of is not told and not touched; a person decides, not a
token; what lets a clip go sooner, lifting a hold and saying what it is, by office and never by a grant to look.
Nothing here removes anything: `muniment disposal carry-out` does, at the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from api.casefile.rights import is_theirs, readable_case, seen_clip
from api.deciding import decided
from api.errors import NotFoundError, NotPermittedError
from api.gate import Visitor, refuse
from api.rights.work import in_person
from api.service import Service
from archive import holds
from archive.catalogue.class_queries import ClassRow
from archive.catalogue.disposal_queries import DisposalRow
from archive.catalogue.hold_queries import HoldRow
from archive.catalogue.rows import CaseRow
from archive.catalogue.search import FindQuery
from archive.ids import is_id
from oversight.disposal import deciding
from oversight.disposal.listing import Item, read_list
from oversight.retention.categories import checked_categories
from oversight.retention.facts import Kept, kept
from oversight.retention.keeping import Keeper
from oversight.rules.own import book_of

_MOST: Final = 1000  # clips of one list that are told
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a visitor is told of a case's retention."""

    case: CaseRow
    classified: ClassRow | None  # the case itself
    clips: list[Kept]
    holds: list[HoldRow]  # on the case and on clips of it, newest first
    keeper: Keeper


async def case_retention(service: Service, visitor: Visitor, number: str) -> Seen:
    """What keeps each clip of a case. Raises NotFoundError, RuleFileError."""
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    return await asyncio.to_thread(_seen, service, visitor, case)


def _seen(service: Service, visitor: Visitor, case: CaseRow) -> Seen:
    catalogue, keeper = service.archive.catalogue, keeper_of(service)
    rows = catalogue.find(FindQuery(case=case.number)).clips if case.number else []
    clips = [row for row in rows if seen_clip(service, visitor, row.clip) is not None]
    found = [
        hold for about in (case.id, *(c.clip for c in clips)) for hold in catalogue.holds_on(about)
    ]
    return Seen(
        case=case,
        classified=catalogue.classified(case.id),
        clips=[kept(catalogue, row, keeper) for row in clips],
        holds=sorted(found, key=lambda hold: -hold.index),
        keeper=keeper,
    )


def keeper_of(service: Service) -> Keeper:
    """The retention rules in force. Raises RuleFileError."""
    archive = service.archive
    return deciding.keeper_of(archive, book_of(archive.root), deciding.utc_now())


async def place(service: Service, visitor: Visitor, about: str, reason: str) -> HoldRow:
    """Stop a disposal. Raises NotFoundError, NotInPersonError, and as `holds.place`."""
    id_, actor = await _about(service, visitor, about), visitor.account.id
    hold = await _changing(
        service, lambda: holds.place(service.archive, about=id_, actor=actor, reason=reason)
    )
    return _hold(service, hold)


async def lift(service: Service, visitor: Visitor, hold: str, reason: str) -> HoldRow:
    """End a hold. Raises NotFoundError, NotPermittedError, NotInPersonError, and as `holds.lift`."""
    await service.freshness.for_search()
    row = _hold(service, hold)
    await _known(service, visitor, row.about)
    await _by_office(service, visitor, row.about)
    await _over(service, visitor, row)
    await in_person(service, visitor)
    actor = visitor.account.id
    await _changing(
        service, lambda: holds.lift(service.archive, hold=hold, actor=actor, reason=reason)
    )
    return _hold(service, hold)


async def classify(
    service: Service, visitor: Visitor, about: Sequence[str], names: Sequence[str], reason: str
) -> int:
    """Say what clips or cases are.

    Raises:
        NotFoundError, NotPermittedError, NotInPersonError, UnknownCategoryError: nothing was done.
        Else as `holds.classify`.
    """
    ids = [await _about(service, visitor, each) for each in about]
    for each in ids:
        await _by_office(service, visitor, each)
    wanted, actor = checked_categories(keeper_of(service), names), visitor.account.id
    return await _changing(
        service,
        lambda: holds.classify(
            service.archive, about=ids, categories=wanted, actor=actor, reason=reason
        ),
    )


async def propose(
    service: Service, visitor: Visitor, reason: str, until: datetime | None
) -> DisposalRow:
    """Propose to dispose of all that is due. Raises NotInPersonError, and as `deciding.propose`."""
    await in_person(service, visitor)
    archive, actor = service.archive, visitor.account.id
    made = await _changing(
        service,
        lambda: deciding.propose(
            archive,
            book_of(archive.root),
            actor=actor,
            reason=reason,
            now=deciding.utc_now(),
            until=until,
        ),
    )
    return disposal(service, made)


async def decide(
    service: Service, visitor: Visitor, id_: str, reason: str, *, agreed: bool
) -> DisposalRow:
    """Approve or decline. Raises NotInPersonError, NotFoundError, DisposalStateError, OnePersonError."""
    await service.freshness.for_search()
    disposal(service, id_)
    await in_person(service, visitor)
    step, actor = deciding.approve if agreed else deciding.decline, visitor.account.id
    await _changing(
        service, lambda: step(service.archive, disposal=id_, actor=actor, reason=reason)
    )
    return disposal(service, id_)


def disposal(service: Service, id_: str) -> DisposalRow:
    """One disposal. Raises NotFoundError."""
    row = service.archive.catalogue.disposal(id_) if is_id(id_, "disposal") else None
    if row is None:
        raise NotFoundError("no such disposal")
    return row


def items(service: Service, row: DisposalRow) -> list[Item]:
    """The first of what is on its list. Raises DisposalListError, MissingObjectError, FixityError."""
    return read_list(service.archive.store.read(row.list))[:_MOST]


def _hold(service: Service, hold: str) -> HoldRow:
    row = service.archive.catalogue.hold(hold) if is_id(hold, "hold") else None
    if row is None:
        raise NotFoundError("no such hold")
    return row


async def _about(service: Service, visitor: Visitor, about: str) -> str:
    """A clip by its id or a case by its number, for a person who may know of it."""
    await service.freshness.for_search()
    if is_id(about, "clip"):
        await _known(service, visitor, about)
        await in_person(service, visitor)
        return about
    case = await readable_case(service, visitor, about)
    await in_person(service, visitor)
    return case.id


async def _known(service: Service, visitor: Visitor, about: str) -> None:
    """Raises NotFoundError: the visitor may not know of this clip or case."""
    case = service.archive.catalogue.case(about) if is_id(about, "case") else None
    if case is not None and case.number:
        await readable_case(service, visitor, case.number)
    elif seen_clip(service, visitor, about) is None:
        raise NotFoundError("no such clip")


async def _by_office(service: Service, visitor: Visitor, about: str) -> None:
    """Whose office it is: of the clip's or case's unit, or of all. A grant is to look, and not to let go.

    Raises:
        NotPermittedError: they know of it by a grant alone, say (recorded).
    """
    if is_id(about, "case"):
        case = service.archive.catalogue.case(about)
        is_allowed = case is not None and (visitor.reach.all or is_theirs(visitor, case))
    else:
        clip = service.archive.catalogue.clip(about)
        is_allowed = clip is not None and visitor.reach.covers(clip)
    if is_allowed:
        return
    await refuse(service, visitor, code=NotPermittedError.code, **_subject(about))
    raise NotPermittedError("what keeps this is for its unit and the archivist to change")


def _subject(about: str) -> dict[str, str]:
    return {"case": about} if is_id(about, "case") else {"clip": about}


async def _over(service: Service, visitor: Visitor, row: HoldRow) -> None:
    """Who lifts a hold: an archivist any, a supervisor what a supervisor placed.

    Raises:
        NotPermittedError: it is an archivist's, or of somebody at the machine (recorded).
    """
    placed_by = service.archive.catalogue.account(row.placed_actor)
    if visitor.account.role == "archivist" or (
        placed_by is not None and placed_by.role == visitor.account.role
    ):
        return
    await refuse(service, visitor, code=NotPermittedError.code, **_subject(row.about))
    raise NotPermittedError("who placed this hold is not of your office: an archivist lifts it")


async def _changing(service: Service, do: Callable[[], _Done]) -> _Done:
    try:
        return await decided(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
