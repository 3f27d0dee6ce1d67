"""Requests to see over HTTP: ask, list, decide, end, review. Who may is looked at in changing.py, under its lock."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.approval import changing, listing, showing, work
from api.approval.asking import MOST_CLIPS, MOST_TEXT, Wish
from api.approval.listing import List
from api.approval.policy_reading import policy_of
from api.casework import checked_number
from api.errors import InvalidInputError
from api.gate import Visitor, may_ask
from api.service import Service, service_of
from archive.catalogue.times import lower_bound

router: Final = APIRouter(prefix="/api/v1", tags=["requests"])
JSON: Final = "application/json"
PAGE: Final = 50
_MOST: Final = 200
_MOST_BODY: Final = 200
_WHO = Annotated[Visitor, Depends(may_ask)]
_ID = Annotated[str, Path(alias="request", description="id of a request", max_length=64)]
_REASON = Field(default=None, max_length=MOST_TEXT)
_UNTIL = Field(default=None, max_length=64, description="RFC 3339, or a local time")


class NewRequest(BaseModel):
    """What somebody wants to see: clips by id, or a case by its number."""

    model_config = ConfigDict(extra="forbid", strict=True)
    case: str | None = Field(default=None, max_length=200)
    clips: list[str] = Field(default=[], max_length=MOST_CLIPS)
    purpose: str = Field(max_length=32, description="a code of the policy")
    reason: str = Field(min_length=1, max_length=MOST_TEXT)
    until: str | None = _UNTIL
    body: str | None = Field(
        default=None, max_length=_MOST_BODY, description="the outside body that it is for"
    )
    emergency: bool = Field(default=False, description="at once, loud, reviewed after")


class NewDecision(BaseModel):
    """What the head says."""

    model_config = ConfigDict(extra="forbid", strict=True)
    decision: Literal["grant", "decline"]
    reason: str | None = _REASON
    until: str | None = _UNTIL
    upto: int | None = Field(
        default=None, ge=0, le=2**53, description="size of the ledger when the decider looked"
    )


class NewReview(BaseModel):
    """What the head says of what was seen at once."""

    model_config = ConfigDict(extra="forbid", strict=True)
    outcome: Literal["justified", "not_justified"]
    reason: str = Field(min_length=1, max_length=MOST_TEXT)


class Ending(BaseModel):
    """Why; needed to revoke."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str | None = _REASON


@router.get("/requests")
async def list_requests(
    request: Request,
    visitor: _WHO,
    list: List = "mine",
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """Requests, newest first: `mine`; `work`, to decide; `review`, to look at after; `given`, in force; `all`."""
    if not 1 <= limit <= _MOST:
        raise InvalidInputError(f"limit is 1 to {_MOST}")
    service = service_of(request)
    await service.freshness.for_search()

    def look() -> documents.Document:
        who = listing.looking(service.archive, visitor.account)
        names = showing.Names(service.archive, who)
        page = listing.page(service.archive, who, list, limit=limit, cursor=cursor)
        return {
            "requests": [showing.document(row, who, names) for row in page.requests],
            "next": page.next_cursor,
        }

    return _answer(await asyncio.to_thread(look))


@router.post("/requests", status_code=201)
async def post_request(request: Request, visitor: _WHO, body: NewRequest) -> Response:
    """Ask. Of what you may not know of, the answer says nothing: it went to the heads concerned, if there is any."""
    service = service_of(request)
    if (body.case is None) == (not body.clips):
        raise InvalidInputError("ask for a case, or for clips")
    wish = Wish(
        case=None if body.case is None else checked_number(body.case),
        clips=tuple(body.clips),
        purpose=body.purpose,
        reason=needed_text("reason", body.reason),
        until=time_of(service, body.until),
        body=text_of("body", body.body),
        emergency=body.emergency,
    )
    rows = await work.ask(service, visitor, wish)

    def show() -> documents.Document:
        who = listing.looking(service.archive, visitor.account)
        names = showing.Names(service.archive, who)
        return {"requests": [showing.document(row, who, names) for row in rows]}

    return _answer(await asyncio.to_thread(show), 201)


@router.get("/requests/{request}")
async def get_request(request: Request, visitor: _WHO, request_id: _ID) -> Response:
    """One request, with who decides on it."""
    service = service_of(request)
    row, who = await work.known(service, visitor, request_id)

    def show() -> documents.Document:
        names = showing.Names(service.archive, who)
        found = [] if row.is_line else showing.deciders(who, row, names)
        return showing.document(row, who, names) | {"deciders": [p.name for p in found]}

    return _answer(await asyncio.to_thread(show))


@router.post("/requests/{request}/decision")
async def post_decision(
    request: Request, visitor: _WHO, request_id: _ID, body: NewDecision
) -> Response:
    """Grant, for as long as asked or shorter, or decline with a reason. The first decision counts (409: P075)."""
    service, account = service_of(request), visitor.account.id
    until, reason = time_of(service, body.until), text_of("reason", body.reason)

    def do() -> None:
        changing.decide(
            service.archive,
            account=account,
            request=request_id,
            granted=body.decision == "grant",
            reason=reason,
            until=until,
            upto=body.upto,
        )

    row, who = await work.decide(service, visitor, request_id, do)
    return _answer(showing.document(row, who, showing.Names(service.archive, who)))


@router.delete("/requests/{request}")
async def delete_request(
    request: Request, visitor: _WHO, request_id: _ID, body: Ending
) -> Response:
    """Withdraw a request of one's own, or give its grant back; or revoke a grant, with a reason."""
    service, account = service_of(request), visitor.account.id
    reason = text_of("reason", body.reason)

    def do() -> None:
        changing.end(service.archive, account=account, request=request_id, reason=reason)

    row, who = await work.decide(service, visitor, request_id, do)
    return _answer(showing.document(row, who, showing.Names(service.archive, who)))


@router.post("/requests/{request}/review")
async def post_review(
    request: Request, visitor: _WHO, request_id: _ID, body: NewReview
) -> Response:
    """Say of an emergency, or of a view by duty, whether it was justified; what was not ends now."""
    service, account = service_of(request), visitor.account.id
    reason = needed_text("reason", body.reason)

    def do() -> None:
        changing.review(
            service.archive,
            account=account,
            request=request_id,
            outcome=body.outcome,
            reason=reason,
        )

    row, who = await work.decide(service, visitor, request_id, do)
    return _answer(showing.document(row, who, showing.Names(service.archive, who)))


@router.get("/policy")
async def get_policy(request: Request, visitor: _WHO) -> Response:
    """The policy in force: rules with clause and source, purposes, and what counts as unusual."""
    del visitor
    policy = await asyncio.to_thread(policy_of, service_of(request).archive.root)
    return _answer(showing.policy_document(policy))


def text_of(name: str, value: str | None) -> str | None:
    """Some words, trimmed; None where there are none. Raises InvalidInputError."""
    if value is None or not value.strip():
        return None
    if len(value) > MOST_TEXT or "\0" in value:
        raise InvalidInputError(f"{name} has at most {MOST_TEXT} characters")
    return value.strip()


def needed_text(name: str, value: str | None) -> str:
    """Some words. Raises InvalidInputError: there are none."""
    text = text_of(name, value)
    if text is None:
        raise InvalidInputError(f"{name} is needed")
    return text


def time_of(service: Service, value: str | None) -> datetime | None:
    """A moment as it was typed; None where nothing was. Raises TimeTextError."""
    return lower_bound(value, service.zone) if value and value.strip() else None


def _answer(document: documents.Document, status: int = 200) -> Response:
    return Response(documents.to_bytes(document), status_code=status, media_type=JSON)
