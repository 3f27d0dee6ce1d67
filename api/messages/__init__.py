"""Every sentence of the pages, in Chinese and English.

What always holds: a message is one pair, so neither language can lack one; what is put into a message is put in by
name and
escaped by the page. A code that we do not know (a newer event type) is shown as it is, never hidden.
"""

from __future__ import annotations

from typing import Final, Literal

from api.messages.desk import DESK
from api.messages.events import EVENTS
from api.messages.media import MEDIA
from api.messages.pages import PAGES
from api.messages.recordings import RECORDINGS

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, Lang]] = ("zh", "en")
_BY_TAG: Final[dict[str | None, Lang]] = {"zh": "zh", "en": "en"}
MESSAGES: Final[dict[str, tuple[str, str]]] = PAGES | EVENTS | DESK | RECORDINGS | MEDIA


def say(lang: Lang, key: str, **values: object) -> str:
    """Return a message with its values in place.

    Raises:
        KeyError: there is no such message: our bug, found by the test that walks the pages.
    """
    text = MESSAGES[key][LANGS.index(lang)]
    return text.format_map(values) if values else text


def name_of(lang: Lang, group: str, code: str) -> str:
    """The words for a code of the ledger or the catalogue; the code itself where there are none."""
    pair = MESSAGES.get(f"{group}.{code}")
    return code if pair is None else pair[LANGS.index(lang)]


def choose(asked: str | None, kept: str | None, accepted: str) -> Lang:
    """Which language to answer in: asked for in the address, kept in the cookie, else what the browser prefers."""
    for wish in (asked, kept):
        if wish in _BY_TAG:
            return _BY_TAG[wish]
    weights: list[tuple[float, Lang]] = []
    for part in accepted.split(","):
        tag, _, rest = part.partition(";")
        base = tag.strip().lower().partition("-")[0]
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if base in _BY_TAG:
            weights.append((weight, _BY_TAG[base]))
    # The first of those with the highest weight; Chinese where the browser names neither.
    return max(weights, key=lambda w: w[0])[1] if weights else "zh"
