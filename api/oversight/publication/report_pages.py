"""The page of a year's figures: each leads to its cases; as CSV and PDF; proposed for publication when it is over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from api.documents import Document
from api.entrance import pages_of
from api.errors import ApiError
from api.gate import Visitor, may_see_publications
from api.oversight.publication import acting
from api.oversight.publication.asking import MOST_CASES, report_of, rows_behind
from api.oversight.telling import Refused, status, told
from api.rendering import lang_of
from api.rights.pages import done
from api.service import service_of
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.report.counting import FIGURES
from oversight.report.record import FIGURE_WORDS
from oversight.report.tables import cells, csv_of, heads, pdf_of

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_WHO = Annotated[Visitor, Depends(may_see_publications)]
_YEAR = Annotated[int, Path(ge=2000, le=2999)]
_HERE: Final = "/oversight/reports"


@router.api_route("/oversight/reports/{year}", methods=_READ)
async def report_page(request: Request, year: _YEAR, visitor: _WHO) -> Response:
    """The figures of a year."""
    return await _report(request, visitor, year)


@router.post("/oversight/reports/{year}")
async def post_report(request: Request, year: _YEAR, visitor: _WHO) -> Response:
    """Propose them."""
    try:
        row = await acting.propose_report(service_of(request), visitor, year)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _report(request, visitor, year, error)
    return done(f"/oversight/publications/{row.id}", "propose")


@router.api_route("/oversight/reports/{year}/figures.csv", methods=_READ)
async def report_csv(request: Request, year: _YEAR, visitor: _WHO) -> Response:
    """As CSV."""
    data = await report_of(service_of(request), visitor, year)
    return _file(csv_of(data, lang_of(request)).encode(), "text/csv; charset=utf-8", f"{year}.csv")


@router.api_route("/oversight/reports/{year}/report.pdf", methods=_READ)
async def report_pdf(request: Request, year: _YEAR, visitor: _WHO) -> Response:
    """As PDF."""
    data = await report_of(service_of(request), visitor, year)
    made = await asyncio.to_thread(pdf_of, data, datetime.now(UTC))
    return _file(made, "application/pdf", f"{year}.pdf")


@router.api_route("/oversight/reports/{year}/cases", methods=_READ)
async def report_cases(
    request: Request,
    year: _YEAR,
    visitor: _WHO,
    *,
    figure: str,
    unit: str | None = None,
    act: str | None = None,
) -> Response:
    """The cases behind a figure."""
    rows, count = await rows_behind(service_of(request), visitor, year, figure, unit=unit, act=act)
    lang = lang_of(request)
    values = {
        "year": year,
        "name": FIGURE_WORDS[figure].of(lang),
        "rows": [row.number for row in rows],
        "count": count,
        "most": MOST_CASES,
    }
    return pages_of(request).render(
        request, "report_cases.html", account=visitor.account, here="oversight", values=values
    )


async def _report(
    request: Request, visitor: Visitor, year: int, error: Refused | None = None
) -> Response:
    service, lang = service_of(request), lang_of(request)
    data = await report_of(service, visitor, year)
    lines = [*data["lines"], data["total"]]
    values = {
        "data": data,
        "year": year,
        "heads": [head.of(lang) for head in heads()],
        "rows": [
            _cells(year, line, row) for line, row in zip(lines, cells(data, lang), strict=True)
        ],
        "over": year < datetime.now(UTC).astimezone(service.archive.settings.zone).year,
        "whole": visitor.reach.all,
    }
    return pages_of(request).render(
        request,
        "report.html",
        account=visitor.account,
        status=status(error),
        here="oversight",
        values=values | told(request, error, "publication"),
    )


def _cells(year: int, line: Document, row: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row of the table: what stands there, and what a figure leads to."""
    found: list[dict[str, Any]] = [{"text": text, "href": None} for text in row]
    which = (
        {}
        if not line["act"] and not line["unit_id"]
        else {"unit": line["unit_id"], "act": line["act"]}
    )
    for n, figure in enumerate(FIGURES, 2):
        if line[figure]:
            query = urlencode({"figure": figure, **which})
            found[n]["href"] = f"{_HERE}/{year}/cases?{query}"
    return found


def _file(data: bytes, media_type: str, name: str) -> Response:
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=said)
