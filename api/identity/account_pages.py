"""The pages of one's own account, and of somebody's sign-ins for administrators. Plain forms, no script needed.

What always holds: what is shown once (a token, a one-time password, recovery codes) is in the answer to the form that
made it, in no address and not on the page when it is loaded again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.entrance import SEE_OTHER, pages_of
from api.errors import (
    ApiError,
    InvalidInputError,
    NotNowError,
    PasswordRefusedError,
    TooManyTriesError,
    WrongCodeError,
)
from api.gate import Visitor, in_person
from api.identity import enrolling, own
from api.identity.kept_tokens import RIGHTS, new_token
from api.identity.sessions import form_of
from api.messages import say
from api.rendering import lang_of
from api.service import service_of

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_ME = Annotated[Visitor, Depends(in_person)]
_DONE: Final = frozenset({"password", "removed", "revoked", "ended", "ended_others"})
_Change = Callable[[dict[str, str]], Awaitable[None]]


@router.api_route("/account", methods=_READ)
async def account_page(request: Request, visitor: _ME) -> Response:
    """One's own account."""
    done = request.query_params.get("done", "")
    said = say(lang_of(request), f"account.done.{done}") if done in _DONE else ""
    return await _page(request, visitor, good=said)


@router.post("/account/password")
async def change_password(request: Request, visitor: _ME) -> Response:
    """Change one's own password."""

    async def change(form: dict[str, str]) -> None:
        new = form.get("new", "")
        if new != form.get("again", ""):
            raise PasswordRefusedError("the two passwords differ")
        await own.change_password(request, visitor, old=form.get("old", ""), new=new)

    return await _changed(request, visitor, change, done="password")


@router.post("/account/factor")
async def begin_factor(request: Request, visitor: _ME) -> Response:
    """Show the secret of a factor that is being set up; with a code, let it count."""
    form, service = await form_of(request), service_of(request)
    try:
        if "code" not in form:
            return await _page(
                request, visitor, **await enrolling.setting_up(service, visitor.account)
            )
        codes = await enrolling.confirm(service, visitor.account, form["code"])
        return await _page(request, visitor, codes=codes)
    except WrongCodeError as e:
        values = await enrolling.setting_up(service, visitor.account)
        return await _page(request, visitor, error=e, **values)
    except NotNowError as e:
        return await _page(request, visitor, error=e)


@router.post("/account/factor/remove")
async def remove_factor(request: Request, visitor: _ME) -> Response:
    """Take one's own second factor away."""

    async def change(form: dict[str, str]) -> None:
        await own.remove_factor(request, visitor, password=form.get("password", ""))

    return await _changed(request, visitor, change, done="removed")


@router.post("/account/tokens")
async def make_token(request: Request, visitor: _ME) -> Response:
    """Make a token, and show it this once."""
    form = await form_of(request)
    rights = [right for right in RIGHTS if form.get(right)]
    try:
        days = form.get("days", "")
        wanted = new_token(
            name=form.get("name", ""),
            days=int(days) if days.isdecimal() and len(days) < 5 else 0,
            networks=form.get("networks", "").split(),
            rights=rights or None,
        )
        token, _ = await own.make_token(request, visitor, wanted, password=form.get("password", ""))
    except ApiError as e:
        typed = {k: form.get(k, "") for k in ("name", "days", "networks")}
        return await _page(request, visitor, error=e, typed_token=typed)
    return await _page(request, visitor, token=token)


@router.post("/account/tokens/{token}/revoke")
async def revoke_token(request: Request, token: str, visitor: _ME) -> Response:
    """Revoke one's own token."""
    await own.revoke_token(service_of(request), visitor, token)
    return RedirectResponse("/account?done=revoked", SEE_OTHER)


@router.post("/account/sessions/end")
async def end_others(request: Request, visitor: _ME) -> Response:
    """End all others of one's own sessions."""
    await own.end_others(service_of(request), visitor)
    return RedirectResponse("/account?done=ended_others", SEE_OTHER)


@router.post("/account/sessions/{session}/end")
async def end_session(request: Request, session: str, visitor: _ME) -> Response:
    """End one of one's own sessions."""
    await own.end_session(service_of(request), visitor, session)
    return RedirectResponse("/account?done=ended", SEE_OTHER)


async def _changed(request: Request, visitor: Visitor, change: _Change, *, done: str) -> Response:
    try:
        await change(await form_of(request))
    except (PasswordRefusedError, TooManyTriesError) as e:
        return await _page(request, visitor, error=e)
    return RedirectResponse(f"/account?done={done}", SEE_OTHER)


def said_of(request: Request, error: ApiError) -> str:
    """An error of a form in words. Raises what is no matter of the form again."""
    lang = lang_of(request)
    if isinstance(error, TooManyTriesError):
        return say(lang, "signin.wait", minutes=-(-error.retry_after // 60))
    if isinstance(error, WrongCodeError):
        return say(lang, "signin.code_wrong")
    if isinstance(error, PasswordRefusedError):
        return say(lang, "account.refused.password")
    if isinstance(error, InvalidInputError):
        return say(lang, "account.refused.input", why=str(error))
    if isinstance(error, NotNowError):
        return say(lang, "code.P040")
    raise error


async def _page(
    request: Request, visitor: Visitor, *, error: ApiError | None = None, **values: Any
) -> Response:
    service = service_of(request)
    await service.freshness.for_custody()  # a sign-in of a moment ago too
    shown = {
        "earlier": await asyncio.to_thread(own.earlier, service, visitor.account.id),
        "mine": await asyncio.to_thread(own.document_of, service, visitor),
        "must": visitor.account.role in service.accounts.settings.second_factor,
        "here_network": visitor.address,
        "rights": RIGHTS,
        "typed_token": {"name": "", "days": "90", "networks": visitor.address},
    }
    nothing = {"codes": [], "token": "", "picture": "", "secret": "", "good": ""}
    page = pages_of(request).render(
        request,
        "account.html",
        account=visitor.account,
        here="account",
        status=200 if error is None else error.status,
        values={
            **shown,
            **nothing,
            "said": "" if error is None else said_of(request, error),
            **values,
        },
    )
    if error is not None:
        page.headers.update(error.headers)
    return page
