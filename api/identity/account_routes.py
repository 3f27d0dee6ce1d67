"""One's own account over HTTP, and what administrators do about others' sign-ins. Rules: own.py, resetting.py."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.errors import NotFoundError, UnknownAccountError
from api.gate import Visitor, in_person, may_change_rights
from api.identity import enrolling, own, resetting
from api.identity.accounts import MAX_PASSWORD, Account
from api.identity.kept_tokens import MOST_DAYS, new_token
from api.service import Service, service_of

router: Final = APIRouter(prefix="/api/v1", tags=["account"])
_ME = Annotated[Visitor, Depends(in_person)]
_ADMIN = Annotated[Visitor, Depends(may_change_rights)]
_STRICT: Final = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class PasswordChange(BaseModel):
    """The password now, and the one from now on."""

    model_config = _STRICT
    old: str = Field(max_length=MAX_PASSWORD)
    new: str = Field(max_length=MAX_PASSWORD, description="8 to 1024 characters")


class Password(BaseModel):
    """The password now: whoever found a page open does not know it."""

    model_config = _STRICT
    password: str = Field(max_length=MAX_PASSWORD)


class Code(BaseModel):
    """A code of the factor that is being set up."""

    model_config = _STRICT
    code: str = Field(max_length=64)


class TokenWanted(BaseModel):
    """A token for a program."""

    model_config = _STRICT
    name: str = Field(max_length=200)
    days: int = Field(description=f"1 to {MOST_DAYS}")
    networks: list[str] = Field(
        max_length=50, description="where it may be used, like 192.0.2.0/24"
    )
    rights: list[str] | None = Field(
        None, max_length=10, description="fewer than yours: search, footage, ledger; it only reads"
    )
    password: str = Field(max_length=MAX_PASSWORD, description="yours")


@router.get("/account")
async def get_account(request: Request, visitor: _ME) -> Response:
    """Your account: second factor, sessions, tokens."""
    return _json(await asyncio.to_thread(own.document_of, service_of(request), visitor))


@router.put("/account/password", status_code=204)
async def put_password(request: Request, visitor: _ME, body: PasswordChange) -> Response:
    """Change your password; all other sessions end."""
    await own.change_password(request, visitor, old=body.old, new=body.new)
    return Response(status_code=204)


@router.post("/account/factor", status_code=201)
async def post_factor(request: Request, visitor: _ME) -> Response:
    """Begin to set up a second factor: its secret, which counts once a code of it was right."""
    found = await enrolling.setting_up(service_of(request), visitor.account)
    return _json({"secret": found["secret"], "address": found["address"]}, 201)


@router.post("/account/factor/confirmation", status_code=201)
async def post_factor_confirmation(request: Request, visitor: _ME, body: Code) -> Response:
    """Confirm it with a code. Answers recovery codes, once."""
    codes = await enrolling.confirm(service_of(request), visitor.account, body.code)
    return _json({"recovery_codes": codes}, 201)


@router.delete("/account/factor", status_code=204)
async def delete_factor(request: Request, visitor: _ME, body: Password) -> Response:
    """Take your second factor away."""
    await own.remove_factor(request, visitor, password=body.password)
    return Response(status_code=204)


@router.post("/account/tokens", status_code=201)
async def post_token(request: Request, visitor: _ME, body: TokenWanted) -> Response:
    """Make a token for a program: `Authorization: Bearer mt_…`. Shown once."""
    wanted = new_token(name=body.name, days=body.days, networks=body.networks, rights=body.rights)
    token, kept = await own.make_token(request, visitor, wanted, password=body.password)
    return _json({"token": token, **kept}, 201)


@router.delete("/account/tokens/{token}", status_code=204)
async def delete_token(request: Request, token: str, visitor: _ME) -> Response:
    """Revoke a token of yours, by its id. At once."""
    await own.revoke_token(service_of(request), visitor, token)
    return Response(status_code=204)


@router.delete("/account/sessions", status_code=204)
async def delete_sessions(request: Request, visitor: _ME) -> Response:
    """End all your other sessions."""
    await own.end_others(service_of(request), visitor)
    return Response(status_code=204)


@router.delete("/account/sessions/{session}", status_code=204)
async def delete_one_session(request: Request, session: str, visitor: _ME) -> Response:
    """End one of your sessions."""
    await own.end_session(service_of(request), visitor, session)
    return Response(status_code=204)


@router.get("/accounts/{account}/sessions")
async def get_sessions(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Where an account is signed in, its tokens, and whether a new password waits for a second administrator."""
    del visitor
    service = service_of(request)
    found = await account_by_id(service, account)
    return _json(await asyncio.to_thread(_signed_in, service, found))


@router.delete("/accounts/{account}/sessions", status_code=204)
async def delete_their_sessions(request: Request, account: str, visitor: _ADMIN) -> Response:
    """End every session of an account."""
    service = service_of(request)
    await resetting.end_sessions(service, visitor, await account_by_id(service, account))
    return Response(status_code=204)


@router.post("/accounts/{account}/password", status_code=202)
async def post_reset(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Ask that an account gets a new password. Another administrator confirms it."""
    service = service_of(request)
    found = await account_by_id(service, account)
    await resetting.ask(service, visitor, found)
    return _json({"account": found.id, "asked_by": visitor.account.id}, 202)


@router.post("/accounts/{account}/password/confirmation", status_code=201)
async def post_reset_confirmation(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Confirm it. Answers the one-time password, once; it has to be changed at the first sign-in."""
    service = service_of(request)
    password = await resetting.confirm(service, visitor, await account_by_id(service, account))
    return _json({"password": password}, 201)


@router.delete("/accounts/{account}/password", status_code=204)
async def delete_reset(request: Request, account: str, visitor: _ADMIN) -> Response:
    """Withdraw or refuse it."""
    service = service_of(request)
    await resetting.drop(service, visitor, await account_by_id(service, account))
    return Response(status_code=204)


async def account_by_id(service: Service, id_: str) -> Account:
    """An account of accounts.db. Raises NotFoundError."""
    try:
        return await asyncio.to_thread(service.accounts.by_id, id_)
    except UnknownAccountError as e:
        raise NotFoundError("no such account") from e


def _signed_in(service: Service, account: Account) -> dict[str, Any]:
    return {
        "account": account.id,
        "sessions": own.sessions_of(service, account.id, this=None),
        "tokens": own.tokens_of(service, account.id),
        "reset_asked_by": service.accounts.reset_asked_by(account.id),
    }


def _json(document: dict[str, Any], status: int = 200) -> Response:
    return Response(
        documents.to_bytes(document),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
