"""The sentences that the custody page's script says: it has none of its own."""

from __future__ import annotations

import json
from typing import Final

from api.messages import Lang, say

_KEYS: Final = (
    *("running", "done", "done.later", "bad", "failed", "left", "one.good", "one.later"),
    *("one.gap", "one.missing", "leaf", "root", "size", "signer"),
    *("witnesses", "witnesses.none", "pin.bad", "pin.good", "pin.none", "complete"),
    *("original.running", "original.good", "original.bad", "original.failed", "original.first"),
    "chain.none",
)


def for_script(lang: Lang) -> str:
    """As JSON, for an attribute of the page."""
    return json.dumps(
        {key: say(lang, f"life.{key}") for key in _KEYS} | {"lang": lang}, ensure_ascii=False
    )
