"""What other pages say of documents: those of a case, and those that a clip is tied to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from api.casefile import wording
from api.casefile.rights import may_add, may_read
from api.gate import Seen, Visitor
from api.messages import Lang
from api.service import Service
from archive.catalogue.rows import CaseRow


def documents_of(service: Service, visitor: Visitor, case: CaseRow, lang: Lang) -> dict[str, Any]:
    """For a case's page; `documents` is None for whoever may not read them."""
    if not may_read(service, visitor, case):
        return {"documents": None}
    rows = service.archive.catalogue.documents(case.id)
    return {
        "documents": [wording.document_view(row, lang) for row in rows],
        "may_add": may_add(service, visitor, case),
        "upload_mb": service.archive.settings.upload_mb,
    }


def tied_to(service: Service, seen: Seen, lang: Lang) -> list[dict[str, Any]]:
    """For a clip's page: the places of documents that the visitor may read."""
    catalogue, visitor = service.archive.catalogue, seen.visitor
    found = []
    for row in catalogue.document_links(clip=seen.clip.clip):
        case, document = catalogue.case(row.case_id), catalogue.document(row.document)
        if case is None or document is None or not may_read(service, visitor, case):
            continue
        view = wording.link_view(row, seen, lang)
        place = {"page": row.page or 1, "clip": row.clip, "t": view["seconds"]}
        view |= {
            "document_name": document.title or document.name or document.id,
            "href": f"/documents/{document.id}?{urlencode(place)}#film",
        }
        found.append(view)
    return found
