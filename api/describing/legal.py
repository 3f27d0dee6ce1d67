"""What the routes of the registers and of legal review answer, and its shapes. See answers.py and shapes.py."""

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
from oversight.legal.answers import OUTCOMES
from oversight.registers.certificates import KINDS

_V1: Final = "/api/v1"
_REGISTERS: Final = f"{_V1}/registers"
_REVIEW: Final = f"{_V1}/reviews/{{review}}"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    _REGISTERS: {"get": {200: "Registers"}},
    f"{_REGISTERS}/officers": {"get": {200: "CertifiedOfficers"}},
    f"{_REGISTERS}/recorders": {"get": {200: "HeldRecorders"}},
    f"{_REGISTERS}/certificates": {"post": {201: "Certificate"}},
    f"{_REGISTERS}/withdrawals": {"post": {204: ""}},
    f"{_REGISTERS}/hand-overs": {"post": {201: "HandOver"}},
    f"{_REGISTERS}/checks": {"post": {201: "DutyCheck"}},
    f"{_REGISTERS}/charges": {"post": {201: "StationCharge"}},
    f"{_V1}/reviews": {"get": {200: "ReviewsWaiting"}},
    f"{_V1}/cases/{{number}}/reviews": {"get": {200: "LegalReview"}, "post": {201: "ReviewRound"}},
    f"{_V1}/cases/{{number}}/intention": {"put": {200: "LegalReview"}},
    f"{_REVIEW}/taking": {"post": {200: "ReviewRound"}},
    f"{_REVIEW}/answer": {"post": {200: "ReviewRound"}},
    f"{_REVIEW}/dispute": {"post": {200: "ReviewRound"}},
    f"{_REVIEW}/settlement": {"post": {200: "ReviewRound"}},
}
_BOTH: Final = obj(texts("zh", "en"))
_STANDING: Final = obj(
    {
        "state": one_of("valid", "none", "early", "expired", "withdrawn"),
        "until": maybe(TEXT),
    }
)
_STEP: Final = maybe(obj({"at": TIME, **maybe_texts("by", "reason")}))
_OUTCOME: Final = maybe(one_of(*OUTCOMES))
_STATE: Final = one_of("requested", "taken", "answered", "disputed", "settled")
_REVIEWS: Final[dict[str, Shape]] = {
    "ReviewRound": obj(
        {
            "review": TEXT,
            "round": WHOLE,
            "state": _STATE,
            "free": YES,
            "documents": many(TEXT),
            "clips": many(TEXT),
            **maybe_texts("question", "reviewer", "taken_at"),
            **dict.fromkeys(("outcome", "result", "settled_outcome"), _OUTCOME),
            **dict.fromkeys(("requested", "answered", "disputed", "settled"), _STEP),
            "points": many(
                obj(
                    {
                        "point": TEXT,
                        "ok": YES,
                        **maybe_texts("document", "clip", "note"),
                        **dict.fromkeys(("page", "at_us"), maybe(WHOLE)),
                    }
                )
            ),
        }
    ),
    "LegalReview": obj(
        {
            "case": maybe(TEXT),
            "gate": obj(
                {
                    "listed": YES,
                    "major": YES,
                    "open": YES,
                    **maybe_texts("code", "row", "name", "basis"),
                    "words": maybe(_BOTH),
                    "version": maybe(WHOLE),
                    "unknown": many(TEXT),
                    "changed": maybe(
                        obj(
                            dict.fromkeys(
                                (
                                    *("documents_added", "documents_removed"),
                                    *("clips_added", "clips_removed"),
                                ),
                                many(TEXT),
                            )
                            | {"intention": YES}
                        )
                    ),
                }
            ),
            "intention": obj({"measure": maybe(TEXT), "amount": maybe(WHOLE), "said": YES}),
            "points": many(obj({"point": TEXT, "name": _BOTH, "clause": _BOTH, "source": _BOTH})),
            "rounds": many(named("ReviewRound")),
        }
    ),
    "ReviewsWaiting": obj(
        {
            "reviews": many(
                obj(
                    {
                        "review": TEXT,
                        "state": _STATE,
                        "free": YES,
                        "mine": YES,
                        **dict.fromkeys(("round", "documents", "clips"), WHOLE),
                        **maybe_texts("case", "requested_at", "requested_by", "reviewer"),
                    }
                )
            )
        }
    ),
}
SHAPES: Final[dict[str, Shape]] = {
    **_REVIEWS,
    "Certificate": obj(
        {
            "kind": one_of(*KINDS),
            **maybe_texts("number", "issuer", "withdrawn_at", "withdrawn_reason"),
            **texts("from", "until"),
            "index": WHOLE,
        }
    ),
    "CertifiedOfficers": page_of(
        "officers",
        obj(
            {
                **maybe_texts("officer", "name", "unit"),
                "id": TEXT,
                "certificates": many(named("Certificate")),
                "enforcement": _STANDING,
                "reviewer": _STANDING,
            }
        ),
    ),
    "HandOver": obj({"at": TIME, **maybe_texts("by", "to", "reason")}, {"recorder": TEXT}),
    "DutyCheck": obj(
        {
            "at": TIME,
            "ok": YES,
            "codes": many(TEXT),
            **{name: maybe(WHOLE) for name in ("battery", "free_bytes", "offset_ms")},
            **maybe_texts("officer", "note"),
        }
    ),
    "HeldRecorders": page_of(
        "recorders",
        obj(
            {
                **maybe_texts("recorder", "make", "model", "officer", "since"),
                "id": TEXT,
                "hand_overs": many(named("HandOver")),
                "check": maybe(named("DutyCheck")),
            }
        ),
    ),
    "StationCharge": obj({"station": TEXT, **maybe_texts("officer", "since")}),
    "Registers": obj(
        {
            "share": obj(
                {
                    "day": TEXT,
                    **dict.fromkeys(("officers", "reviewers", "percent"), WHOLE),
                    "per_mille": maybe(WHOLE),
                    "met": YES,
                    "clause": _BOTH,
                    "source": _BOTH,
                }
            ),
            "ending": many(
                obj(
                    {
                        "kind": one_of(*KINDS),
                        "until": TEXT,
                        **maybe_texts("officer", "number"),
                    }
                )
            ),
            "stations": many(named("StationCharge")),
        }
    ),
}
