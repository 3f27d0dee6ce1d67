"""What the routes of the three systems answer, and its shapes. See answers.py and shapes.py."""

from __future__ import annotations

from typing import Final

from api.describing import file, legal, linking, lists, publication, retention, statistics
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
from oversight.clocks.model import STATES

_V1: Final = "/api/v1"
_CASE: Final = f"{_V1}/cases/{{number}}"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    **legal.ANSWERS,
    **file.ANSWERS,
    **linking.ANSWERS,
    **lists.ANSWERS,
    **retention.ANSWERS,
    **statistics.ANSWERS,
    **publication.ANSWERS,
    f"{_V1}/oversight/deadlines": {"get": {200: "DeadlinePage"}},
    f"{_V1}/clips/{{clip}}/deadlines": {"get": {200: "Deadlines"}},
    f"{_V1}/oversight/excuses": {"post": {201: "Deadline"}},
    f"{_CASE}/deadlines": {"get": {200: "Deadlines"}},
}
_BOTH: Final = obj(texts("zh", "en"))
SHAPES: Final[dict[str, Shape]] = {
    **legal.SHAPES,
    **file.SHAPES,
    **linking.SHAPES,
    **lists.SHAPES,
    **retention.SHAPES,
    **statistics.SHAPES,
    **publication.SHAPES,
    "Deadline": obj(
        {
            **maybe_texts("case", "clip", "list", "unit"),
            **texts("rule", "begins", "ends"),
            "year": maybe(WHOLE),
            "state": one_of(*STATES),
            "began": TIME,
            "due": TIME,
            "ended": maybe(TIME),
            "provisional": YES,
            "excuse": maybe(
                obj(
                    {
                        "kind": maybe(WHOLE),
                        "words": maybe(_BOTH),
                        "reason": maybe(TEXT),
                        "by": TEXT,
                        "at": TIME,
                    }
                )
            ),
            "clause": maybe(_BOTH),
            "source": maybe(_BOTH),
        }
    ),
    "Deadlines": obj({"deadlines": many(named("Deadline"))}),
    "DeadlinePage": page_of(
        "deadlines", named("Deadline"), counted=one_of("now", "counting", "failed")
    ),
}
