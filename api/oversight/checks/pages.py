"""The page of a case's checks: findings with clause and the moment in the clip, and a form that states a reason.

What always holds: it works without script; a form that is refused says why, with what was typed still in it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.casefile.rights import readable_case
from api.entrance import pages_of
from api.errors import ApiError
from api.gate import Visitor, may_link, may_read_cases
from api.identity.sessions import form_of
from api.messages import Lang, name_of, say
from api.oversight.checks import wording, work
from api.oversight.lists.telling import Refused, status, told
from api.rendering import case_href, lang_of
from api.service import Service, service_of
from archive.catalogue.times import known_us
from archive.errors import ArchiveError
from oversight.checks.findings import Finding, Required
from oversight.checks.stating import STOP_CODES
from oversight.errors import OversightError

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303


@router.api_route("/cases/{number}/checks", methods=["GET", "HEAD"])
async def checks_page(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Response:
    """What the list requires of the case, and what of it is missing or does not agree."""
    return await _checks(request, visitor, number)


@router.post("/cases/{number}/checks")
async def post_stop(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_link)]
) -> Response:
    """State why nothing was recorded."""
    service, form = service_of(request), await form_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    try:
        await work.state(service, visitor, case, dict(form))
    except (ApiError, ArchiveError, OversightError) as error:
        return await _checks(request, visitor, number, error, form)
    path = f"{case_href(case.number or '')}/checks"
    return RedirectResponse(f"{path}?{urlencode({'done': 'explained'})}", _SEE_OTHER)


async def _checks(
    request: Request,
    visitor: Visitor,
    number: str,
    error: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    service, lang = service_of(request), lang_of(request)
    seen = await work.check(service, visitor, number)
    findings = [
        _finding(request, service, seen, n, finding)
        for n, finding in enumerate(seen.found.findings)
    ]
    values: dict[str, Any] = {
        "case": {"number": seen.case.number, "title": seen.case.title},
        "version": seen.found.list_version,
        "open": [f for f in findings if f["explained"] is None],
        "stated": [f for f in findings if f["explained"] is not None],
        "required": [_required(seen, each, lang) for each in seen.found.required],
        "may_state": work.may_state(service, visitor, seen.case),
        "codes": [(code, name_of(lang, "stop", code)) for code in STOP_CODES],
        "filled": typed or _wished(request, findings),
        "zone": str(service.zone),
        "part_here": "checks",
    }
    return pages_of(request).render(
        request,
        "checks.html",
        account=visitor.account,
        here="find",
        status=status(error),
        values=values | told(request, error, "checks"),
    )


def _finding(
    request: Request, service: Service, seen: work.Seen, number: int, found: Finding
) -> dict[str, Any]:
    lang = lang_of(request)
    clip = None if found.clip is None else seen.clips.get(found.clip)
    stop, needed = found.explained, found.requirement
    href = None
    if clip is not None:
        start = known_us(clip.start)
        at = 0 if found.from_us is None or start is None else max(0, found.from_us - start)
        href = f"/clips/{clip.clip}?{urlencode({'t': f'{at / 1_000_000:g}'})}"
    return {
        "number": number,
        "name": "" if needed is None else needed.name,
        "said": wording.said(found, lang, service.zone),
        "cure": wording.cure(found, lang),
        "clause": "" if needed is None else needed.clause.of(lang),
        "source": "" if needed is None else needed.source.of(lang),
        "clip": None if clip is None else {"href": href, "path": clip.path or clip.clip},
        "document": found.document,
        "from": _local(service, found.from_us),
        "to": _local(service, found.to_us),
        "explained": None
        if stop is None
        else say(
            lang,
            "checks.reason_stated",
            code=name_of(lang, "stop", stop.code),
            reason=stop.reason or "",
        ),
    }


def _required(seen: work.Seen, each: Required, lang: Lang) -> dict[str, Any]:
    needed = each.requirement
    return {
        "name": needed.name,
        "stage": needed.stage,
        "extent": "full" if needed.full else "key",
        "clause": needed.clause.of(lang),
        "state": each.state,
        "clips": [
            {"href": f"/clips/{name}", "path": seen.clips[name].path or name}
            for name in each.clips
            if name in seen.clips
        ],
    }


def _wished(request: Request, findings: list[dict[str, Any]]) -> dict[str, str]:
    """The form is filled with the finding that the address names."""
    wished = request.query_params.get("finding", "")
    for each in findings:
        if wished == str(each["number"]):
            return {"from": each["from"], "to": each["to"]}
    return {}


def _local(service: Service, moment: int | None) -> str:
    if moment is None:
        return ""
    whole = datetime.fromtimestamp(moment // 1_000_000, UTC).astimezone(service.zone)
    return whole.strftime("%Y-%m-%dT%H:%M:%S")
