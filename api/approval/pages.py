"""The pages of approvals: lists, one request, the form to ask. All of it works without script.

What always holds: a page shows facts of clips and never footage; what a form asks for goes the way that a program's
request goes (work.py), so it is checked and recorded the same.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast, get_args

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.approval import changing, listing, showing, work
from api.approval.asking import Wish
from api.approval.errors import ApprovalError
from api.approval.listing import LISTS, List, Looking
from api.approval.policy import Policy
from api.approval.policy_reading import policy_of
from api.approval.routes import needed_text, text_of, time_of
from api.approval.views import Views
from api.casework import checked_number
from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, covers, may_ask
from api.identity.sessions import form_of
from api.messages import Lang, has, say
from api.rendering import lang_of
from api.service import Service, service_of
from archive.catalogue.errors import TimeTextError

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_PAGE: Final = 30
_DONE: Final = ("grant", "decline", "review")  # what a list says was just done
_MOST_TYPED: Final = 8_000  # characters of one field
_WHO = Annotated[Visitor, Depends(may_ask)]
_ID = Annotated[str, Path(alias="request", max_length=64)]


@router.api_route("/requests", methods=_READ)
async def requests_page(request: Request, visitor: _WHO) -> Response:
    """One of the lists; to decide first, for who decides."""
    service, role = service_of(request), visitor.account.role
    wanted = request.query_params.get("list", "")
    which = next((name for name in LISTS if name == wanted), _first_list(role))
    await service.freshness.for_search()
    lang, cursor = lang_of(request), request.query_params.get("cursor")

    def look() -> dict[str, Any]:
        who = listing.looking(service.archive, visitor.account)
        views = Views(service, who, lang)
        page = listing.page(service.archive, who, which, limit=_PAGE, cursor=cursor)
        return {
            "which": which,
            "lists": [(name, _count(service, who, name)) for name in _lists_of(role)],
            "rows": [views.row(row) for row in page.requests],
            "older": page.next_cursor,
            "size": service.archive.catalogue.size(),
            "sent": "sent" in request.query_params,
            "done": next((d for d in _DONE if d == request.query_params.get("done")), None),
        }

    values = await asyncio.to_thread(look)
    return pages_of(request).render(
        request, "requests.html", account=visitor.account, here="requests", values=values
    )


@router.api_route("/requests/new", methods=_READ)
async def ask_page(request: Request, visitor: _WHO) -> Response:
    """The form to ask, filled in with what led here."""
    typed = {name: request.query_params.get(name, "")[:200] for name in ("case", "clips")}
    return await _form(request, visitor, typed)


@router.post("/requests")
async def ask_form(request: Request, visitor: _WHO) -> Response:
    """Ask by form."""
    service, form = service_of(request), await form_of(request)
    typed = {name: value[:_MOST_TYPED] for name, value in form.items()}
    try:
        rows = await work.ask(service, visitor, _wish(service, typed))
    except (ApprovalError, InvalidInputError, TimeTextError) as error:
        return await _form(request, visitor, typed, error)
    granted = next((row for row in rows if row.state == "granted"), None)
    where = "/requests?list=mine&sent=1" if granted is None else f"/requests/{granted.id}"
    return RedirectResponse(where, _SEE_OTHER)


@router.api_route("/requests/{request}", methods=_READ)
async def request_page(request: Request, visitor: _WHO, request_id: _ID) -> Response:
    """One request: who, what, why, until when, by which rule, and what happened."""
    service, lang = service_of(request), lang_of(request)
    row, who = await work.known(service, visitor, request_id)

    def look() -> dict[str, Any]:
        views = Views(service, who, lang)
        clips = [] if row.is_line else showing.clips_of(service.archive, row)
        return {
            "row": views.row(row),
            "rule": showing.rule_of_request(service.archive, row),
            "deciders": [] if row.is_line else showing.deciders(who, row, views.names),
            "above": showing.is_decided_above(who, row),
            "clips": [{"row": c, "opens": covers(service, visitor, c)} for c in clips],
            "most": showing.MOST_SHOWN,
            "steps": views.steps(row),
            "done": "end" if request.query_params.get("done") == "end" else None,
            "size": service.archive.catalogue.size(),
        }

    values = await asyncio.to_thread(look)
    return pages_of(request).render(
        request, "request.html", account=visitor.account, here="requests", values=values
    )


@router.post("/requests/{request}/decision")
async def decision_form(request: Request, visitor: _WHO, request_id: _ID) -> Response:
    """Grant or decline by form."""
    service, form = service_of(request), await form_of(request)
    if form.get("decision") not in {"grant", "decline"}:
        raise InvalidInputError("grant or decline")
    until, reason = (
        time_of(service, form.get("until")),
        text_of("reason", form.get("reason")),
    )
    upto = form.get("upto", "")

    def do() -> None:
        changing.decide(
            service.archive,
            account=visitor.account.id,
            request=request_id,
            granted=form["decision"] == "grant",
            reason=reason,
            until=until,
            upto=int(upto) if upto.isascii() and upto.isdecimal() and len(upto) < 16 else None,
        )

    await work.decide(service, visitor, request_id, do)
    return RedirectResponse(f"/requests?list=work&done={form['decision']}", _SEE_OTHER)


@router.post("/requests/{request}/end")
async def end_form(request: Request, visitor: _WHO, request_id: _ID) -> Response:
    """Withdraw, give back or revoke by form."""
    service, form = service_of(request), await form_of(request)
    reason = text_of("reason", form.get("reason"))

    def do() -> None:
        changing.end(service.archive, account=visitor.account.id, request=request_id, reason=reason)

    await work.decide(service, visitor, request_id, do)
    return RedirectResponse(f"/requests/{request_id}?done=end", _SEE_OTHER)


@router.post("/requests/{request}/review")
async def review_form(request: Request, visitor: _WHO, request_id: _ID) -> Response:
    """Review by form."""
    service, form = service_of(request), await form_of(request)
    outcome, reason = form.get("outcome"), needed_text("reason", form.get("reason"))
    if outcome not in get_args(changing.Outcome):
        raise InvalidInputError("justified, or not_justified")
    said = cast(changing.Outcome, outcome)

    def do() -> None:
        changing.review(
            service.archive,
            account=visitor.account.id,
            request=request_id,
            outcome=said,
            reason=reason,
        )

    await work.decide(service, visitor, request_id, do)
    return RedirectResponse("/requests?list=review&done=review", _SEE_OTHER)


def _first_list(role: str) -> List:
    return "work" if role == "supervisor" else "mine"


def _lists_of(role: str) -> tuple[List, ...]:
    if role == "supervisor":
        return ("work", "review", "given", "mine", "all")
    return ("mine", "all") if role in {"archivist", "oversight"} else ("mine",)


def _count(service: Service, who: Looking, which: List) -> int | None:
    """How many wait; None where nothing does, or nobody has to."""
    if which not in {"work", "review"}:
        return None
    return len(listing.page(service.archive, who, which, limit=99).requests) or None


def _wish(service: Service, typed: dict[str, str]) -> Wish:
    case, clips = typed.get("case", "").strip(), typed.get("clips", "").split()
    if bool(case) == bool(clips):
        raise InvalidInputError("ask for a case, or for clips")
    kind = typed.get("kind", "normal")
    body = text_of("body", typed.get("body")) if kind == "outside" else None
    if kind == "outside" and body is None:
        raise InvalidInputError("say which body it is for")
    return Wish(
        case=checked_number(case) if case else None,
        clips=tuple(clips[:200]),
        purpose=typed.get("purpose", ""),
        reason=needed_text("reason", typed.get("reason")),
        until=time_of(service, typed.get("until")),
        body=body,
        emergency=kind == "emergency",
    )


async def _form(
    request: Request, visitor: Visitor, typed: dict[str, str], error: Exception | None = None
) -> Response:
    service, lang = service_of(request), lang_of(request)
    policy = await asyncio.to_thread(policy_of, service.archive.root)
    said, status = None, 200
    if error is not None:
        code = getattr(error, "code", "P024")
        said = say(lang, f"code.{code}") if has(f"code.{code}") else say(lang, "code.P024")
        status = error.status if isinstance(error, ApiError) else 422
    values = {
        "typed_in": typed,
        "typed": "",
        "said": said,
        "kinds": _kinds(policy, visitor, lang),
    }
    return pages_of(request).render(
        request,
        "ask.html",
        account=visitor.account,
        status=status,
        here="requests",
        values=values,
    )


def _kinds(policy: Policy, visitor: Visitor, lang: Lang) -> list[dict[str, Any]]:
    """How this role may ask, and for which purposes."""
    role, day = visitor.account.role, datetime.now(UTC).date()
    found = []
    for kind, relations in (
        ("normal", ("duty", "own_unit", "other_unit")),
        ("outside", ("outside",)),
        ("emergency", ("emergency",)),
    ):
        allowed = policy.purposes_for(role, day, *relations)
        # What is granted at once by duty stands first, and so is what the form is sent with untouched.
        by_duty = policy.purposes_for(role, day, "duty") if kind == "normal" else ()
        purposes = (*by_duty, *(p for p in allowed if p not in by_duty))
        if purposes:
            words = [(p.code, p.zh if lang == "zh" else p.en) for p in purposes]
            found.append({"kind": kind, "purposes": words})
    return found
