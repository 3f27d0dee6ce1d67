"""Opening cases, linking and unlinking for a visitor.

The register's rules are archive.cases'; they run in a thread, as this account.

What always holds: the change is durable, and seen by the next search, when these return. A grant is to see: who knows
of a clip or of a case by one only changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from api.casework import known_case, may_know
from api.deciding import decided
from api.errors import InvalidInputError, NotPermittedError
from api.gate import Seen, Visitor, refuse
from api.oversight.linking.asking import propose_for
from api.service import Service
from archive import cases
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import lower_bound, upper_bound
from ingest.linking import link_case

MOST_TEXT: Final = 1000
_LINKING: Final = 60.0  # seconds


async def open_case(service: Service, visitor: Visitor, wanted: Mapping[str, Any]) -> CaseRow:
    """Open a case of the visitor's unit, and link what the officer-and-time rule ties to it.

    Args:
        service: where.
        visitor: who opens it.
        wanted: number; title, subject, place, officers (badges), from and to may be missing.

    Raises:
        InvalidInputError, CaseTextError, TimeTextError: a value is malformed. Nothing was done.
        CaseExistsError: the number is taken.
        ArchiveBusyError: others held the register for seconds. Nothing was done.
    """
    number = str(wanted["number"])
    texts = {name: _text(name, wanted.get(name)) for name in ("title", "subject", "place")}
    since, until = wanted.get("from"), wanted.get("to")
    from_ = lower_bound(since, service.zone) if since else None
    to = upper_bound(until, service.zone) if until else None
    await service.freshness.for_search()
    officers = _officers(service, visitor, wanted.get("officers") or ())
    archive, actor = service.archive, visitor.account.id

    def do() -> None:
        case_id = cases.open_case(
            archive,
            actor=actor,
            number=number,
            unit=_unit_of(service, visitor) or archive.settings.unit,
            officers=officers,
            from_=from_,
            to=to,
            **texts,
        )
        archive.catalogue.catch_up()
        # The case is there now: nobody else would make its links up for it.
        with cases.patience(_LINKING):
            link_case(archive, actor=archive.settings.station, case_id=case_id)
            propose_for(archive, case_id)

    await _changing(service, do)
    return await known_case(service, visitor, number)


async def link(service: Service, seen: Seen, case: CaseRow, reason: str) -> None:
    """Link a clip to a case.

    Raises:
        CaseTextError: no reason. Nothing was done.
        CaseNotOpenError, AlreadyLinkedError: nothing was done.
    """
    await _change(service, cases.link_clip, seen, case, reason)


async def unlink(service: Service, seen: Seen, case: CaseRow, reason: str) -> None:
    """Take a clip off a case.

    Raises:
        CaseTextError: no reason. Nothing was done.
        CaseNotOpenError, NotLinkedError: nothing was done.
    """
    await _change(service, cases.unlink_clip, seen, case, reason)


class _Change(Protocol):
    def __call__(
        self, archive: cases.CaseArchive, *, actor: str, number: str, clip: str, reason: str
    ) -> None: ...


async def _change(service: Service, how: _Change, seen: Seen, case: CaseRow, reason: str) -> None:
    said = _text("reason", reason)
    if said is None:
        raise InvalidInputError("a link needs a reason")
    visitor = seen.visitor
    own = replace(visitor, reach=replace(visitor.reach, requests=frozenset()))
    if seen.grant is not None or not may_know(service, own, case, granted=False):
        await refuse(
            service, visitor, code=NotPermittedError.code, clip=seen.clip.clip, case=case.id
        )
        raise NotPermittedError("what was granted is to be seen, not to be linked or unlinked")
    actor, number, clip = seen.visitor.account.id, case.number or "", seen.clip.clip

    def do() -> None:
        how(service.archive, actor=actor, number=number, clip=clip, reason=said)

    await _changing(service, do)


async def _changing(service: Service, do: Callable[[], None]) -> None:
    try:
        await decided(do)
    finally:
        service.freshness.changed()
    await service.freshness.for_search()


def _officers(service: Service, visitor: Visitor, wanted: Sequence[str]) -> list[str]:
    # Naming an officer links their clips by rule, so nobody may name those of another unit.
    own = _unit_of(service, visitor)
    found = []
    for badge in wanted:
        officer = service.archive.catalogue.officer_by_badge(badge)
        if officer is None or officer.unit_id not in {None, own}:
            raise InvalidInputError(f"your unit has no officer with badge {badge[:64]!r}")
        found.append(officer.id)
    return found


def _unit_of(service: Service, visitor: Visitor) -> str | None:
    account = visitor.account
    if account.unit is not None or account.officer is None:
        return account.unit
    officer = service.archive.catalogue.officer(account.officer)
    return None if officer is None else officer.unit_id


def _text(name: str, value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    if len(value) > MOST_TEXT or "\0" in value:
        raise InvalidInputError(f"{name} has at most {MOST_TEXT} characters")
    return value.strip()
