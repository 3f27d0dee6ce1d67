"""Errors as answers: RFC 9457 problem documents for programs, a written page for people.

What always holds: every error, the framework's own 404, 405 and 422 included, becomes one of our stable codes; a
message about
our own insides (a path, a traceback) never leaves.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import is_open
from api.errors import (
    ApiError,
    BodyTooLargeError,
    InvalidInputError,
    MalformedRequestError,
    MethodNotAllowedError,
    NotFoundError,
    ServiceFaultError,
)
from archive.errors import ArchiveError
from oversight.errors import OversightError

TOO_LARGE: Final = "muniment.too_large"  # in a scope: its body went past the limit
MEDIA_TYPE: Final = "application/problem+json"
ErrorPage = Callable[[Request, int, str, str], Awaitable[Response]]
_log = structlog.get_logger(__name__)
# By exit status: damage, usage, refused by rule, this machine.
_STATUS: Final = {1: 500, 2: 422, 4: 409, 5: 503}
_BY_CODE: Final = {
    "A050": 507,  # full disk
    "A070": 404,  # unknown case
    "A073": 404,  # unknown clip
    "A075": 404,  # not linked
    "O022": 404,  # unknown list, version or draft
    "A221": 410,  # disposed of
    "O061": 503,  # neither can its rules of linking
    "O062": 404,  # no proposal waits
    "O001": 503,  # what this archive has for rules cannot be read
}


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document (RFC 9457)."""
    title = HTTPStatus(status).phrase
    body = {
        "type": f"urn:muniment:error:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"} | _wait(status) | (headers or {}),
    )


def _wait(status: int) -> dict[str, str]:
    # RFC 9110, 15.6.4: whoever is not ready says when to come back.
    return {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def answer_to(error: ApiError | ArchiveError | OversightError) -> Response:
    """The problem document for a program. What is damaged or cannot be done is in the log too."""
    if isinstance(error, ApiError):
        return problem(error.status, error.code, str(error), error.headers)
    status, headers = _of_archive(error)
    return problem(status, error.code, str(error), headers)


def _of_archive(error: ArchiveError | OversightError) -> tuple[int, dict[str, str]]:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("archive error", code=error.code, detail=str(error))
    return status, _wait(status)


def status_of(error: ArchiveError | OversightError) -> int:
    """The HTTP status that an error of the archive, or of the systems over it, becomes."""
    return _BY_CODE.get(error.code, _STATUS.get(error.exit_status, 500))


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asked, not a program."""
    path = request.scope["path"]
    if path.startswith(("/api/", "/ledger/", "/static/")):
        return False
    return "text/html" in request.headers.get("accept", "")


def install(
    app: FastAPI, error_page: ErrorPage, signed_in: Callable[[Request], Awaitable[object]]
) -> None:
    """Turn every error of the application into a problem document, or a page where a person asked.

    Args:
        app: the application.
        error_page: the page for people.
        signed_in: raises an ApiError where nobody is signed in.
    """

    async def answer(
        request: Request, status: int, code: str, detail: str, headers: dict[str, str]
    ) -> Response:
        if wants_page(request):
            page = await error_page(request, status, code, detail)
            page.headers.update(headers if status != HTTPStatus.UNAUTHORIZED else {})
            return page
        return problem(status, code, detail, headers)

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)  # noqa: S101 - registered for it
        return await answer(request, error.status, error.code, str(error), error.headers)

    async def archives(request: Request, error: Exception) -> Response:
        assert isinstance(error, ArchiveError | OversightError)  # noqa: S101 - registered for it
        status, headers = _of_archive(error)
        return await answer(request, status, error.code, str(error), headers)

    async def frameworks(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        if error.status_code in {404, 405} and not is_open(request.url.path):
            try:
                await signed_in(request)
            except ApiError as refused:  # what exists here is told to nobody who is not signed in
                return await ours(request, refused)
        kinds: dict[int, type[ApiError]] = {404: NotFoundError, 405: MethodNotAllowedError}
        kind, status = kinds.get(error.status_code, MalformedRequestError), error.status_code
        if request.scope.get(TOO_LARGE):
            kind, status = BodyTooLargeError, BodyTooLargeError.status
        said = HTTPStatus(status).phrase
        return await answer(request, status, kind.code, said, dict(error.headers or {}))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        # The value itself may be a password: only where and what, never the input.
        said = "; ".join(
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()
        )
        return await answer(request, InvalidInputError.status, InvalidInputError.code, said, {})

    app.add_exception_handler(ApiError, ours)
    app.add_exception_handler(ArchiveError, archives)
    app.add_exception_handler(OversightError, archives)
    app.add_exception_handler(HTTPException, frameworks)
    app.add_exception_handler(RequestValidationError, invalid)


def fault() -> Response:
    """The answer to our own bug; what it was stays in the log."""
    return problem(500, ServiceFaultError.code, "an error of this program; its log has the details")
