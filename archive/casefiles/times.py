"""What a paper says of its times: 询问 09:00 to 10:30, at which place. Nothing here compares it with footage.

What always holds: it is said of a document that the case has, of an open case; the newest word of a document and part
counts, and one without a begin takes it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.casefiles.documents import UnknownDocumentError
from archive.casefiles.errors import DocumentTimeError
from archive.casefiles.filing import need_past, utc_text
from archive.cases import CaseNotOpenError, deciding
from archive.events import Event
from archive.opening import Archive

# Parts that the shipped forms know; an agency's list of matters may name others.
PARTS: Final = (
    *("inspection", "inquiry", "evidence", "seizure", "hearing", "notice"),
    *("decision", "service", "enforcement", "demolition"),
)
_PART: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LONGEST: Final = 31 * 24 * 3600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a document says; `from_` None: nothing any more."""

    part: str
    from_: datetime | None
    to: datetime | None = None
    place: str | None = None


def time(archive: Archive, document: str, said: Said, *, actor: str) -> None:
    """Record what a document says.

    Raises:
        DocumentTimeError: an end without or before a begin, longer than a month, or no such part.
        StageTimeError: in the future.
        UnknownDocumentError, CaseNotOpenError: nothing was recorded.
    """
    check(said)
    with deciding(archive):
        row = archive.catalogue.document(document)
        case = None if row is None else archive.catalogue.case(row.case_id)
        if row is None or row.removed_at is not None or case is None:
            raise UnknownDocumentError("that document is not of a case")
        if not case.is_open:
            raise CaseNotOpenError("the case is closed: its documents stay as they are")
        data = {
            "document": row.id,
            "part": said.part,
            "from": None if said.from_ is None else utc_text(said.from_),
            "to": None if said.to is None else utc_text(said.to),
        }
        place = (said.place or "").strip()
        text = {"place": place} if place else None
        event = Event(type="document.timed", subject=case.id, actor=actor, data=data, text=text)
        archive.record([event])


def check(said: Said) -> None:
    """Raise DocumentTimeError or StageTimeError for what no document can say."""
    if not _PART.fullmatch(said.part):
        raise DocumentTimeError("a part is 1 to 32 of a-z, 0-9, _ and -")
    if said.from_ is None:
        if said.to is not None:
            raise DocumentTimeError("an end needs a begin")
        return
    need_past(said.from_)
    if said.to is None:
        return
    need_past(said.to)
    lasted = (said.to - said.from_).total_seconds()
    if not 0 <= lasted <= _LONGEST:
        raise DocumentTimeError("it ends after it begins, and within a month")
