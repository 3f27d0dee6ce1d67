"""The OpenAPI document: the framework's, with what each route answers, our errors and one name for each operation."""

from __future__ import annotations

import re
import warnings
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI

from api.describing import footage, oversight, work
from api.describing.answers import ANSWERS
from api.describing.shapes import named
from api.problems import MEDIA_TYPE

_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457; `code` is stable",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
    },
}
_SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "`token` of POST /api/v1/session, or a token of an account (mt_…)",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "muniment_session",
        "description": "of the page; a change then needs the page's own Origin",
    },
}
_ALL: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"cookie": []}]
_OPEN: Final = frozenset(
    {
        ("post", "/api/v1/session"),
        *(("get", p) for p in ("/healthz", "/readyz", "/metrics")),
        *(("head", p) for p in ("/healthz", "/readyz")),
        *(
            (m, p)
            for m in ("get", "head")
            for p in ("/ledger/checkpoint", "/ledger/checkpoint.cosigned")
        ),
        *((m, "/ledger/tile/{level}/{index}") for m in ("get", "head")),
    }
)
_MEANS: Final = {
    200: "as asked",
    201: "made",
    202: "accepted; not done yet",
    204: "done; no body",
    206: "the range that was asked for",
    304: "the copy that you have is this one",
    503: "not ready; which part is said",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Write the document."""
    with warnings.catch_warnings():
        # GET and HEAD of one function get one operation id; mended below.
        warnings.filterwarnings("ignore", message="Duplicate Operation ID")
        document = app.openapi()
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= footage.SHAPES | work.SHAPES | oversight.SHAPES | {"Problem": _PROBLEM}
    parts["securitySchemes"] = _SCHEMES
    problem = {
        "description": "a problem document",
        "content": {MEDIA_TYPE: {"schema": named("Problem")}},
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["operationId"] = f"{method}{re.sub(r'[^A-Za-z0-9]+', '_', path)}".rstrip("_")
            operation["responses"] = _answers(path, method) | {"default": problem}
            operation["security"] = [] if (method, path) in _OPEN else _ALL
    return document


def _answers(path: str, method: str) -> dict[str, Any]:
    known = ANSWERS.get(path, {}).get(method, {HTTPStatus.OK: "*/*"})
    return {str(status): _answer(status, what) for status, what in known.items()}


def _answer(status: int, what: str) -> dict[str, Any]:
    said: dict[str, Any] = {"description": _MEANS[status]}
    if "/" not in what:
        schema = named(what) if what else None
        return said | ({"content": {"application/json": {"schema": schema}}} if schema else {})
    kind = what.partition(";")[0]
    schema = {} if kind == "application/json" else {"type": "string"}
    if not kind.startswith("text/") and kind != "application/json":
        schema |= {"format": "binary"}
    return said | {"content": {what: {"schema": schema}}}
