"""The sign-in page: a plain form, one step after the other, no script needed.

What always holds: what is shown before the last step says nothing of the archive; after signing in nobody is led to
another site; what was typed wrong is said without saying which part.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.entrance import SEE_OTHER, account_of, pages_of
from api.errors import (
    ApiError,
    PasswordRefusedError,
    SignInNeededError,
    TooManyTriesError,
    WrongCodeError,
)
from api.gate import Visitor, anyone, check_origin, signed_in
from api.identity import signing
from api.identity.accounts import Account
from api.identity.enrolling import confirm, setting_up
from api.identity.kept_steps import Step
from api.identity.sessions import form_of, set_cookie, sign_out
from api.messages import say
from api.rendering import lang_of
from api.service import service_of

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_LOCAL: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


@router.api_route("/sign-in", methods=_READ, dependencies=[Depends(anyone)])
async def sign_in_page(request: Request) -> Response:
    """The form."""
    next_ = local(request.query_params.get("next"))
    if account_of(request) is not None:
        return RedirectResponse(next_, SEE_OTHER)
    return _page(request, next=next_)


@router.post("/sign-in", dependencies=[Depends(anyone)])
async def sign_in_form(request: Request) -> Response:
    """One step of signing in by form; no script needed."""
    check_origin(request, required=False)
    form = await form_of(request)
    next_, token = local(form.get("next")), form.get("step")
    if token is not None:
        return await _go_on(request, form, token, next_)
    user = form.get("user", "")[:256]
    try:
        account = await signing.checked(request, user, form.get("password", ""))
        return await _advance(request, account, by="password", next_=next_)
    except ApiError as e:
        return _page(request, error=e, said=_said(request, e), user=user, next=next_)


@router.post("/sign-out")
async def sign_out_form(
    request: Request, visitor: Annotated[Visitor, Depends(signed_in)]
) -> Response:
    """Sign out by form."""
    response = RedirectResponse("/sign-in", SEE_OTHER)
    await sign_out(service_of(request), visitor.token, response)
    return response


def local(wanted: str | None) -> str:
    """An address of ours to go on to: two slashes in front would lead a visitor to somebody else's page."""
    return wanted if wanted and _LOCAL.fullmatch(wanted) else "/"


async def _go_on(request: Request, form: dict[str, str], token: str, next_: str) -> Response:
    try:
        step = await signing.step_of(request, token)
    except SignInNeededError as e:
        return _page(request, error=e, said=say(lang_of(request), "signin.over"), next=next_)
    try:
        if step.stage == "code":
            await signing.checked_code(request, step.account, form.get("code", ""))
            return await _after(request, step, token, by="password+totp", next_=next_)
        if step.stage == "factor":
            return await _enrol(request, step, token, form.get("code", ""), next_)
        new = form.get("new", "")
        if new != form.get("again", ""):
            raise PasswordRefusedError("the two passwords differ")
        await signing.set_own(request, step.account, None, new)
        account = await asyncio.to_thread(service_of(request).accounts.by_id, step.account.id)
        return await _advance(request, account, by=step.by, next_=next_)
    except ApiError as e:
        return await _step_page(request, step, token, next_=next_, error=e)


async def _after(request: Request, step: Step, token: str, *, by: str, next_: str) -> Response:
    if not await asyncio.to_thread(service_of(request).accounts.end_step, token):
        raise SignInNeededError("this sign-in is over; begin again")
    return await _advance(request, step.account, by=by, next_=next_)


async def _advance(request: Request, account: Account, *, by: str, next_: str) -> Response:
    """The next step's page, or in."""
    missing = await signing.begin(request, account, by=by)
    if missing is not None:
        step = Step(account=account, stage=missing.stage, by=by)
        return await _step_page(request, step, missing.token, next_=next_)
    token, session = await signing.opened(request, account, by=by)
    response = RedirectResponse(next_, SEE_OTHER)
    set_cookie(response, service_of(request), token, session)
    return response


async def _enrol(request: Request, step: Step, token: str, code: str, next_: str) -> Response:
    """Set up the factor, sign in, and show the recovery codes once."""
    codes = await confirm(service_of(request), step.account, code)
    await asyncio.to_thread(service_of(request).accounts.end_step, token)
    opened, session = await signing.opened(request, step.account, by="password+totp")
    page = _page(request, stage="recovery", codes=codes, next=next_)
    set_cookie(page, service_of(request), opened, session)
    return page


async def _step_page(
    request: Request, step: Step, token: str, *, next_: str, error: ApiError | None = None
) -> Response:
    values: dict[str, Any] = {"stage": step.stage, "step": token, "next": next_}
    if step.stage == "factor":
        values |= await setting_up(service_of(request), step.account)
    said = "" if error is None else _said(request, error)
    return _page(request, error=error, said=said, user=step.account.name, **values)


def _said(request: Request, error: ApiError) -> str:
    lang = lang_of(request)
    if isinstance(error, TooManyTriesError):
        return say(lang, "signin.wait", minutes=-(-error.retry_after // 60))
    if isinstance(error, WrongCodeError):
        return say(lang, "signin.code_wrong")
    if isinstance(error, PasswordRefusedError):
        return say(lang, "signin.password_refused")
    if error.status == SignInNeededError.status:
        return say(lang, "signin.wrong")
    raise error


def _page(request: Request, *, error: ApiError | None = None, **values: Any) -> Response:
    nothing = {"stage": "", "step": "", "user": "", "said": "", "picture": "", "secret": ""}
    page = pages_of(request).render(
        request,
        "sign_in.html",
        account=None,
        status=200 if error is None else error.status,
        values={**nothing, "codes": [], **values},
    )
    if error is not None:
        page.headers.update(error.headers)
    return page
