"""Signing in and out: by a program with JSON, by a person with a plain form.

What always holds: a sign-in makes a new session and ends the one it came with; wrong tries are counted before the
password is looked at;
passwords are checked in two threads of their own, so that a flood of sign-ins cannot take the machine.
"""

from __future__ import annotations

import asyncio
import ipaddress
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.errors import MalformedRequestError, WrongCredentialsError
from api.gate import COOKIE, Visitor, anyone, check_origin, signed_in, token_of
from api.identity.accounts import SESSION_SECONDS, Account, Session
from api.service import Service, service_of

router: Final = APIRouter(prefix="/api/v1/session", tags=["session"])
_HASHING: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hashing")


class SignIn(BaseModel):
    """Who, and the password."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)
    user: str = Field(max_length=256)
    password: str = Field(max_length=1024)


@router.post("", status_code=201, dependencies=[Depends(anyone)])
async def post_session(request: Request, body: SignIn) -> Response:
    """Sign in. Answers a bearer token, and sets the same as a cookie for pages."""
    check_origin(request, required=False)
    token, session = await sign_in(request, body.user, body.password)
    expires = datetime.fromtimestamp(session.expires, UTC).isoformat(timespec="seconds")
    document = {
        "token": token,
        "expires": expires.replace("+00:00", "Z"),
        "account": session.account.id,
        "role": session.account.role,
    }
    response = Response(
        documents.to_bytes(document),
        status_code=201,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
    set_cookie(response, service_of(request), token)
    return response


@router.delete("", status_code=204)
async def delete_session(
    request: Request, visitor: Annotated[Visitor, Depends(signed_in)]
) -> Response:
    """Sign out: token and cookie die."""
    response = Response(status_code=204)
    await sign_out(service_of(request), visitor.token, response)
    kept = request.cookies.get(COOKIE)
    if kept is not None and kept != visitor.token:
        # The browser is told to forget it: nobody could end it any more.
        await asyncio.to_thread(service_of(request).accounts.close_session, kept)
    return response


async def sign_in(request: Request, name: str, password: str) -> tuple[str, Session]:
    """Check a password and open a session.

    Raises:
        WrongCredentialsError: no such account, wrong password, or disabled.
        TooManyTriesError: see tries.py. The password was not looked at.
    """
    service = service_of(request)
    peer = _network(request.client.host if request.client else "unknown")
    loop = asyncio.get_running_loop()
    account = await loop.run_in_executor(_HASHING, _checked, service, name, password, peer)
    token, _ = token_of(request)
    if token:
        await asyncio.to_thread(service.accounts.close_session, token)
    return await asyncio.to_thread(service.accounts.open_session, account)


async def sign_out(service: Service, token: str, response: Response) -> None:
    """End a session and take the cookie back."""
    await asyncio.to_thread(service.accounts.close_session, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=service.secure)


def set_cookie(response: Response, service: Service, token: str) -> None:
    """Give the browser its session: for this site's requests only, and not for scripts."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=service.secure,
    )


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a plain form.

    Raises:
        MalformedRequestError: no URL-encoded UTF-8 form, or a field twice.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise MalformedRequestError("send a form (application/x-www-form-urlencoded)")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as e:
        raise MalformedRequestError("the form cannot be read") from e
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedRequestError("a field is there twice")
    return fields


def _network(peer: str) -> str:
    # Whoever has one IPv6 address has 2^64 of them (RFC 4291, 2.5.4).
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return peer


def _checked(service: Service, name: str, password: str, peer: str) -> Account:
    service.tries.begin(name=name, peer=peer)
    account = service.accounts.check(name, password)
    if account is None:
        service.tries.failed(peer=peer)
        raise WrongCredentialsError("user name or password is wrong")
    service.tries.succeeded(name=name, peer=peer)
    return account
