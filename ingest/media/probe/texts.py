"""Texts that a file brings: bounded, and without what a terminal or a page could trip over."""

import unicodedata
from typing import Final

MAX_LENGTH: Final = 1024  # characters of one text


def clean(text: str, *, most: int = MAX_LENGTH) -> str:
    """Return `text` without control characters and lone surrogates, at most so long, stripped."""
    kept = "".join(c for c in text[: 4 * most] if unicodedata.category(c) not in {"Cc", "Cs", "Cf"})
    return kept.strip()[:most]
