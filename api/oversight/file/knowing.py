"""Which subjects a visitor may know of: those of a case whose documents they may read. Records refusals.

What always holds: a subject of other cases only is answered as one that does not exist; of one that they may know of,
other cases are neither named nor counted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from api.casefile.rights import may_read
from api.errors import NotFoundError
from api.gate import Visitor, refuse
from api.service import Service
from archive.catalogue.rows import CaseRow
from archive.catalogue.subject_queries import SubjectRow
from archive.ids import is_id

MOST_FOUND: Final = 50
_MOST_CASES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A subject that the visitor may know of."""

    subject: SubjectRow  # as it stands for itself
    same: tuple[SubjectRow, ...]  # and who is one with it, as far as they may know
    cases: tuple[CaseRow, ...]  # newest first


async def known_subject(service: Service, visitor: Visitor, subject: str) -> Known:
    """A subject of an id.

    Raises:
        NotFoundError: there is none, or none that this visitor may know of (recorded).
    """
    await service.freshness.for_search()
    found = None
    if is_id(subject, "subject"):
        found = await asyncio.to_thread(_known, service, visitor, subject)
    if found is None:
        await refuse(service, visitor, code=NotFoundError.code)
        raise NotFoundError("no such subject")
    return found


async def found_subjects(service: Service, visitor: Visitor, text: str) -> list[Known]:
    """The subjects with these words in name or number, of those that the visitor may know of."""
    await service.freshness.for_search()
    return await asyncio.to_thread(_found, service, visitor, text)


def _found(service: Service, visitor: Visitor, text: str) -> list[Known]:
    found: dict[str, Known] = {}
    for row in service.archive.catalogue.find_subjects(text, limit=MOST_FOUND):
        known = _known(service, visitor, row.id)
        if known is not None and any(one.id == row.id for one in known.same):
            found.setdefault(known.subject.id, known)
    return list(found.values())


def _known(service: Service, visitor: Visitor, subject: str) -> Known | None:
    catalogue = service.archive.catalogue
    same = catalogue.same_subject(subject)
    if not same:
        return None
    ids = catalogue.cases_of_subject(subject)[:_MOST_CASES]
    cases = [case for id_ in ids if (case := catalogue.case(id_)) is not None]
    if visitor.reach.all:
        return Known(subject=same[0], same=tuple(same), cases=tuple(cases))
    own = tuple(case for case in cases if may_read(service, visitor, case))
    if not own:
        return None
    # A name by which only cases of others know it stays theirs.
    named = {row.id for case in own for row in catalogue.subjects_of(case.id)}
    told = tuple(row for row in same if row.id in named)
    return Known(subject=told[0], same=told, cases=own) if told else None
