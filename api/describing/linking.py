"""What the routes of proposed links and imports answer, and its shapes. See answers.py and shapes.py."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import (
    TEXT,
    TIME,
    WHOLE,
    YES,
    Shape,
    many,
    maybe,
    maybe_texts,
    named,
    obj,
    one_of,
    page_of,
    texts,
)
from oversight.linking.model import IMPORT_KINDS, TERMS

ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    "/api/v1/proposals": {"get": {200: "ProposalPage"}},
    "/api/v1/proposals/decisions": {"post": {200: "Decisions"}},
    "/api/v1/dispatch": {"get": {200: "Imports"}, "post": {201: "Imported"}},
}
SHAPES: Final[dict[str, Shape]] = {
    "Proposal": obj(
        {
            "clip": TEXT,
            "score": WHOLE,
            "terms": many(one_of(*TERMS)),
            "proposed_at": TIME,
            **maybe_texts("case", "rule", "reason", "conflict", "start", "officer", "unit", "path"),
        }
    ),
    "ProposalPage": page_of("proposals", named("Proposal")),
    "Decisions": obj(
        {
            "decisions": many(
                obj({**texts("clip", "case"), "done": YES, **maybe_texts("code", "detail")})
            )
        }
    ),
    "Imports": obj(
        {
            "imports": many(
                obj(
                    {
                        **texts("sha256", "by"),
                        **dict.fromkeys(("index", "rows", "size"), WHOLE),
                        "kind": maybe(TEXT),
                        "at": TIME,
                    }
                )
            )
        }
    ),
    "Imported": obj(
        {
            "index": maybe(WHOLE),
            "kind": one_of(*IMPORT_KINDS),
            "form": one_of("csv", "json"),
            **texts("encoding", "sha256"),
            **dict.fromkeys(("rows", "size", "proposed", "linked"), WHOLE),
            "mistakes": many(obj({"line": WHOLE, "reason": TEXT})),
        }
    ),
}
