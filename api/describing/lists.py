"""What the routes of lists and checks answer, and its shapes. See answers.py and shapes.py."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import (
    TEXT,
    TIME,
    WHOLE,
    Shape,
    by_name,
    many,
    maybe,
    maybe_texts,
    named,
    obj,
    one_of,
    texts,
)
from oversight.checks.findings import CODES
from oversight.lists.kinds import KINDS

_LIST: Final = "/api/v1/lists/{list}"
_CASE: Final = "/api/v1/cases/{number}"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    "/api/v1/lists": {"get": {200: "ListVersions"}},
    _LIST: {"get": {200: "ListWhole"}},
    f"{_LIST}/draft": {
        "get": {200: "ListDraft"},
        "put": {200: "ListDraft"},
        "delete": {204: ""},
    },
    f"{_LIST}/publication": {"post": {201: "ListVersion"}},
    f"{_LIST}/withdrawal": {"post": {204: ""}},
    f"{_LIST}/change": {"post": {204: ""}},
    f"{_CASE}/checks": {"get": {200: "Checks"}},
    f"{_CASE}/stops": {"post": {201: "Checks"}},
}
_KIND: Final = one_of(*KINDS)
_CELLS: Final = by_name({"type": ["string", "integer"]})
_SAID: Final = obj({"zh": TEXT, "en": TEXT})
_BODY: Final = obj(
    {
        "format": WHOLE,
        "kind": _KIND,
        "amounts": TEXT,
        **dict.fromkeys(("title", "clause", "source"), _SAID),
        "agency": TEXT,
        **dict.fromkeys(("tolerance_seconds", "gap_seconds"), WHOLE),
        "rows": many(_CELLS),
    }
)
_VERSION: Final[dict[str, Shape]] = {
    "kind": _KIND,
    "version": WHOLE,
    **texts("in_force", "published_at", "published_by", "sha256"),
    **maybe_texts("title", "until", "withdrawn_at", "withdrawn_reason"),
    **dict.fromkeys(("size", "index"), WHOLE),
}
SHAPES: Final[dict[str, Shape]] = {
    "ListVersion": obj(_VERSION),
    "ListVersions": obj({"versions": many(named("ListVersion"))}),
    "ListWhole": obj(
        _VERSION | {"list": _BODY},
        {
            "changes": obj(
                {
                    "head": many(obj(texts("key", "before", "after"))),
                    "added": many(_CELLS),
                    "removed": many(_CELLS),
                    "changed": many(obj({"id": TEXT, "cells": many({"type": "object"})})),
                }
            )
        },
    ),
    "ListDraft": obj(
        {"kind": _KIND, "saved_by": TEXT, "saved_at": TIME, "digest": TEXT, "list": _BODY}
    ),
    "Checks": obj(
        {
            "case": maybe(TEXT),
            "list": maybe(obj({"version": WHOLE, "sha256": TEXT})),
            "open": WHOLE,
            "required": many(
                obj(
                    {
                        **texts("id", "name", "stage", "manner", "extent"),
                        **dict.fromkeys(("clause", "source"), _SAID),
                        "part": maybe(TEXT),
                        "state": one_of("kept", "finding", "explained", "waiting", "not_due"),
                        "clips": many(TEXT),
                    }
                )
            ),
            "findings": many(
                obj(
                    {
                        "code": one_of(*CODES),
                        **maybe_texts("required", "name", "document", "clip"),
                        **dict.fromkeys(("clause", "source"), maybe(_SAID)),
                        **dict.fromkeys(("from", "to"), maybe(TIME)),
                        "by_us": maybe(WHOLE),
                        "undated": WHOLE,
                        "explained": maybe(
                            obj({"code": TEXT, "reason": maybe(TEXT), "index": WHOLE})
                        ),
                    }
                )
            ),
        }
    ),
}
