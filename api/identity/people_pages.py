"""An administrator's page about somebody's sign-ins: where, with what, end them all, a new password by two people."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.entrance import SEE_OTHER, pages_of
from api.errors import UnknownAccountError
from api.gate import Visitor, may_change_rights
from api.identity import own, resetting
from api.identity.account_routes import account_by_id
from api.identity.accounts import Account
from api.service import Service, service_of

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_ADMIN = Annotated[Visitor, Depends(may_change_rights)]


@router.api_route("/accounts/{account}/sign-ins", methods=_READ)
async def sign_ins(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Where somebody is signed in, and what may be done about it."""
    return await _page(request, visitor, await account_by_id(service_of(request), account))


@router.post("/accounts/{account}/sign-ins/end")
async def end_all(request: Request, account: str, visitor: _ADMIN) -> Response:
    """End every session of somebody."""
    found = await account_by_id(service_of(request), account)
    await resetting.end_sessions(service_of(request), visitor, found)
    return _back(found)


@router.post("/accounts/{account}/password")
async def ask(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Ask that somebody gets a new password."""
    found = await account_by_id(service_of(request), account)
    await resetting.ask(service_of(request), visitor, found)
    return _back(found)


@router.post("/accounts/{account}/password/confirmation")
async def confirm(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Confirm it, and show the one-time password this once."""
    found = await account_by_id(service_of(request), account)
    password = await resetting.confirm(service_of(request), visitor, found)
    return await _page(request, visitor, found, password=password)


@router.post("/accounts/{account}/password/withdrawal")
async def withdraw(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Withdraw or refuse it."""
    found = await account_by_id(service_of(request), account)
    await resetting.drop(service_of(request), visitor, found)
    return _back(found)


def _back(account: Account) -> Response:
    return RedirectResponse(f"/accounts/{account.id}/sign-ins", SEE_OTHER)


async def _page(
    request: Request, visitor: Visitor, account: Account, *, password: str = ""
) -> Response:
    await service_of(request).freshness.for_custody()
    values = await asyncio.to_thread(_values, service_of(request), visitor, account)
    return pages_of(request).render(
        request,
        "sign_ins.html",
        account=visitor.account,
        here="accounts",
        values=values | {"password": password},
    )


def _values(service: Service, visitor: Visitor, account: Account) -> dict[str, Any]:
    asked_by = service.accounts.reset_asked_by(account.id)
    try:
        asker = None if asked_by is None else service.accounts.by_id(asked_by).name
    except UnknownAccountError:
        asker = asked_by
    return {
        "person": account,
        "earlier": own.earlier(service, account.id),
        "sessions": own.sessions_of(service, account.id, this=visitor.session.id),
        "tokens": own.tokens_of(service, account.id),
        "asker": asker,
        "asked_by_me": asked_by == visitor.account.id,
        "is_me": account.id == visitor.account.id,
    }
