"""Which proposals and waiting clips a visitor is shown, and what they may say of them.

What always holds: whoever is shown a proposal may know of its clip and of its case by their office; a grant is to see,
not to link. No request looks through more than MOST_LOOKED rows: a page may be short although another follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog

from api.casework import checked_number, may_know
from api.errors import ApiError, InvalidInputError, NotFoundError
from api.gate import Visitor, refuse
from api.rights import work
from api.service import Service
from archive.cases import patience
from archive.catalogue.link_queries import ProposalRow
from archive.catalogue.rows import CaseRow, ClipRow
from archive.catalogue.search import make_cursor, read_cursor
from archive.errors import ArchiveError
from archive.ids import is_id
from archive.opening import Archive
from oversight.errors import OversightError
from oversight.linking.deciding import confirm, decline
from oversight.linking.importing import Imported, Sent, bring_in
from oversight.linking.kept import Kept
from oversight.linking.proposing import Proposed, propose_case, propose_new

_log = structlog.get_logger(__name__)
MOST_LOOKED: Final = 2_000
MOST_DECIDED: Final = 100
_BATCH: Final = 200
_SECONDS: Final = 60.0
_Row = TypeVar("_Row")
_Shown = TypeVar("_Shown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which proposals are asked for."""

    case: str | None = None  # number
    rule: str | None = None
    least: int = 0  # score
    conflicts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A proposal that the visitor may know of."""

    row: ProposalRow
    clip: ClipRow
    case: CaseRow
    conflict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of one proposal that somebody decided on."""

    clip: str
    case: str
    error: ApiError | ArchiveError | OversightError | None


def proposals(
    service: Service, visitor: Visitor, asked: Asked, *, cursor: str | None, limit: int
) -> tuple[list[Found], str | None]:
    """One page, and the next one's cursor. Raises CursorError, InvalidInputError."""
    catalogue = service.archive.catalogue
    own = by_office(visitor)
    case_id = None
    if asked.case is not None:
        case = catalogue.case_by_number(checked_number(asked.case))
        if case is None or not may_know(service, own, case, granted=False):
            return [], None
        case_id = case.id

    def fetch(after: int, most: int) -> list[tuple[int, ProposalRow | None, str | None]]:
        if not asked.conflicts:
            rows = catalogue.proposals("open", case_id=case_id, after=after, limit=most)
            return [(row.index, row, None) for row in rows]
        against = catalogue.conflicts(after=after, limit=most)
        return [(c.index, catalogue.proposal(c.clip, c.case_id), c.why) for c in against]

    def shown(one: tuple[int, ProposalRow | None, str | None]) -> Found | None:
        _, row, why = one
        if row is None or row.score < asked.least or asked.rule not in {None, row.rule}:
            return None
        if case_id not in {None, row.case_id}:
            return None
        return _known(service, own, row, why)

    after = -1 if cursor is None else read_cursor(cursor)[0]
    found, last = _walk(fetch, shown, lambda one: one[0], after, limit)
    return found, None if last is None else make_cursor(last, "")


