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
from oversight.registers.certificates import KINDS

_REGISTERS: Final = "/api/v1/registers"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    _REGISTERS: {"get": {200: "Registers"}},
    f"{_REGISTERS}/officers": {"get": {200: "CertifiedOfficers"}},
    f"{_REGISTERS}/recorders": {"get": {200: "HeldRecorders"}},
    f"{_REGISTERS}/certificates": {"post": {201: "Certificate"}},
    f"{_REGISTERS}/withdrawals": {"post": {204: ""}},
    f"{_REGISTERS}/hand-overs": {"post": {201: "HandOver"}},
    f"{_REGISTERS}/checks": {"post": {201: "DutyCheck"}},
    f"{_REGISTERS}/charges": {"post": {201: "StationCharge"}},
}
_BOTH: Final = obj(texts("zh", "en"))
_STANDING: Final = obj(
    {
        "state": one_of("valid", "none", "early", "expired", "withdrawn"),
        "until": maybe(TEXT),
    }
)
SHAPES: Final[dict[str, Shape]] = {
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
            "stations": many(named("StationCharge")),
        }
    ),
}
