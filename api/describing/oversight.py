"""What the routes of the three systems answer, and its shapes. See answers.py and shapes.py."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import Shape

ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {}
SHAPES: Final[dict[str, Shape]] = {}
