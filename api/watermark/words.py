"""What a watermark says, and the picture of one for pages without script and for paper.

What always holds: it names the account that is signed in, never what a request says of itself; everything in it is
text, whatever is in a name. It deters, it stops nobody: what was seen is in the ledger, whatever became of the mark.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from api.gate import Seen
from api.service import Service

_LINE: Final = 20
_WIDTH: Final = 380
_MOST: Final = 80  # characters of a line
_TEXT: Final = (
    'font-family="system-ui, sans-serif" font-size="15" fill="#ffffff" fill-opacity="0.62" '
    'stroke="#000000" stroke-opacity="0.42" stroke-width="1.8" paint-order="stroke"'
)


def lines(service: Service, seen: Seen) -> tuple[str, ...]:
    """Who: name and account; why: the case, and the request that was granted."""
    account, grant = seen.visitor.account, seen.grant
    case = None
    if grant is not None and grant.case is not None:
        row = service.archive.catalogue.case(grant.case)
        case = None if row is None else row.number
    elif seen.clip.cases:
        case = seen.clip.cases[0] + (" …" if len(seen.clip.cases) > 1 else "")
    said = [f"{account.name} · {account.id[-8:]}", case, None if grant is None else grant.request]
    return tuple(_clean(line) for line in said if line)


def stamped(said: tuple[str, ...], moment: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """The lines with a moment below them."""
    return (*said, f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}")


def picture(said: tuple[str, ...]) -> bytes:
    """An SVG that fills whatever it is put over."""
    height = len(said) * _LINE + 90
    texts = "".join(
        f'<text x="24" y="{40 + number * _LINE}" {_TEXT}>{escape(line)}</text>'
        for number, line in enumerate(said)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"><defs>'
        f'<pattern id="mark" width="{_WIDTH}" height="{height}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(-24)">{texts}</pattern></defs>'
        '<rect width="100%" height="100%" fill="url(#mark)"/></svg>'
    ).encode()


def _clean(line: str) -> str:
    kept = "".join(c for c in line if unicodedata.category(c) not in {"Cc", "Cs", "Cf"})
    return kept if len(kept) <= _MOST else f"{kept[: _MOST - 1]}…"
