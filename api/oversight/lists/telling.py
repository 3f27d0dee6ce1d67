"""What a page of lists or checks says first: what was done, or why it was not."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from api.errors import ApiError
from api.messages import has, say
from api.problems import status_of
from api.rendering import lang_of
from archive.errors import ArchiveError
from oversight.errors import ListFileError, OversightError

Refused = ApiError | ArchiveError | OversightError
_MOST: Final = 20  # mistakes of a file that are told


def status(error: Refused | None) -> int:
    """The HTTP status of a page that tells this error."""
    if error is None:
        return 200
    return error.status if isinstance(error, ApiError) else status_of(error)


def told(request: Request, error: Refused | None, group: str) -> dict[str, Any]:
    """For the template: `good`, `said`, `mistakes`.

    Args:
        request: what was done is in its address.
        error: why it was not.
        group: whose words they are.
    """
    lang = lang_of(request)
    if error is None:
        key = f"{group}.{request.query_params.get('done', '')}"
        return {"good": say(lang, key) if has(key) else "", "said": "", "mistakes": []}
    if isinstance(error, ListFileError):
        return {
            "good": "",
            "said": say(lang, "lists.mistakes", count=len(error.mistakes)),
            "mistakes": [
                say(lang, "lists.mistake", line=line, said=words)
                for line, words in error.mistakes[:_MOST]
            ],
        }
    code = f"code.{error.code}"
    said = say(lang, code) if lang == "zh" and has(code) else str(error)
    return {"good": "", "said": said, "mistakes": []}
