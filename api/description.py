"""The OpenAPI document: the framework's, with our errors and one name for each operation."""

from __future__ import annotations

import re
import warnings
from typing import Any, Final

from fastapi import FastAPI

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


def describe(app: FastAPI) -> dict[str, Any]:
    """Write the document."""
    with warnings.catch_warnings():
        # GET and HEAD of one function get one operation id; mended below.
        warnings.filterwarnings("ignore", message="Duplicate Operation ID")
        document = app.openapi()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    answer = {
        "description": "a problem document",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["operationId"] = f"{method}{re.sub(r'[^A-Za-z0-9]+', '_', path)}".rstrip("_")
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    return document
