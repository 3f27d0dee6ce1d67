"""What the routes of statistics answer, and its shapes. See answers.py and shapes.py."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import WHOLE, Shape, by_name, many, obj, texts

ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    "/api/v1/statistics": {"get": {200: "Statistics"}},
}
SHAPES: Final[dict[str, Shape]] = {
    "Statistics": obj(
        {
            **texts("from", "to"),
            "tables": by_name(many(obj({**texts("id", "name"), "counts": by_name(WHOLE)}))),
        }
    ),
}
