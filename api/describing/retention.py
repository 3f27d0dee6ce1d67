"""What the routes of retention, holds and disposals answer, and its shapes. See answers.py and shapes.py."""

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
    texts,
)

_V1: Final = "/api/v1"
_ONE: Final = f"{_V1}/disposals/{{disposal}}"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    f"{_V1}/cases/{{number}}/retention": {"get": {200: "CaseRetention"}},
    f"{_V1}/holds": {"get": {200: "Holds"}, "post": {201: "Hold"}},
    f"{_V1}/holds/{{hold}}/lifting": {"post": {200: "Hold"}},
    f"{_V1}/classes": {"post": {200: "Classified"}},
    f"{_V1}/disposals": {"get": {200: "Disposals"}, "post": {201: "Disposal"}},
    _ONE: {"get": {200: "DisposalListed"}},
    f"{_ONE}/approval": {"post": {200: "Disposal"}},
    f"{_ONE}/refusal": {"post": {200: "Disposal"}},
}
_BOTH: Final = obj(texts("zh", "en"))
_DISPOSAL: Final[dict[str, Shape]] = {
    "disposal": TEXT,
    "state": one_of("proposed", "approved", "declined", "ended"),
    "items": WHOLE,
    "bytes": maybe(WHOLE),
    "done": WHOLE,
    "kept": maybe(WHOLE),
    "proposed_at": TIME,
    "proposed_by": TEXT,
    **maybe_texts("reason", "decided_at", "decided_by", "decided_reason", "ended_at"),
}
SHAPES: Final[dict[str, Shape]] = {
    "Hold": obj(
        {
            **texts("hold", "about", "placed_at", "placed_by"),
            **maybe_texts("reason", "lifted_at", "lifted_by", "lifted_reason"),
        }
    ),
    "Holds": obj({"holds": many(named("Hold"))}),
    "Classified": obj({"changed": WHOLE}),
    "KeptClip": obj(
        {
            "clip": TEXT,
            "state": one_of("unclassified", "no_rule", "for_ever", "until", "disposed"),
            "categories": many(TEXT),
            "rule": maybe(
                obj(
                    {
                        "id": TEXT,
                        **dict.fromkeys(("name", "clause", "source"), _BOTH),
                        "keep": maybe(TEXT),
                    }
                )
            ),
            **dict.fromkeys(("provisional", "held", "in_open_case"), YES),
            **maybe_texts("path", "until", "disposed_at"),
        }
    ),
    "CaseRetention": obj(
        {
            "case": maybe(TEXT),
            "categories": many(TEXT),
            "clips": many(named("KeptClip")),
            "holds": many(named("Hold")),
        }
    ),
    "Disposal": obj(_DISPOSAL),
    "Disposals": obj({"disposals": many(named("Disposal"))}),
    "DisposalListed": obj(
        _DISPOSAL | {"clips": many(obj({**texts("clip", "rule", "over"), "bytes": WHOLE}))}
    ),
}
