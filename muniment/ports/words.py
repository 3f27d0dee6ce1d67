"""What the board says, in both languages."""

from __future__ import annotations

from api.desk import Sentence
from muniment.messages import reason, sentence


def said(key: str, code: str | None = None, **values: object) -> Sentence:
    """A sentence of ours."""
    return Sentence(zh=sentence("zh", key, **values), en=sentence("en", key, **values), code=code)


def why(error: BaseException) -> Sentence:
    """What an error says; one that has no code is a fault of ours."""
    code = getattr(error, "code", None)
    if isinstance(code, str):
        return Sentence(
            zh=reason("zh", code, str(error)), en=reason("en", code, str(error)), code=code
        )
    if isinstance(error, OSError):
        text = error.strerror or str(error)
        return Sentence(zh=reason("zh", "C050", text), en=text, code="C050")
    return said("port.bug", "C070")
