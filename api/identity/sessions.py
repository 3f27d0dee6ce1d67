"""Signing in and out by a program with JSON, and the cookie that both ways leave in a browser. How: signing.py."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.errors import MalformedRequestError
from api.gate import COOKIE, Visitor, anyone, check_origin, signed_in
from api.identity.accounts import Session
from api.identity.endings import endings
from api.identity.signing import sign_in
from api.service import Service, service_of

router: Final = APIRouter(prefix="/api/v1/session", tags=["session"])


class SignIn(BaseModel):
    """Who, the password, and what else the account needs."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
    user: str = Field(max_length=256)
    password: str = Field(max_length=1024)
    code: str | None = Field(
        None, max_length=64, description="of the second factor, or a recovery code"
    )
    new_password: str | None = Field(
        None, max_length=1024, description="where the old one was set by somebody else"
    )


@router.post("", status_code=201, dependencies=[Depends(anyone)])
async def post_session(request: Request, body: SignIn) -> Response:
    """Sign in. Answers a bearer token, and sets the same as a cookie for pages.

    401 with code P034 asks for a code of the second factor, 403 with P036 for a new password; send all at once then.
    """
    check_origin(request, required=False)
    token, session = await sign_in(
        request, body.user, body.password, code=body.code, new_password=body.new_password
    )
    document = {
        "token": token,
        "expires": rfc3339(session.expires),
        "account": session.account.id,
        "role": session.account.role,
        "session": session.id,
    }
    response = Response(
        documents.to_bytes(document),
        status_code=201,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
    set_cookie(response, service_of(request), token, session)
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
        await endings(service_of(request))
    return response


async def sign_out(service: Service, token: str, response: Response) -> None:
    """End a session and take the cookie back. A program's token stays: its owner revokes it."""
    await asyncio.to_thread(service.accounts.close_session, token)
    await endings(service)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=service.secure)


def set_cookie(response: Response, service: Service, token: str, session: Session) -> None:
    """Give the browser its session: for this site's requests only, and not for scripts."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=max(0, round(session.expires - time.time())),
        path="/",
        httponly=True,
        samesite="lax",
        secure=service.secure,
    )


async def form_of(request: Request, *, most: int = 20) -> dict[str, str]:
    """The fields of a plain form, `most` of them.

    Raises:
        MalformedRequestError: no URL-encoded UTF-8 form, or a field twice.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise MalformedRequestError("send a form (application/x-www-form-urlencoded)")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError as e:
        raise MalformedRequestError("the form cannot be read") from e
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedRequestError("a field is there twice")
    return fields


def rfc3339(moment: float) -> str:
    """A Unix time as the API writes it, to the second."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")
