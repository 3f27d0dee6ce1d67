"""Why a document is not taken. Codes in docs/errors.md."""

from __future__ import annotations

from api.errors import ApiError


class DocumentRefusedError(ApiError):
    """None of the kinds that a case keeps: PDF, OFD, pictures, Word, Excel, PowerPoint. Nothing was kept."""

    code = "P095"
    status = 415
