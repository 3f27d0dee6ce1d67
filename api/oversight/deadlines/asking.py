"""Which deadlines a visitor is told of, and whose lateness they may excuse.

What always holds: whoever sees all facts is told of all deadlines; a supervisor of those of the unit; an officer of
those of their own cases and recordings; others of those of a case that they know of, on its page. A supervisor excuses
what is the unit's and not their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from api.access import Right, may, reach
from api.casework import known_case, number_of
from api.documents import Document
from api.errors import InvalidInputError, NotFoundError, NotPermittedError
from api.gate import Visitor, covers, refuse
from api.identity.accounts import Account
from api.oversight.deadlines.overseer import Overseer
from api.oversight.deadlines.showing import Showing, told
from api.rights import work
from api.service import Service
from archive.catalogue.rows import CaseRow
from archive.catalogue.search import make_cursor, read_cursor
from archive.ids import is_id
from oversight.clocks.excusing import excuse
from oversight.clocks.kept import Scope
from oversight.clocks.kept_rows import KeptClock
from oversight.clocks.model import STATES, WORRYING, Clock, State
from oversight.clocks.standing import (
    clock_of_clip,
    clocks_of_case,
    now_of,
    of_case_alone,
    reckoner_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody says of something that is late: a case's number, or a clip's id."""

    case: str | None
    clip: str | None
    rule: str
    kind: int
    reason: str


def scope_of(account: Account) -> Scope | None:
    """Whose deadlines an account is told of; None: all."""
    found = reach(account)
    if found.all:
        return None
    return Scope(
        unit=next(iter(found.units), None), officer=next(iter(found.officers), None), agency=False
    )


def states_of(asked: str | None) -> tuple[State, ...]:
    """The states that were asked for, with commas between; near and missed ones where none was.

    Raises:
        InvalidInputError: there is no such state.
    """
    if asked is None or not asked.strip():
        return WORRYING
    wanted = set(asked.replace(" ", "").split(","))
    if not wanted <= set(STATES):
        raise InvalidInputError(f"a state is one of {', '.join(STATES)}")
    return tuple(state for state in STATES if state in wanted)


def page(
    service: Service,
    overseer: Overseer,
    account: Account,
    *,
    states: tuple[State, ...],
    cursor: str | None,
    limit: int,
) -> tuple[list[Document], str | None]:
    """One page of deadlines, the earliest due first, and the cursor of the next.

    Raises:
        CursorError: the cursor is none of ours.
    """
    archive = service.archive
    rows = overseer.kept.clocks(
        now_of(archive),
        states=states,
        scope=scope_of(account),
        after=None if cursor is None else _after(cursor),
        limit=limit + 1,
    )
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    showing = Showing(archive, reckoner_of(archive))
    return [showing.of_kept(row) for row in rows[:limit]], following


def of_case(
    service: Service, visitor: Visitor, case: CaseRow, *, clips: bool
) -> list[tuple[Clock, Document]]:
    """What is due of a case, and of those of its clips that the visitor may know of; with their documents."""
    archive = service.archive
    reckoner, now = reckoner_of(archive), now_of(archive)
    clocks = (clocks_of_case if clips else of_case_alone)(archive, case.id, reckoner)
    if not visitor.reach.all:
        clocks = [c for c in clocks if c.about != "clip" or _knows(service, visitor, c.subject)]
    showing = Showing(archive, reckoner)
    return [(clock, showing.document(told(clock, now))) for clock in clocks]


def of_clip(service: Service, clip: str) -> list[Document]:
    """What is due of a clip."""
    archive = service.archive
    reckoner = reckoner_of(archive)
    clock = clock_of_clip(archive, clip, reckoner)
    if clock is None:
        return []
    return [Showing(archive, reckoner).document(told(clock, now_of(archive)))]


def may_excuse_it(account: Account, unit: str | None, officers: Sequence[str]) -> bool:
    """Whether what belongs to this unit and these officers is an account's to excuse."""
    own = account.officer is not None and account.officer in officers
    return may(account, Right.EXCUSE) and unit is not None and unit == account.unit and not own


def _knows(service: Service, visitor: Visitor, clip: str) -> bool:
    row = service.archive.catalogue.clip(clip)
    return row is not None and covers(service, visitor, row)


async def excused(service: Service, visitor: Visitor, wish: Wish) -> Document:
    """State why something is late, or will be; answers with how it stands then.

    Raises:
        InvalidInputError: neither a case nor a clip is named, or both.
        NotFoundError: there is none that the visitor may know of (recorded).
        NotPermittedError: it is another unit's, or the visitor's own (recorded).
        NotExcusableError, ExcuseTextError: as `excuse`. Nothing was done.
    """
    await work.in_person(service, visitor)
    await service.freshness.for_search()
    subject, unit, officers = await _subject(service, visitor, wish)
    account = visitor.account
    if not may_excuse_it(account, unit, officers):
        known = {"case": subject} if wish.case is not None else {"clip": subject}
        await refuse(service, visitor, code=NotPermittedError.code, **known)
        raise NotPermittedError("the supervisor of its unit says so, and nobody of their own")
    archive = service.archive

    def do() -> Document:
        excuse(
            archive,
            subject=subject,
            rule=wish.rule,
            kind=wish.kind,
            reason=wish.reason,
            actor=account.id,
        )
        reckoner = reckoner_of(archive)
        if wish.clip is not None:
            clip = clock_of_clip(archive, subject, reckoner)
            clocks = [] if clip is None else [clip]
        else:
            clocks = of_case_alone(archive, subject, reckoner)
        clock = next(one for one in clocks if one.rule == wish.rule)
        return Showing(archive, reckoner).document(told(clock, now_of(archive)))

    return await work.changing(service, do)


async def _subject(
    service: Service, visitor: Visitor, wish: Wish
) -> tuple[str, str | None, tuple[str, ...]]:
    """Its id, unit and officers."""
    if (wish.case is None) == (wish.clip is None):
        raise InvalidInputError("name a case, or a clip")
    if wish.case is not None:
        case = await known_case(service, visitor, number_of(wish.case))
        return case.id, case.unit_id, tuple(case.officers)
    clip = wish.clip or ""
    row = (
        await asyncio.to_thread(service.archive.catalogue.clip, clip)
        if is_id(clip, "clip")
        else None
    )
    if row is None or not covers(service, visitor, row):
        await refuse(service, visitor, code=NotFoundError.code, clip=None if row is None else clip)
        raise NotFoundError("no such clip")
    return row.clip, row.unit_id, () if row.officer_id is None else (row.officer_id,)


def _cursor(row: KeptClock) -> str:
    return make_cursor(row.due, f"{row.subject} {row.rule} {row.year or 0}")


def _after(cursor: str) -> tuple[int, str, str, int]:
    due, rest = read_cursor(cursor)
    subject, _, more = rest.partition(" ")
    rule, _, year = more.partition(" ")
    return (
        due,
        subject,
        rule,
        int(year) if year.isascii() and year.isdecimal() and len(year) < 6 else 0,
    )
