"""Every sentence of the pages, in Chinese and English: gettext catalogues below `api/locale`, read by Babel.

What always holds: a message is there in both languages or the catalogues are not read at all; what is put into a
message is put in by name and escaped by the page. A code that we do not know (a newer event type) is shown as it is,
never hidden. A catalogue is one file for each part of the pages; no key is in two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, Lang]] = ("zh", "en")
LOCALE: Final = Path(__file__).with_name("locale")
_BY_TAG: Final[dict[str | None, Lang]] = {"zh": "zh", "en": "en"}


class MessagesError(Exception):
    """The catalogues disagree: our bug, found by whoever first asks for a word."""


@cache
def everything() -> Mapping[str, tuple[str, str]]:
    """Every message, Chinese and English.

    Raises:
        MessagesError: a key is in one language only, empty, or in two catalogues.
    """
    zh, en = (_read(lang) for lang in LANGS)
    if zh.keys() != en.keys():
        raise MessagesError(f"in one language only: {sorted(zh.keys() ^ en.keys())}")
    return {key: (text, en[key]) for key, text in zh.items()}


def _read(lang: Lang) -> dict[str, str]:
    # Read when the first word is asked for: half of the commands say nothing out of here.
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for path in sorted((LOCALE / lang / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=lang, abort_invalid=True):
                key, text = message.id, message.string
                if key == "":
                    continue
                if not isinstance(key, str) or not isinstance(text, str) or not text:
                    raise MessagesError(f"{path.name} ({lang}): nothing is said for {key!r}")
                if key in found:
                    raise MessagesError(f"{path.name} ({lang}): {key!r} is there already")
                found[key] = text
    return found


def has(key: str) -> bool:
    """Whether there is a message of this key."""
    return key in everything()


def say(lang: Lang, key: str, **values: object) -> str:
    """Return a message with its values in place.

    Raises:
        KeyError: there is no such message: our bug, found by the test that walks the pages.
    """
    text = everything()[key][LANGS.index(lang)]
    return text.format_map(values) if values else text


def name_of(lang: Lang, group: str, code: str) -> str:
    """The words for a code of the ledger or the catalogue; the code itself where there are none."""
    pair = everything().get(f"{group}.{code}")
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
