"""What a paper says of its times, for the page of a document: inquiry from 09:00 to 10:30, at which place."""

from __future__ import annotations

from typing import Any

from api.casefile.rights import Read
from api.messages import Lang, name_of
from api.service import Service
from archive.casefiles.times import PARTS
from archive.catalogue.times import moment_text


def said_times(service: Service, read: Read, lang: Lang) -> list[dict[str, Any]]:
    """What a document says now."""
    rows = service.archive.catalogue.document_times(read.case.id)
    return [
        {
            "part": row.part,
            "name": name_of(lang, "papers.part", row.part),
            "from": None if row.from_us is None else moment_text(row.from_us),
            "to": None if row.to_us is None else moment_text(row.to_us),
            "place": row.place,
        }
        for row in rows
        if row.document == read.document.id
    ]


def parts_named(lang: Lang) -> list[tuple[str, str]]:
    """The parts of an act that papers tell of."""
    return [(part, name_of(lang, "papers.part", part)) for part in PARTS]
