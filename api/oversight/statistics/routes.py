"""Statistics over HTTP: as JSON, as CSV, and as a page with charts.

What always holds: a supervisor is told of the own unit; charts are drawn here, and ask no other host for anything.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api.documents import to_bytes
from api.entrance import pages_of
from api.gate import Visitor, may_see_statistics
from api.oversight.telling import status, told
from api.rendering import case_href
from api.service import Service, service_of
from archive.catalogue.tallies import OFFSET
from archive.catalogue.times import known_us
from oversight.statistics.figures import COLUMNS, COUNTS, Figures, csv_of, data_of, figures
from oversight.statistics.months import Line, Months, MonthsError, month_text, months_of

router: Final = APIRouter()
_V1: Final = "/api/v1/statistics"
_READS = Annotated[Visitor, Depends(may_see_statistics)]
_Month = Annotated[str | None, Query(max_length=20, description="like 2026-05")]
_FROM = Annotated[str | None, Query(alias="from", max_length=20, description="like 2026-05")]
_WIDTH: Final = 600
_HEIGHT: Final = 96
_CHARTS: Final = (*COUNTS, "stops_unexplained", "dockings_bad", "clocks_off", "views_unasked")
# What a search shows of a figure; one that is not here has no search.
_FOUND: Final[dict[str, dict[str, str]]] = {
    "clips": {},
    "late": {"late": "true"},
    "damaged": {"damage": "true"},
    "unlinked": {"linked": "false"},
}
_BESIDE: Final = {
    "bare_cases": "/oversight/linking?list=cases",
    "looks": "/oversight/registers",
    "looks_bad": "/oversight/registers",
    "stops_unexplained": "#stops",
    "views_unasked": "#plays",
}


@router.get(_V1, tags=["statistics"])
async def get_statistics(
    request: Request, visitor: _READS, first: _FROM = None, to: _Month = None
) -> Response:
    """Counts by month, unit, officer, recorder and viewer; the last twelve months where none are named."""
    found = await _figures(request, visitor, first, to)
    return Response(to_bytes(data_of(found)), media_type="application/json")


@router.get("/oversight/statistics/csv", include_in_schema=False)
async def get_csv(
    request: Request, visitor: _READS, first: _FROM = None, to: _Month = None
) -> Response:
    """The same as CSV."""
    found = await _figures(request, visitor, first, to)
    name = f"statistics-{month_text(found.months.first)}-{month_text(found.months.last)}.csv"
    # The mark tells a spreadsheet that it is UTF-8.
    return Response(
        b"\xef\xbb\xbf" + csv_of(found).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.api_route("/oversight/statistics", methods=["GET", "HEAD"], include_in_schema=False)
async def statistics_page(request: Request, visitor: _READS) -> Response:
    """The charts and tables."""
    asked, error = request.query_params, None
    try:
        found = await _figures(request, visitor, asked.get("from"), asked.get("to"))
    except MonthsError as e:
        error, found = e, await _figures(request, visitor, None, None)
    first, last = month_text(found.months.first), month_text(found.months.last)
    months = found.tables["month"]
    values = told(request, error, "statistics") | {
        "first": first,
        "last": last,
        "csv": f"/oversight/statistics/csv?from={first}&to={last}",
        "charts": [_chart(name, months) for name in _CHARTS],
        "width": _WIDTH,
        "height": _HEIGHT,
        "tables": {name: lines for name, lines in found.tables.items() if name != "month"},
        "columns": COLUMNS,
        "links": _links(found),
        **_rows(service_of(request), found),
    }
    return pages_of(request).render(
        request,
        "statistics.html",
        account=visitor.account,
        here="oversight",
        values=values,
        status=status(error),
    )


async def _figures(
    request: Request, visitor: Visitor, first: str | None, last: str | None
) -> Figures:
    service = service_of(request)
    today = datetime.now(UTC) + OFFSET
    end = last or f"{today.year:04}-{today.month:02}"
    begin = first or f"{int(end[:4]) - 1:04}-{end[5:]}" if end[:4].isdecimal() else end
    months = months_of(first or begin, end)
    unit = None if visitor.reach.all else visitor.account.unit
    await service.freshness.for_search()
    return await asyncio.to_thread(figures, service.archive, months, unit)


def _links(found: Figures) -> dict[tuple[str, str, str], str]:
    """Where a figure's rows are: by table, id and figure."""
    return {
        (table, line.of, name): href
        for table, lines in found.tables.items()
        if table in {"unit", "officer", "recorder"}
        for line in lines
        for name in line.counts
        if (href := _link(table, line, name, found.months)) is not None
    }


def _link(table: str, line: Line, name: str, months: Months) -> str | None:
    if name not in _FOUND:
        return _BESIDE.get(name)
    if line.name == line.of:
        return None  # a search is by name, and nobody knows one
    since, until = (moment + OFFSET for moment in months.bounds)
    last = until - timedelta(microseconds=1)
    typed = {
        table: line.name,
        **_FOUND[name],
        "from": f"{since:%Y-%m-%dT%H:%M:%S}+08:00",
        "to": f"{last:%Y-%m-%dT%H:%M:%S.%f}+08:00",
    }
    return f"/?{urlencode(typed)}"


def _rows(service: Service, found: Figures) -> dict[str, Any]:
    """The newest stops and plays, as the page shows them."""
    names = {line.of: line.name for line in found.tables["viewer"]}

    def at(us: int) -> str:
        moment = datetime.fromtimestamp(us // 1_000_000, UTC).astimezone(service.zone)
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    return {
        "stops": [
            {
                "number": stop.number or stop.case,
                "href": f"{case_href(stop.number)}/checks" if stop.number else None,
                "clip": stop.clip,
                "at": at(stop.from_us),
                "minutes": -(-stop.seconds // 60),
            }
            for stop in found.rows.stops
        ],
        "plays": [
            {
                "name": names.get(play.account, play.account),
                "clip": play.clip,
                "at": at(known_us(play.at) or 0),
            }
            for play in found.rows.plays
        ],
    }


def _chart(name: str, months: list[Line]) -> dict[str, Any]:
    """Bars of one figure over the months."""
    counts = [line.counts.get(name, 0) for line in months]
    most, step = max(counts, default=0), _WIDTH // max(len(counts), 1)
    bars = [
        {
            "x": n * step + 1,
            "y": _HEIGHT - height,
            "width": max(step - 2, 1),
            "height": height,
            "month": line.name,
            "count": count,
        }
        for n, (line, count) in enumerate(zip(months, counts, strict=True))
        for height in ((count * _HEIGHT + most - 1) // most if most else 0,)
    ]
    return {"name": name, "bars": bars, "most": most, "total": sum(counts)}
