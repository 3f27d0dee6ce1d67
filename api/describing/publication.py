"""What the routes of publication and of the annual report answer, and its shapes. See answers.py and shapes.py."""

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
from api.oversight.publication.asking import STATES
from oversight.publication.record import TEXTS
from oversight.publication.scan import KINDS
from oversight.report.counting import FIGURES

_V1: Final = "/api/v1"
_ONE: Final = f"{_V1}/publications/{{publication}}"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    f"{_V1}/publications": {"get": {200: "Publications"}},
    _ONE: {"get": {200: "PublicationWhole"}},
    f"{_ONE}/check": {"post": {200: "Publication"}},
    f"{_ONE}/approval": {"post": {200: "Publication"}},
    f"{_ONE}/refusal": {"post": {200: "Publication"}},
    f"{_ONE}/withdrawal": {"post": {200: "Publication"}},
    f"{_V1}/cases/{{number}}/publications": {"post": {201: "Publication"}},
    f"{_V1}/reports/{{year}}": {"get": {200: "AnnualReport"}},
    f"{_V1}/reports/{{year}}/cases": {"get": {200: "AnnualCases"}},
    f"{_V1}/reports/{{year}}/publication": {"post": {201: "Publication"}},
}
_STEP: Final = maybe(obj({"at": TIME, "by": TEXT, "reason": maybe(TEXT)}))
_PUBLICATION: Final[dict[str, Shape]] = {
    "id": TEXT,
    "kind": one_of("decision", "list", "officer", "report"),
    **maybe_texts("case", "title", "expires", "public_until"),
    "state": one_of(*STATES),
    "secret": maybe(YES),
    "privacy": maybe(YES),
    "redactions": maybe(WHOLE),
    "feed": maybe(WHOLE),
    "index": WHOLE,
    **dict.fromkeys(("proposed", "checked", "approved", "declined", "withdrawn"), _STEP),
    "published_at": maybe(TIME),
    "expired_at": maybe(TIME),
}
_RECORD: Final = obj(
    {
        "format": WHOLE,
        "kind": TEXT,
        **texts("case", "document", "agency", "act", "decided", *TEXTS),
        "matter": maybe(TEXT),
        "subjects": many(obj({"kind": TEXT, "name": TEXT, "number": maybe(TEXT)})),
    }
)
_LINE: Final = obj(
    {**texts("unit", "unit_id", "act"), **dict.fromkeys(FIGURES, WHOLE), "amount": WHOLE}
)
SHAPES: Final[dict[str, Shape]] = {
    "Publication": obj(_PUBLICATION),
    "Publications": obj({"publications": many(named("Publication"))}),
    "PublicationWhole": obj(
        {
            **_PUBLICATION,
            "record": maybe(_RECORD),
            "found": many(
                obj(
                    {
                        "field": one_of(*TEXTS),
                        "from": WHOLE,
                        "to": WHOLE,
                        "kind": one_of(*KINDS),
                        "words": TEXT,
                    }
                )
            ),
        }
    ),
    "AnnualReport": obj(
        {
            "format": WHOLE,
            "kind": TEXT,
            "year": WHOLE,
            "agency": TEXT,
            "title": obj(texts("zh", "en")),
            "size": WHOLE,
            "lines": many(_LINE),
            "total": _LINE,
        }
    ),
    "AnnualCases": obj(
        {
            "count": WHOLE,
            "cases": many(
                obj(
                    {
                        **maybe_texts("case", "unit", "act"),
                        "public_at": maybe(TIME),
                        "amount": maybe(WHOLE),
                    }
                )
            ),
        }
    ),
}
