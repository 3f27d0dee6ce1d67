"""Why somebody outside did not answer as asked, in one language: a detail that is English stands in English text only.

Does not hold: the Chinese words tell a kind of reason; the detail of it is in the command's JSON.
"""

from __future__ import annotations

from typing import Literal

from api.messages import name_of
from muniment.columns import printable
from muniment.messages import Language


def why(language: Language, group: Literal["witness", "authority"], code: str, detail: str) -> str:
    """The reason for people; empty where there is none."""
    if language == "en" or not detail:
        return printable(detail)
    words = name_of("zh", group, code)
    return printable(detail) if words == code else words
