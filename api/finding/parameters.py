"""The filters of a search as OpenAPI describes them."""

from __future__ import annotations

from typing import Any, Final

from api.finding import searching

_MEANINGS: Final = {
    "q": "what one would type into the search box; `understood` in the answer says what it was taken for",
    "number": "part of a case number",
    "damage": "true: damaged clips only; false: others only",
    "linked": "true: clips of cases; false: clips of no case",
    "late": "true: docked later than the rules allow",
    "quarantined": "true: kept apart until somebody accepts them",
    "case": "case number, as entered",
    "officer": "badge number",
    "unit": "name of the unit",
    "recorder": "the recorder's serial",
    "place": "part of the place of a case",
    "from": "first moment: RFC 3339, or a local date",
    "to": "last moment or day, taken in whole",
    "mark": "true: key files only; false: others only",
    "kind": "video, audio, photo, document, data",
    "text": "words in paths, markers, notes, reasons, documents, and the texts of cases; Chinese or Latin",
    "limit": f"clips on a page, 1 to {searching.MOST}; {searching.PAGE} unless told",
    "cursor": "`next` of the page before",
}
PARAMETERS: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": n,
            "in": "query",
            "required": False,
            "description": d,
            "schema": {"type": "string"},
        }
        for n, d in _MEANINGS.items()
    ]
}
