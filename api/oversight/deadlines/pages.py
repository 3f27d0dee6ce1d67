"""The pages of deadlines: the desk, the lists by state, and those of one case, where a supervisor states reasons.

What always holds: they show no footage; all of it works without script.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.casefile.rights import readable_case
from api.entrance import pages_of
from api.errors import InvalidInputError
from api.gate import Visitor, may_excuse, may_read_cases
from api.identity.accounts import Account
from api.identity.sessions import form_of
from api.messages import Lang
from api.oversight.deadlines.asking import (
    Wish,
    excused,
    may_excuse_it,
    of_case,
    page,
    scope_of,
    states_of,
)
from api.oversight.deadlines.overseer import Overseer, overseer_of
from api.oversight.deadlines.views import Views
from api.rendering import case_href, lang_of
from api.service import Service, service_of
from archive.catalogue.rows import CaseRow
from oversight.clocks.excusing import excuses_of
from oversight.clocks.model import Clock, State
from oversight.clocks.reckoning import Reckoner
from oversight.clocks.standing import clock_of_clip, now_of, reckoner_of
from oversight.errors import RuleFileError

router: Final = APIRouter(include_in_schema=False)
LISTS: Final[tuple[State, ...]] = ("missed", "nearing", "running", "late", "excused")
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_PAGE: Final = 50
_ON_DESK: Final = 8
_READS = Annotated[Visitor, Depends(may_read_cases)]


@router.api_route("/oversight/deadlines", methods=_READ)
async def deadlines_page(request: Request, visitor: _READS) -> Response:
    """The deadlines of one state, the earliest due first."""
    service, overseer, lang = service_of(request), overseer_of(request), lang_of(request)
    wanted = request.query_params.get("state")
    which = next((name for name in LISTS if name == wanted), "missed")
    cursor = request.query_params.get("cursor")

    def look() -> dict[str, Any]:
        counted = overseer.look()
        rows, following = page(
            service,
            overseer,
            visitor.account,
            states=states_of(which),
            cursor=cursor,
            limit=_PAGE,
        )
        views, reckoner = Views(service, lang, now_of(service.archive)), None
        shown = [views.row(row) for row in rows]
        if which == "late":
            reckoner = reckoner_of(service.archive)
            for view, row in zip(shown, rows, strict=True):
                if row["clip"] is not None:
                    clock = clock_of_clip(service.archive, row["clip"], reckoner)
                    view["form"] = clock and _form(visitor.account, clock, reckoner, lang)
        more = {"state": which, "cursor": following}
        return {
            "which": which,
            "lists": LISTS,
            "rows": shown,
            "counted": counted,
            "more": f"/oversight/deadlines?{urlencode(more)}" if following else None,
        }

    values = await asyncio.to_thread(look)
    return pages_of(request).render(
        request, "deadlines.html", account=visitor.account, here="oversight", values=values
    )


@router.api_route("/cases/{number}/deadlines", methods=_READ)
async def case_deadlines_page(request: Request, number: str, visitor: _READS) -> Response:
    """What is due of one case and of its clips."""
    service, lang = service_of(request), lang_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)

    def look() -> list[dict[str, Any]]:
        reckoner = reckoner_of(service.archive)
        views = Views(service, lang, now_of(service.archive))
        rows = []
        for clock, document in of_case(service, visitor, case, clips=True):
            view = views.row(document)
            if document["state"] not in {"met", "excused"}:
                view["form"] = _form(visitor.account, clock, reckoner, lang)
            rows.append(view | {"about": clock.about})
        return rows

    rows = await asyncio.to_thread(look)
    values = {
        "case": {"number": case.number, "title": case.title},
        "of_case": [row for row in rows if row["about"] == "case"],
        "of_clips": [row for row in rows if row["about"] == "clip"],
    }
    return pages_of(request).render(
        request, "case_deadlines.html", account=visitor.account, here="find", values=values
    )


@router.post("/oversight/excuses")
async def excuse_form(
    request: Request, visitor: Annotated[Visitor, Depends(may_excuse)]
) -> Response:
    """State by form why something is late."""
    form = await form_of(request)
    kind = form.get("kind", "")
    if not (kind.isascii() and kind.isdecimal() and len(kind) < 3):
        raise InvalidInputError("choose a reason")
    wish = Wish(
        case=form.get("case") or None,
        clip=form.get("clip") or None,
        rule=form.get("rule", ""),
        kind=int(kind),
        reason=form.get("reason", ""),
    )
    await excused(service_of(request), visitor, wish)
    back = form.get("back", "")
    where = f"{case_href(back)}/deadlines" if back else "/oversight/deadlines?state=late"
    return RedirectResponse(where, _SEE_OTHER)


def desk(service: Service, overseer: Overseer, account: Account, lang: Lang) -> dict[str, Any]:
    """What is near or missed of what an account is told of: counted by unit, and the first of them."""
    counted = overseer.look()
    now, scope = now_of(service.archive), scope_of(account)
    rows, _ = page(service, overseer, account, states=states_of(None), cursor=None, limit=_ON_DESK)
    views = Views(service, lang, now)
    units = {row.id: row.name or row.id for row in service.archive.catalogue.units()}
    found: list[tuple[int, int, str | None]] = []
    for unit, counts in overseer.kept.worrying(now).items():
        if scope is None or (unit is not None and unit == scope.unit):
            missed = sum(n for (_, state), n in counts.items() if state == "missed")
            near = sum(n for (_, state), n in counts.items() if state == "nearing")
            name = None if unit is None else units.get(unit, unit)
            found.append((missed, near, name))
    found.sort(key=lambda row: (-row[0], -row[1], row[2] or ""))
    return {
        "counted": counted,
        "rows": [views.row(row) for row in rows],
        "units": [{"missed": m, "nearing": n, "unit": name} for m, n, name in found],
    }


def case_rows(
    service: Service, visitor: Visitor, case: CaseRow, lang: Lang
) -> list[dict[str, Any]] | None:
    """What is due of a case, for its own page; nothing of its clips. None: a file of rules cannot be read."""
    views = Views(service, lang, now_of(service.archive))
    try:
        found = of_case(service, visitor, case, clips=False)
    except RuleFileError:
        return None  # the case is more than its deadlines
    return [views.row(document) for _, document in found]


def _form(account: Account, clock: Clock, reckoner: Reckoner, lang: Lang) -> dict[str, Any] | None:
    """What a supervisor may state of it; None: nothing, or it is not theirs to."""
    if not may_excuse_it(account, clock.unit, clock.officers):
        return None
    kinds = [(n, words.of(lang)) for n, words in enumerate(excuses_of(reckoner, clock))]
    if not kinds:
        return None
    return {
        "clip": clock.subject if clock.about == "clip" else None,
        "rule": clock.rule,
        "kinds": kinds,
    }
