"""What a browser calls itself, in a word or two. For people to tell sign-ins apart; nothing is decided by it."""

from __future__ import annotations

import re
from typing import Final

# In this order: each calls itself by the later names too.
_BROWSERS: Final = (
    *(("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome")),
    ("Version", "Safari"),
)
_SYSTEMS: Final = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS")),
    *(("Mac OS X", "macOS"), ("Linux", "Linux")),
)
_MOST: Final = 60


def short_agent(text: str) -> str:
    """Browser, its version and system; the beginning of what it says where it is none that we know."""
    for sign, name in _BROWSERS:
        found = re.search(sign + r"/([0-9]+)", text)
        if found is not None:
            system = next((word for part, word in _SYSTEMS if part in text), "")
            return f"{name} {found[1]}" + (f" · {system}" if system else "")
    return text[:_MOST]
