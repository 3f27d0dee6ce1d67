"""What anybody may fetch, and what people see when something is refused or fails.

What always holds: an error page says what to do next, in the visitor's language; only the files under static/ are
reached through /static. Signing in: identity/entering.py.
"""

from __future__ import annotations

import re
from typing import Final, cast
from urllib.parse import unquote, urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import Right, may
from api.errors import NotFoundError
from api.gate import anyone, token_of
from api.identity.accounts import Account
from api.messages import has, say
from api.rendering import Pages, lang_of
from api.service import service_of

router: Final = APIRouter(include_in_schema=False)
SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]


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


async def error_page(request: Request, status: int, code: str, detail: str) -> Response:
    """An error for people: what, why, and what to do next. Who is not signed in is asked to."""
    if status == 401:
        path = request.scope.get("raw_path", b"/").decode("ascii", "replace").partition("?")[0]
        query = request.url.query
        wanted = f"{path}?{query}" if query else path
        next_ = wanted if request.method in _READ else "/"
        return RedirectResponse(f"/sign-in?{urlencode({'next': next_})}", SEE_OTHER)
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
    ask, account = _ask(request, status), account_of(request)
    # Only what leads to footage is asked for; other pages are another role's, and nobody grants them.
    own = status == 403 and (ask is None or account is None or not may(account, Right.ASK))
    values = {
        "headline": known,
        "next": "error.403.role" if own else f"{known}.next",
        "code": code,
        "detail": detail,
        "ask": ask,
    }
    return pages_of(request).render(
        request, "error.html", account=account, status=status, values=values
    )


def account_of(request: Request) -> Account | None:
    """Who is signed in, for pages that anybody may see."""
    token, _ = token_of(request)
    session = service_of(request).accounts.session(token) if token else None
    return None if session is None or session.by == "token" else session.account


_ASKED_FOR: Final = re.compile(r"/(clips|cases)/([^/]{1,600})")


def _ask(request: Request, status: int) -> dict[str, str] | None:
    """Where to ask for what was refused, whether there is such a thing or not; None: nothing that is asked for."""
    found = _ASKED_FOR.match(request.scope["path"])
    if found is None or status not in {403, 404}:
        return None
    name = "clips" if found[1] == "clips" else "case"
    # The one that is refused openly is known to be there.
    words = "ask.refused.show" if status == 403 else "ask.refused.hidden"
    return {"href": f"/requests/new?{urlencode({name: unquote(found[2])})}", "words": words}
