"""Accounts and changes of rights over HTTP. Who may ask: administrators; who decides: another one (changes.py)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor, may_change_rights
from api.rights import showing, work
from api.rights.work import MOST_TEXT
from api.service import Service, service_of
from archive.catalogue.search import make_cursor, read_cursor

router: Final = APIRouter(prefix="/api/v1", tags=["rights"])
JSON: Final = "application/json"
PAGE: Final = 100
_MOST: Final = 500
_WHO = Annotated[Visitor, Depends(may_change_rights)]
_ROLES = Literal["officer", "supervisor", "archivist", "reviewer", "oversight", "administrator"]
_NO_STORE: Final = {"Cache-Control": "no-store"}


class NewAccount(BaseModel):
    """An account that is proposed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    user: str = Field(min_length=1, max_length=work.MOST_NAME)
    role: _ROLES
    unit: str | None = Field(default=None, max_length=work.MOST_NAME, description="name or id")
    badge: str | None = Field(default=None, max_length=work.MOST_NAME, description="of an officer")
    reason: str = Field(min_length=1, max_length=MOST_TEXT)


class AccountChange(BaseModel):
    """What is to change; one thing at a time: rights, or the state, or an identity."""

    model_config = ConfigDict(extra="forbid", strict=True)
    role: _ROLES | None = None
    unit: str | None = Field(default=None, max_length=work.MOST_NAME, description="empty: none")
    badge: str | None = Field(default=None, max_length=work.MOST_NAME, description="empty: none")
    disabled: bool | None = Field(default=None, description="true: at once; false: is proposed")
    identity: str | None = Field(
        default=None, max_length=255, description="name at the single sign-on provider"
    )
    reason: str | None = Field(default=None, max_length=MOST_TEXT)


class Decision(BaseModel):
    """What the second person says."""

    model_config = ConfigDict(extra="forbid", strict=True)
    decision: Literal["confirm", "reject"]
    reason: str | None = Field(default=None, max_length=MOST_TEXT, description="of a refusal")


@router.get("/accounts")
async def list_accounts(
    request: Request, visitor: _WHO, cursor: str | None = None, limit: int = PAGE
) -> Response:
    """Every account, by name: role, unit, badge, state, last sign-in."""
    del visitor
    service = service_of(request)
    check_limit(limit)
    await service.freshness.for_search()
    catalogue = service.archive.catalogue
    after = read_cursor(cursor)[1] if cursor else ""
    rows = [row for row in catalogue.accounts() if (row.name or "") > after]
    names, last = showing.Names.of(service.archive), catalogue.last_sign_ins()
    shown = rows[:limit]
    document = {
        "accounts": [showing.account(row, names, last) for row in shown],
        "next": make_cursor(0, shown[-1].name or "") if len(rows) > limit else None,
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.post("/accounts", status_code=202)
async def post_account(request: Request, visitor: _WHO, body: NewAccount) -> Response:
    """Propose a new account. Another administrator confirms it, and gets its one-time password."""
    service = service_of(request)
    asked = {k: v for k, v in body.model_dump().items() if v is not None}
    return proposed(service, await work.add(service, visitor, asked))


@router.get("/accounts/{account}")
async def get_account(request: Request, account: str, visitor: _WHO) -> Response:
    """One account."""
    del visitor
    service = service_of(request)
    row = await work.account_of(service, account)
    last = service.archive.catalogue.last_sign_ins()
    document = showing.account(row, showing.Names.of(service.archive), last)
    return Response(documents.to_bytes(document), media_type=JSON)


@router.patch("/accounts/{account}", status_code=202)
async def patch_account(
    request: Request, account: str, visitor: _WHO, body: AccountChange
) -> Response:
    """Change an account. To disable works at once (200); all else is proposed (202), and another one confirms it."""
    service = service_of(request)
    row = await work.account_of(service, account)
    rights = body.model_dump(include={"role", "unit", "badge"}, exclude_unset=True)
    asked = {k: v or "" for k, v in rights.items()} | {"reason": body.reason or ""}
    kinds = (bool(rights), body.disabled is not None, body.identity is not None)
    if sum(kinds) != 1:
        raise InvalidInputError("change one thing: role, unit and badge; or disabled; or identity")
    if body.disabled:
        await work.disable(service, visitor, row)
        changed = await work.account_of(service, account)
        last = service.archive.catalogue.last_sign_ins()
        document = showing.account(changed, showing.Names.of(service.archive), last)
        return Response(documents.to_bytes(document), media_type=JSON)
    if body.identity is not None:
        asked["identity"] = body.identity
        return proposed(service, await work.tie(service, visitor, row, asked))
    if rights:
        return proposed(service, await work.change(service, visitor, row, asked))
    return proposed(service, await work.enable(service, visitor, row, asked))


@router.get("/rights")
async def list_rights(
    request: Request,
    visitor: _WHO,
    state: Literal["open", "confirmed", "rejected", "withdrawn"] | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """Proposed changes, the newest first."""
    del visitor
    service = service_of(request)
    check_limit(limit)
    await service.freshness.for_search()
    below = read_cursor(cursor)[0] if cursor else None
    rows = service.archive.catalogue.rights(state, below=below, limit=limit + 1)
    names, shown = showing.Names.of(service.archive), rows[:limit]
    document = {
        "rights": [showing.proposal(row, names) for row in shown],
        "next": make_cursor(shown[-1].index, "") if len(rows) > limit else None,
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.get("/rights/{index}")
async def get_right(request: Request, index: int, visitor: _WHO) -> Response:
    """One proposed change."""
    del visitor
    service = service_of(request)
    await service.freshness.for_search()
    return Response(documents.to_bytes(_document(service, index)), media_type=JSON)


@router.post("/rights/{index}/decision")
async def post_decision(request: Request, index: int, visitor: _WHO, body: Decision) -> Response:
    """Confirm or reject what another administrator proposed. A new account's one-time password is in the answer."""
    service = service_of(request)
    index = checked_index(index)
    password = None
    if body.decision == "confirm":
        password = (await work.confirm(service, visitor, index)).password
    else:
        await work.reject(service, visitor, index, body.reason or "")
    document = _document(service, index) | {"password": password}
    return Response(documents.to_bytes(document), media_type=JSON, headers=_NO_STORE)


@router.delete("/rights/{index}", status_code=204)
async def delete_right(request: Request, index: int, visitor: _WHO) -> Response:
    """Withdraw what one proposed oneself."""
    await work.withdraw(service_of(request), visitor, checked_index(index))
    return Response(status_code=204)


def checked_index(index: int) -> int:
    """An entry's index as a database takes it. Raises NotFoundError."""
    if not 0 <= index < 2**53:
        raise NotFoundError("no such entry")
    return index


def check_limit(limit: int) -> None:
    """Raise InvalidInputError where more, or less, is asked for than a page may hold."""
    if not 1 <= limit <= _MOST:
        raise InvalidInputError(f"limit is 1 to {_MOST}")


def _document(service: Service, index: int) -> documents.Document:
    row = service.archive.catalogue.right(checked_index(index))
    if row is None:
        raise NotFoundError("no such proposal")
    return showing.proposal(row, showing.Names.of(service.archive))


def proposed(service: Service, index: int) -> Response:
    """202: where the proposal is, and what it says."""
    return Response(
        documents.to_bytes(_document(service, index)),
        status_code=202,
        media_type=JSON,
        headers={"Location": f"/api/v1/rights/{index}"},
    )
