"""What a page of the three systems says first: what was done, or what was refused and why."""

from __future__ import annotations

from starlette.requests import Request

from api.errors import ApiError
from api.messages import has, say
from api.problems import status_of
from api.rendering import lang_of
from archive.errors import ArchiveError
from oversight.errors import OversightError

Refused = ApiError | ArchiveError | OversightError


def told(request: Request, error: Refused | None, group: str) -> dict[str, str]:
    """`said`: what was refused; `good`: what was done, by `<group>.done_<?done=>`."""
    lang = lang_of(request)
    if error is None:
        key = f"{group}.done_{request.query_params.get('done', '')}"
        return {"said": "", "good": say(lang, key) if has(key) else ""}
    code, detail = f"code.{error.code}", str(error)
    if lang == "zh" and has(code):
        return {"said": f"{say(lang, code)}({detail})", "good": ""}
    return {"said": detail, "good": ""}


def status(error: Refused | None) -> int:
    """The HTTP status of a page that tells of it."""
    if error is None:
        return 200
    return error.status if isinstance(error, ApiError) else status_of(error)
