"""The administrators' pages: accounts, what is proposed, what another administrator decides. Plain forms.

What always holds: every form does what routes.py does, through the same functions; a new account's one-time password is
in one answer, to whoever confirmed it, and nowhere else. No footage, no clip, no case.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_change_rights
from api.identity.accounts import ROLES
from api.identity.sessions import form_of
from api.messages import has, say
from api.rendering import lang_of
from api.rights import showing, work
from api.rights.changes import Confirmed
from api.rights.routes import PAGE, checked_index
from api.service import Service, service_of
from archive.catalogue.rights_queries import RightsRow
from archive.catalogue.rows import AccountRow
from archive.catalogue.search import make_cursor, read_cursor

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_SEE_OTHER: Final = 303
_WHO = Annotated[Visitor, Depends(may_change_rights)]
_PAST: Final = 20  # decided proposals on the first page


@router.api_route("/accounts", methods=_READ)
async def accounts_page(request: Request, visitor: _WHO) -> Response:
    """What waits for a decision, and every account."""
    return await _list(request, visitor)


@router.api_route("/accounts/new", methods=_READ)
async def new_page(request: Request, visitor: _WHO) -> Response:
    """The form for a new account."""
    return await _new(request, visitor, {})


@router.post("/accounts/new")
async def post_new(request: Request, visitor: _WHO) -> Response:
    """Propose a new account."""
    form, service = await form_of(request), service_of(request)
    try:
        await work.add(service, visitor, form)
    except ApiError as error:
        return await _new(request, visitor, form, error)
    return done("/accounts", "proposed")


@router.post("/accounts/proposals/{index}")
async def post_decision(request: Request, index: int, visitor: _WHO) -> Response:
    """Confirm, reject or withdraw."""
    form, service = await form_of(request), service_of(request)
    index = checked_index(index)
    try:
        match form.get("decision"):
            case "confirm":
                confirmed = await work.confirm(service, visitor, index)
                if confirmed.password is not None:
                    return _hand_out(request, visitor, confirmed)
                return done("/accounts", "confirmed")
            case "reject":
                await work.reject(service, visitor, index, form.get("reason", ""))
                return done("/accounts", "rejected")
            case "withdraw":
                await work.withdraw(service, visitor, index)
                return done("/accounts", "withdrawn")
            case _:
                raise InvalidInputError("decide: confirm, reject or withdraw")
    except ApiError as error:
        return await _list(request, visitor, error)


@router.api_route("/accounts/{account}", methods=_READ)
async def account_page(request: Request, account: str, visitor: _WHO) -> Response:
    """One account: what it may, and what may be changed."""
    return await _one(request, visitor, await work.account_of(service_of(request), account))


@router.post("/accounts/{account}/rights")
async def post_rights(request: Request, account: str, visitor: _WHO) -> Response:
    """Propose another role, unit or badge."""
    return await _propose(request, visitor, account, "rights")


@router.post("/accounts/{account}/enabling")
async def post_enabling(request: Request, account: str, visitor: _WHO) -> Response:
    """Propose to enable it again."""
    return await _propose(request, visitor, account, "enabling")


@router.post("/accounts/{account}/identity")
async def post_identity(request: Request, account: str, visitor: _WHO) -> Response:
    """Propose to tie it to a person at the single sign-on provider."""
    return await _propose(request, visitor, account, "identity")


@router.post("/accounts/{account}/identity/removal")
async def post_untie(request: Request, account: str, visitor: _WHO) -> Response:
    """Untie it at once."""
    service = service_of(request)
    row = await work.account_of(service, account)
    await work.untie(service, visitor, row)
    return done(f"/accounts/{row.id}", "untied")


@router.post("/accounts/{account}/disabling")
async def post_disabling(request: Request, account: str, visitor: _WHO) -> Response:
    """Disable it at once."""
    service = service_of(request)
    row = await work.account_of(service, account)
    try:
        await work.disable(service, visitor, row)
    except ApiError as error:
        return await _one(request, visitor, row, error)
    return done(f"/accounts/{row.id}", "disabled")


def done(path: str, what: str) -> Response:
    """Back to a page, which says what was done."""
    return RedirectResponse(f"{path}?{urlencode({'done': what})}", _SEE_OTHER)


def told(request: Request, error: ApiError | None) -> dict[str, str]:
    """What a page says first: what went wrong, or what was done."""
    lang, key = lang_of(request), f"rights.done_{request.query_params.get('done', '')}"
    if error is None:
        return {"said": "", "good": say(lang, key) if has(key) else ""}
    code = f"code.{error.code}"
    detail = str(error)
    if lang == "zh" or not detail:
        detail = say(lang, code) if has(code) else detail
    return {"said": detail, "good": ""}


async def _propose(request: Request, visitor: Visitor, account: str, what: str) -> Response:
    form, service = await form_of(request), service_of(request)
    row = await work.account_of(service, account)
    try:
        if what == "rights":
            await work.change(service, visitor, row, form)
        elif what == "identity":
            await work.tie(service, visitor, row, form)
        else:
            await work.enable(service, visitor, row, form)
    except ApiError as error:
        return await _one(request, visitor, row, error)
    return done("/accounts", "proposed")


async def _list(request: Request, visitor: Visitor, error: ApiError | None = None) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    catalogue, names = service.archive.catalogue, showing.Names.of(service.archive)
    last = catalogue.last_sign_ins()
    typed = request.query_params.get("user", "").strip().casefold()
    cursor = request.query_params.get("cursor")
    after = read_cursor(cursor)[1] if cursor else ""
    every = [showing.account(row, names, last) for row in catalogue.accounts()]
    matching = [a for a in every if not typed or _matches(a, typed)]
    page = [a for a in matching if (a["user"] or "") > after]
    following = make_cursor(0, page[PAGE - 1]["user"] or "") if len(page) > PAGE else None
    more = {"user": typed} if typed else {}
    opened = [_card(row, names, visitor) for row in catalogue.rights("open")]
    values = {
        "open": opened,
        "past_changes": [
            showing.proposal(r, names) for r in catalogue.rights(limit=_PAST) if r.state != "open"
        ],
        "people": page[:PAGE],
        "count": len(matching),
        "typed_user": typed,
        "more": None
        if following is None
        else f"/accounts?{urlencode(more | {'cursor': following})}",
        "first": cursor is None,
        "sole": _is_sole(service, visitor),
    }
    return _page(request, visitor, "accounts.html", values, error)


async def _new(
    request: Request, visitor: Visitor, form: dict[str, str], error: ApiError | None = None
) -> Response:
    values = _choices(service_of(request)) | {"form": form}
    return _page(request, visitor, "account_new.html", values, error)


async def _one(
    request: Request, visitor: Visitor, row: AccountRow, error: ApiError | None = None
) -> Response:
    service = service_of(request)
    catalogue, names = service.archive.catalogue, showing.Names.of(service.archive)
    oidc = service.archive.settings.identity.oidc
    values = _choices(service) | {
        "person": showing.account(row, names, catalogue.last_sign_ins()),
        "unit_id": row.unit_id,
        "own": row.id == visitor.account.id,
        "provider": None if oidc is None else oidc.name,
        "identities": work.identities_of(service, row.id),
        "waiting": [
            _card(r, names, visitor) for r in catalogue.rights("open") if r.account == row.id
        ],
        "past_changes": [
            showing.proposal(r, names)
            for r in catalogue.rights(limit=1000)
            if r.account == row.id and r.state != "open"
        ],
    }
    return _page(request, visitor, "account_one.html", values, error)


def _hand_out(request: Request, visitor: Visitor, confirmed: Confirmed) -> Response:
    values = {"person": confirmed.row.name, "password": confirmed.password}
    return _page(request, visitor, "account_password.html", values, None)


def _page(
    request: Request,
    visitor: Visitor,
    template: str,
    values: dict[str, Any],
    error: ApiError | None,
) -> Response:
    return pages_of(request).render(
        request,
        template,
        account=visitor.account,
        here="accounts",
        status=200 if error is None else error.status,
        values=values | told(request, error),
    )


def _card(row: RightsRow, names: showing.Names, visitor: Visitor) -> dict[str, Any]:
    """A proposal, beside what the account is now, and what this visitor may do about it."""
    now = names.accounts.get(row.account)
    return showing.proposal(row, names) | {
        "now": None if now is None else showing.account(now, names, {}),
        "place": names.place(row.account) if row.change == "place" else None,
        "yours": row.proposed_actor == visitor.account.id,
        "about_you": row.account == visitor.account.id,
    }


def _choices(service: Service) -> dict[str, Any]:
    units = service.archive.catalogue.units()
    officers = service.archive.catalogue.officers()
    return {
        "roles": ROLES,
        "units": [(row.id, row.name or row.id) for row in units],
        "badges": [(row.badge, row.name) for row in officers if row.badge],
    }


def _is_sole(service: Service, visitor: Visitor) -> bool:
    others = (a for a in service.archive.catalogue.accounts() if a.id != visitor.account.id)
    return not any(a.role == "administrator" and not a.disabled for a in others)


def _matches(document: dict[str, Any], typed: str) -> bool:
    return any(typed in str(document[name] or "").casefold() for name in ("user", "unit", "badge"))
