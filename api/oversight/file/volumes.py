"""The volume catalogue of a case for whoever may read its documents: JSON, paper, signature."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from starlette.responses import Response

from api.service import Service
from archive.casefiles import listing, volume
from archive.catalogue.file_queries import FileRow
from archive.catalogue.rows import CaseRow


def catalogue(service: Service, case: CaseRow) -> bytes:
    """Of an open case what it holds now; of a closed one what was signed.

    Raises:
        CatalogueTooLongError: see the class.
        MissingObjectError, FixityError: what was signed is not there, or is something else.
    """
    kept = _kept(service, case)
    if kept is not None and kept.catalogue is not None:
        return service.archive.store.read(kept.catalogue)
    return volume.build(service.archive, case)


def paper(service: Service, case: CaseRow, now: datetime) -> bytes:
    """The catalogue as PDF. Raises as `catalogue`, and NoFontError."""
    kept = _kept(service, case)
    return listing.render(
        catalogue(service, case),
        zone=service.zone,
        made_at=now,
        signer=None if kept is None else kept.signer,
    )


def signature(service: Service, case: CaseRow) -> bytes | None:
    """The signature, DER; None: there is none. Raises as `catalogue`."""
    kept = _kept(service, case)
    if kept is None or kept.signature is None:
        return None
    return service.archive.store.read(kept.signature)


def answer(data: bytes, media_type: str, name: str) -> Response:
    """A file to save."""
    named = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(data, media_type=media_type, headers={"Content-Disposition": named})


def _kept(service: Service, case: CaseRow) -> FileRow | None:
    file = service.archive.catalogue.case_file(case.id)
    return None if case.is_open or file is None or file.catalogue is None else file
