"""The ways in: signing in and out, what anybody may fetch, and what people see when something is refused or fails.

What always holds: after signing in nobody is led to another site; an error page says what to do next, in the visitor's
language; only the files under static/ are reached through /static.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.errors import ApiError, NotFoundError, TooManyTriesError
from api.gate import Visitor, anyone, check_origin, signed_in, token_of
from api.identity.accounts import Account
from api.identity.sessions import form_of, set_cookie, sign_in, sign_out
from api.messages import has, say
from api.rendering import Pages, lang_of
from api.service import service_of

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_LOCAL: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


def pages_of(request: Request) -> Pages:
    """The application's templates."""
    return cast(Pages, request.app.state.pages)


@router.api_route("/static/{name}", methods=_READ, dependencies=[Depends(anyone)])
async def static(request: Request, name: str) -> Response:
    """A file of ours; there are no others under this address."""
    asset = pages_of(request).assets.get(name)
    if asset is None:
        raise NotFoundError("no such file")
    etag = f'"{asset.version}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=31536000, immutable"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(asset.data, headers=headers, media_type=asset.media_type)


@router.api_route("/api/v1/docs", methods=_READ, dependencies=[Depends(anyone)])
async def docs(request: Request) -> Response:
    """The API's routes, written from its OpenAPI document."""
    account = account_of(request)
    return pages_of(request).render(request, "docs.html", account=account, values={})


@router.api_route("/sign-in", methods=_READ, dependencies=[Depends(anyone)])
async def sign_in_page(request: Request) -> Response:
    """The form."""
    if account_of(request) is not None:
        return RedirectResponse(_next(request.query_params.get("next")), _SEE_OTHER)
    return _sign_in_form(request, next_=_next(request.query_params.get("next")))


@router.post("/sign-in", dependencies=[Depends(anyone)])
async def sign_in_form(request: Request) -> Response:
    """Sign in by form; no script needed."""
    check_origin(request, required=False)
    form = await form_of(request)
    user, next_ = form.get("user", "")[:256], _next(form.get("next"))
    try:
        token, _ = await sign_in(request, user, form.get("password", ""))
    except TooManyTriesError as e:
        said = say(lang_of(request), "signin.wait", minutes=-(-e.retry_after // 60))
        return _sign_in_form(request, next_=next_, user=user, said=said, error=e)
    except ApiError as e:
        if e.status != 401:
            raise
        said = say(lang_of(request), "signin.wrong")
        return _sign_in_form(request, next_=next_, user=user, said=said, error=e)
    response = RedirectResponse(next_, _SEE_OTHER)
    set_cookie(response, service_of(request), token)
    return response


@router.post("/sign-out")
async def sign_out_form(
    request: Request, visitor: Annotated[Visitor, Depends(signed_in)]
) -> Response:
    """Sign out by form."""
    response = RedirectResponse("/sign-in", _SEE_OTHER)
    await sign_out(service_of(request), visitor.token, response)
    return response


async def error_page(request: Request, status: int, code: str, detail: str) -> Response:
    """An error for people: what, why, and what to do next. Who is not signed in is asked to."""
    if status == 401:
        path = request.scope.get("raw_path", b"/").decode("ascii", "replace").partition("?")[0]
        query = request.url.query
        wanted = f"{path}?{query}" if query else path
        next_ = wanted if request.method in _READ else "/"
        return RedirectResponse(f"/sign-in?{urlencode({'next': next_})}", _SEE_OTHER)
    known = (
        f"error.{status}"
        if has(f"error.{status}")
        else "error.409"
        if status < 500
        else "error.500"
    )
    lang = lang_of(request)
    if has(f"code.{code}"):
        detail = say(lang, f"code.{code}")
    elif lang == "zh" or status >= 500:
        detail = ""  # the code names it; the English sentence is in the API's answer and the log
    values = {"headline": known, "code": code, "detail": detail}
    account = account_of(request)
    return pages_of(request).render(
        request, "error.html", account=account, status=status, values=values
    )


def account_of(request: Request) -> Account | None:
    """Who is signed in, for pages that anybody may see."""
    token, _ = token_of(request)
    session = service_of(request).accounts.session(token) if token else None
    return None if session is None else session.account


def _sign_in_form(
    request: Request, *, next_: str, user: str = "", said: str = "", error: ApiError | None = None
) -> Response:
    page = pages_of(request).render(
        request,
        "sign_in.html",
        account=None,
        status=200 if error is None else error.status,
        values={"next": next_, "user": user, "said": said},
    )
    if error is not None:
        page.headers.update(error.headers)
    return page


def _next(wanted: str | None) -> str:
    # Only a path of ours: `//host` and `/\host` would lead a visitor to somebody else's page.
    return wanted if wanted and _LOCAL.fullmatch(wanted) else "/"
