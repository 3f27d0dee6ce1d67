"""What a search could be narrowed by, and kept searches, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.errors import InvalidInputError
from api.finding import saved, searching
from api.finding.parameters import PARAMETERS
from api.gate import Visitor, may_search
from api.service import service_of
from archive.catalogue.facets import Facets
from archive.catalogue.times import microseconds, moment_text

router: Final = APIRouter(prefix="/api/v1", tags=["clips"])
JSON: Final = "application/json"
_WHO = Annotated[Visitor, Depends(may_search)]
_NO_STORE: Final = {"Cache-Control": "no-store"}


class NewSearch(BaseModel):
    """A search to keep."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(min_length=1, max_length=saved.MOST_NAME)
    filters: dict[str, Annotated[str, Field(max_length=searching.MOST_TYPED)]] = Field(
        max_length=len(searching.FILTERS), description="as in the address of a search"
    )


@router.get("/clips/facets", openapi_extra=PARAMETERS)
async def get_facets(request: Request, visitor: _WHO) -> Response:
    """How many clips each choice would leave: units, kinds, states, and months, days or hours."""
    service = service_of(request)
    asked = await searching.read(request.query_params, service, visitor, frozenset())
    found = await searching.facets(service, visitor, asked)
    return Response(documents.to_bytes(document(found)), media_type=JSON)


@router.get("/searches")
async def list_searches(request: Request, visitor: _WHO) -> Response:
    """The searches that you keep, by name."""
    rows = await asyncio.to_thread(saved.saved_of, service_of(request).accounts, visitor.account.id)
    body = {"searches": [_saved(row) for row in rows]}
    return Response(documents.to_bytes(body), media_type=JSON, headers=_NO_STORE)


@router.post("/searches", status_code=201)
async def keep_search(request: Request, visitor: _WHO, body: NewSearch) -> Response:
    """Keep a search under a name. One of the same name is replaced."""
    unknown = body.filters.keys() - set(searching.FILTERS)
    if unknown:
        raise InvalidInputError(f"there are only the filters {', '.join(searching.FILTERS)}")
    row = await asyncio.to_thread(
        saved.keep, service_of(request).accounts, visitor.account.id, body.name, body.filters
    )
    return Response(
        documents.to_bytes(_saved(row)),
        status_code=201,
        media_type=JSON,
        headers={**_NO_STORE, "Location": f"/api/v1/searches/{row.id}"},
    )


@router.delete("/searches/{search}", status_code=204)
async def remove_search(request: Request, visitor: _WHO, search: str) -> Response:
    """Forget a kept search."""
    await asyncio.to_thread(saved.remove, service_of(request).accounts, visitor.account.id, search)
    return Response(status_code=204)


def document(facets: Facets) -> dict[str, Any]:
    """The API's form of facets."""
    return {
        "total": facets.total,
        "total_is": "exact" if facets.exact else "at_least",
        "units": [{"unit": name, "clips": n} for name, n in facets.units],
        "kinds": [{"kind": kind, "clips": n} for kind, n in facets.kinds],
        "states": dict(facets.states),
        "time": {
            "grain": facets.grain,
            "bins": [
                {
                    "from": moment_text(microseconds(b.begin)),
                    "to": moment_text(microseconds(b.end)),
                    "clips": b.clips,
                }
                for b in facets.bins
            ],
            "unknown": facets.unknown,
        },
    }


def _saved(row: saved.Saved) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "filters": row.filters}
