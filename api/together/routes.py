"""The page of several recorders on one clock, and the clips that go with a clip.

What always holds: the page holds facts and addresses; each film is asked for where any program asks, and is a view of
its own there. Where one looks, what one moved and whose sound is on stand in the address, and nowhere else.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import casework, documents
from api.clips import JSON
from api.entrance import pages_of
from api.errors import InvalidInputError
from api.finding import searching
from api.gate import Seen, Visitor, known_clip, may_search
from api.rendering import case_href
from api.service import Service, service_of
from api.together import gathering
from api.together.lanes import MOST, Lane, begin_of, milliseconds, span_of
from api.together.suggesting import address, suggested
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import lower_bound

router: Final = APIRouter(tags=["clips"])
_SEEN = Annotated[Seen, Depends(known_clip)]
_AROUND_MS: Final = 2 * 3_600_000  # of a moment: what of a case is laid on lanes
_LOOKED: Final = 500
_FAR_MS: Final = 86_400_000  # a recorder is moved by at most a day


@router.get("/api/v1/clips/{clip}/together")
async def get_together(request: Request, seen: _SEEN) -> Response:
    """Clips of other recorders that ran at the same time by the corrected clocks, of the same case or unit."""
    service = service_of(request)
    rows = suggested(service, seen.visitor, seen.clip)
    document = {
        "clip": seen.clip.clip,
        "together": [documents.found_clip(row) for row in rows],
        "page": address(seen.clip, rows),
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.api_route("/together", methods=["GET", "HEAD"], include_in_schema=False)
async def together_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_search)]
) -> Response:
    """Several recorders in sync: `clip` two to nine times, or `case` and `at`; `moved` and `sound` as one left them."""
    service, params = service_of(request), request.query_params
    at = _moment(service, params.get("at"))
    case, more = None, 0
    if params.get("case"):
        case, lanes, more = await _of_case(request, visitor, params["case"], at)
    else:
        lanes = await gathering.of_clips(request, visitor, params.getlist("clip"))
    lanes = gathering.moved(lanes, _moved(params.getlist("moved")))
    span = span_of(lanes)
    values = {
        "lanes": [_shown(lane) | {"bars": span.bars(lane)} for lane in lanes],
        "withheld": [n.number for n in lanes if any(part.withheld for part in n.parts)],
        "open": [lane for lane in lanes if lane.state == "open"],
        "most": MOST,
        "span": span,
        "at": begin_of(lanes, at),
        "first": _iso(span.begin_ms),
        "last": _iso(span.end_ms),
        "sound": _sound(params.get("sound"), lanes),
        "zone": service.zone.key,
        "case": case and {"number": case.number, "href": case_href(case.number or "")},
        "more": more,
    }
    return pages_of(request).render(
        request, "together.html", account=visitor.account, values=values
    )


async def _of_case(
    request: Request, visitor: Visitor, number: str, at_ms: int | None
) -> tuple[CaseRow, list[Lane], int]:
    """The recorders of a case at a moment, and how many more there are than fit."""
    service = service_of(request)
    case = await casework.known_case(service, visitor, casework.checked_number(number))
    # Opening a case is a search, in the ledger before what it found is shown.
    asked = searching.for_case(case.number or "", visitor, limit=1, cursor=None)
    first = await searching.search(service, visitor, asked)
    if at_ms is None:
        begin = next((clip.start for clip in first.clips if clip.start), None)
        at_ms = milliseconds(datetime.fromisoformat(begin)) if begin else 0
    rows = service.archive.catalogue.case_between(
        case.id, (at_ms - _AROUND_MS) * 1000, (at_ms + _AROUND_MS) * 1000, limit=_LOOKED
    )
    lanes = gathering.of_rows(service, visitor, rows, at_ms)
    return case, lanes[:MOST], max(0, len(lanes) - MOST)


def _shown(lane: Lane) -> dict[str, Any]:
    parts = [
        [part.begin_ms, part.length_ms, part.source, part.facts, part.clip, float(part.rate)]
        for part in lane.parts
    ]
    first = next((part for part in lane.parts if part.clip == lane.asked), None)
    return {
        "lane": lane,
        "parts": json.dumps(parts),
        "source": next((part.source for part in lane.parts if part.source), None),
        "sound_only": all(part.tag == "audio" for part in lane.parts if part.source),
        "start": None if first is None else _iso(first.begin_ms),
    }


def _moment(service: Service, text: str | None) -> int | None:
    """Where to begin, out of the address.

    Raises:
        TimeTextError: it is no time.
    """
    return None if not text else milliseconds(lower_bound(text, service.zone))


def _moved(texts: list[str]) -> dict[int, int]:
    """`2:-40`: the second recorder 40 ms earlier.

    Raises:
        InvalidInputError: not that form, or by more than a day.
    """
    found: dict[int, int] = {}
    for text in texts[:MOST]:
        number, _, by = text.partition(":")
        sign, digits = (-1, by[1:]) if by.startswith("-") else (1, by)
        plain = number.isascii() and number.isdecimal() and digits.isascii() and digits.isdecimal()
        if not plain or len(digits) > 8 or int(digits) > _FAR_MS or len(number) > 1:
            raise InvalidInputError(
                "moved is the number of a recorder and milliseconds, as in 2:-40"
            )
        found[int(number)] = sign * int(digits)
    return found


def _sound(text: str | None, lanes: list[Lane]) -> int:
    """Whose sound is on: as asked, else the first that plays."""
    playing = [lane.number for lane in lanes if lane.state == "open"]
    wished = int(text) if text and text in "123456789" and len(text) == 1 else 0
    return wished if wished in playing else next(iter(playing), 0)


def _iso(ms: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