def waiting_clips(
    service: Service, visitor: Visitor, *, unclassified: bool, cursor: str | None, limit: int
) -> tuple[list[ClipRow], str | None]:
    """One page of clips without a case, the oldest recording first, and the next one's cursor. Raises CursorError."""
    catalogue, own = service.archive.catalogue, by_office(visitor)

    def shown(clip: str) -> ClipRow | None:
        row = catalogue.clip(clip)
        return row if row is not None and own.reach.covers(row) else None

    after = (-(2**62), "") if cursor is None else read_cursor(cursor)
    found: list[ClipRow] = []
    for _ in range(MOST_LOOKED // _BATCH):
        rows = catalogue.waiting_clips(after=after, unclassified=unclassified, limit=_BATCH)
        for row in rows:
            after = row.start_us, row.clip
            if (clip := shown(row.clip)) is not None:
                found.append(clip)
                if len(found) == limit:
                    return found, make_cursor(*after)
        if len(rows) < _BATCH:
            return found, None
    return found, make_cursor(*after)


def waiting_cases(service: Service, visitor: Visitor, *, limit: int) -> list[CaseRow]:
    """The newest open cases that nothing is linked to."""
    catalogue, own = service.archive.catalogue, by_office(visitor)
    rows = (catalogue.case(row.id) for row in catalogue.cases_without_clips(limit=MOST_LOOKED // 4))
    found = (row for row in rows if row is not None and may_know(service, own, row, granted=False))
    return [row for row, _ in zip(found, range(limit), strict=False)]


async def decide(
    service: Service,
    visitor: Visitor,
    pairs: Sequence[tuple[str, str]],
    *,
    yes: bool,
    reason: str | None,
) -> list[Decided]:
    """Confirm or decline proposals: pairs of a clip (id) and a case (number); what is refused of one stops no other.

    Raises:
        InvalidInputError: none, too many, or one twice.
        NotInPersonError: a program's token (recorded).
    """
    await work.in_person(service, visitor)
    if not 1 <= len(pairs) <= MOST_DECIDED or len(set(pairs)) < len(pairs):
        raise InvalidInputError(f"1 to {MOST_DECIDED} different pairs")
    if not yes and not (reason or "").strip():
        raise InvalidInputError("say why it does not belong to the case")
    await service.freshness.for_search()
    own, found = by_office(visitor), list[Decided]()
    for clip, number in pairs:
        error: ApiError | ArchiveError | OversightError | None = None
        try:
            case = await _known_pair(service, own, clip, number)
            await work.changing(service, _deciding(service, visitor, clip, case, reason, yes=yes))
        except (ApiError, ArchiveError, OversightError) as e:
            error = e
        found.append(Decided(clip=clip, case=number, error=error))
    return found


async def receive(service: Service, visitor: Visitor, sent: Sent) -> tuple[Imported, Proposed]:
    """Bring a file in, and propose what follows from it.

    Raises:
        ImportFileError: it has a mistake. Nothing was brought in.
        NotInPersonError: a token without the right.
        OversightError, ArchiveError: what was brought in stays; `muniment link propose` goes on.
    """

    def do() -> tuple[Imported, Proposed]:
        archive = service.archive
        with patience(_SECONDS):
            done = bring_in(archive, sent, actor=visitor.account.id)
            archive.catalogue.catch_up()
            made = propose_new(archive, Kept(archive.root), actor=archive.settings.station)
        return done, made

    return await work.changing(service, do)


def propose_for(archive: Archive, case_id: str) -> None:
    """Propose clips for a case that was just opened. What cannot be proposed is in the log, and the case is open."""
    try:
        propose_case(archive, Kept(archive.root), case_id, actor=archive.settings.station)
    except OversightError as error:
        _log.error("no links could be proposed", code=error.code, why=str(error))


def by_office(visitor: Visitor) -> Visitor:
    """The visitor without what was granted."""
    return replace(visitor, reach=replace(visitor.reach, requests=frozenset()))


def _deciding(
    service: Service, visitor: Visitor, clip: str, case: CaseRow, reason: str | None, *, yes: bool
) -> Callable[[], None]:
    archive, actor = service.archive, visitor.account.id

    def do() -> None:
        with patience(_SECONDS):
            if yes:
                confirm(archive, clip=clip, case_id=case.id, actor=actor, reason=reason)
            else:
                decline(archive, clip=clip, case_id=case.id, actor=actor, reason=reason or "")

    return do


async def _known_pair(service: Service, own: Visitor, clip: str, number: str) -> CaseRow:
    """The case. Raises NotFoundError, recorded, where the visitor may not know of it, or of the clip."""

    def look() -> tuple[ClipRow | None, CaseRow | None]:
        catalogue = service.archive.catalogue
        row = catalogue.clip(clip) if is_id(clip, "clip") else None
        return row, catalogue.case_by_number(checked_number(number))

    row, case = await asyncio.to_thread(look)
    if row is None or not own.reach.covers(row):
        await refuse(service, own, code=NotFoundError.code, clip=None if row is None else clip)
        raise NotFoundError("no such clip")
    if case is None or not may_know(service, own, case, granted=False):
        known = None if case is None else case.id
        await refuse(service, own, code=NotFoundError.code, case=known)
        raise NotFoundError("no such case")
    return case


def _known(service: Service, own: Visitor, row: ProposalRow, why: str | None) -> Found | None:
    catalogue = service.archive.catalogue
    clip = catalogue.clip(row.clip)
    if clip is None or not own.reach.covers(clip):
        return None
    case = catalogue.case(row.case_id)
    if case is None or not may_know(service, own, case, granted=False):
        return None
    return Found(row=row, clip=clip, case=case, conflict=why)


def _walk(
    fetch: Callable[[int, int], list[_Row]],
    shown: Callable[[_Row], _Shown | None],
    place: Callable[[_Row], int],
    after: int,
    limit: int,
) -> tuple[list[_Shown], int | None]:
    """What may be shown, at most `limit`, and behind which place more may follow."""
    found: list[_Shown] = []
    for _ in range(MOST_LOOKED // _BATCH):
        rows = fetch(after, _BATCH)
        for row in rows:
            after = place(row)
            if (one := shown(row)) is not None:
                found.append(one)
                if len(found) == limit:
                    return found, after
        if len(rows) < _BATCH:
            return found, None
    return found, after
