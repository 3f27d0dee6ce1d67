"""Shapes of cases, people, rights, requests and packages."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import (
    ANY,
    TEXT,
    TIME,
    WHOLE,
    YES,
    Shape,
    by_name,
    many,
    maybe,
    maybe_texts,
    named,
    obj,
    one_of,
    page_of,
    texts,
)

_CASE: Final[dict[str, Shape]] = {
    "case": TEXT,
    **maybe_texts("number", "title", "subject", "place", "unit", "from", "to"),
    "officers": many(TEXT),
    "state": one_of("open", "closed"),
    "opened_at": TIME,
    "closed_at": maybe(TIME),
}
_SESSION: Final = obj(
    {
        **texts("session", "by", "opened", "expires", "seen"),
        **maybe_texts("address", "agent"),
        "this": YES,
    }
)
_TOKEN: Final = obj(
    {
        **texts("token", "name", "made", "expires"),
        **maybe_texts("used", "address"),
        "rights": maybe(many(TEXT)),
        "networks": many(TEXT),
    }
)
_STEP: Final = maybe(
    obj(
        {"at": TIME, "by": TEXT, "reason": maybe(TEXT)},
        {"why": maybe(TEXT), "outcome": maybe(TEXT)},
    )
)
_REQUEST: Final[dict[str, Shape]] = {
    **texts("request", "state", "rule", "policy", "decided_by", "purpose", "requested_at"),
    **maybe_texts("case", "unit", "reason", "body", "until", "granted_until"),
    "in_force": YES,
    "needs_review": YES,
    "account": obj({"id": TEXT, "name": TEXT, "role": maybe(TEXT), "unit": maybe(TEXT)}),
    "clips": many(TEXT),
    "sought": {},
    "upto": maybe(WHOLE),
    **dict.fromkeys(("decision", "ended", "review"), _STEP),
    "index": maybe(WHOLE),
    "may": many(TEXT),
}
_PROPOSAL: Final[dict[str, Shape]] = {
    "proposal": WHOLE,
    **texts("change", "account", "state", "proposed_at"),
    **maybe_texts("user", "role", "unit", "badge", "parent", "level", "identity", "issuer"),
    **maybe_texts("reason", "proposed_by", "decided_by", "decided_at", "decided_reason"),
}
_BOTH: Final = obj({"zh": TEXT, "en": TEXT})
SHAPES: Final[dict[str, Shape]] = {
    "Session": obj(texts("token", "expires", "account", "role", "session")),
    "Account": obj(
        {
            **texts("id", "user", "role"),
            "factor": YES,
            "recovery_codes": WHOLE,
            "sessions": many(_SESSION),
            "tokens": many(_TOKEN),
        }
    ),
    "Factor": obj(texts("secret", "address")),
    "RecoveryCodes": obj({"recovery_codes": many(TEXT)}),
    "NewlyMadeToken": obj(texts("token", "id", "name", "expires")),
    "SignIns": obj(
        {
            "account": TEXT,
            "sessions": many(_SESSION),
            "tokens": many(_TOKEN),
            "reset_asked_by": maybe(TEXT),
        }
    ),
    "PasswordAsked": obj(texts("account", "asked_by")),
    "OneTimePassword": obj({"password": TEXT}),
    "Case": obj(_CASE),
    "Linked": obj({"case": TEXT, "clip": TEXT, "linked": YES}),
    "Cases": page_of("cases", named("Case")),
    "CasePage": obj(_CASE | {"clips": many(named("Clip"))}, {"next": maybe(TEXT)}),
    "Document": obj({"document": TEXT}),
    "Documents": obj({"documents": many(named("Document"))}),
    "DocumentLink": obj({"clip": TEXT}),
    "DocumentLinks": obj({"links": many(named("DocumentLink"))}),
    "Package": obj(
        {
            **texts("package", "state", "subject", "asked_at", "expires"),
            **maybe_texts("title", "file", "name", "sha256", "manifest", "code", "detail"),
            **dict.fromkeys(("bytes_done", "bytes", "size", "clips", "entry"), maybe(WHOLE)),
            "left_out": many(obj(texts("clip", "why"))),
            "verifiers": by_name(TEXT),
        }
    ),
    "Packages": obj({"packages": many(named("Package"))}),
    "Person": obj(
        {
            "account": TEXT,
            **maybe_texts("user", "role", "unit", "badge", "last_sign_in"),
            "disabled": YES,
        }
    ),
    "Proposals": page_of("rights", named("Proposal")),
    "Decided": obj(_PROPOSAL | {"password": maybe(TEXT)}),
    "People": page_of("accounts", named("Person")),
    "Proposal": obj(_PROPOSAL),
    "Unit": obj({"unit": TEXT, **maybe_texts("name", "parent", "level"), "above": many(TEXT)}),
    "Units": obj({"units": many(named("Unit"))}),
    "Officers": page_of(
        "officers",
        obj({"officer": TEXT, **maybe_texts("badge", "name", "unit"), "registered": {}}),
    ),
    "Alarm": obj(
        {
            "alarm": WHOLE,
            **texts("code", "subject", "raised_at"),
            **maybe_texts("about", "by", "request", "clip"),
            **maybe_texts("settled_at", "settled_by", "settled_reason"),
            "count": maybe(WHOLE),
        }
    ),
    "Alarms": page_of("alarms", named("Alarm")),
    "Request": obj(_REQUEST, {"deciders": many(TEXT)}),
    "Requests": page_of("requests", named("Request")),
    "Asked": obj({"requests": many(named("Request"))}),
    "Policy": obj(
        {
            "policy": TEXT,
            "title": _BOTH,
            "purposes": many(obj(texts("code", "zh", "en"))),
            "rules": many(ANY),
            "unusual": ANY,
        }
    ),
}
