"""Who has seen a clip, as the watch page shows it: only to those who may know (gate.oversees)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from api.figures import length_of
from api.gate import Seen, oversees
from api.mediawords import moment
from api.messages import Lang, name_of
from api.plays.seen import Viewing, viewings
from api.plays.spans import Span
from api.service import Service

_WIDE: Final = 1000  # units of the bar
_NARROWEST: Final = 3.0
_TOLD: Final = 3  # stretches in words


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingView:
    """What one person saw during one sign-in, in words and bars."""

    name: str
    role: str | None
    requests: tuple[str, ...]
    address: str | None
    first: str
    times: int
    what: str
    played: str
    stretches: str
    bars: list[tuple[float, float]]


async def seen_by(service: Service, seen: Seen, lang: Lang) -> dict[str, Any]:
    """The page's values; `viewings` is None where the visitor may not know."""
    if not oversees(seen.visitor, seen.clip):
        return {"viewings": None}
    found, older = await viewings(service, seen.clip.clip)
    return {
        "viewings": [_view(one, lang, seen.clip.duration) for one in found],
        "viewings_older": older,
        "viewers": len({one.actor for one in found}),
        "view_count": sum(one.times for one in found),
    }


def _view(one: Viewing, lang: Lang, duration: float | None) -> ViewingView:
    told = [f"{moment(begin / 1000)} – {moment(end / 1000)}" for begin, end in one.spans[:_TOLD]]
    more = ["…"] if len(one.spans) > _TOLD else []
    return ViewingView(
        name=one.name or one.actor,
        role=one.role,
        requests=one.requests,
        address=one.address,
        first=one.first,
        times=one.times,
        what=", ".join(dict.fromkeys(_what(lang, what) for what in one.what)),
        played=length_of(one.played_ms / 1000),
        stretches=", ".join(told + more),
        bars=_bars(one.spans, duration),
    )


def _what(lang: Lang, what: str) -> str:
    kind = what.partition("-")[0] if what.startswith("still-") else what.removesuffix("-index")
    return name_of(lang, "what" if kind in {"original", "proof", "still"} else "rendition", kind)


def _bars(spans: tuple[Span, ...], duration: float | None) -> list[tuple[float, float]]:
    whole = max(1, max((end for _, end in spans), default=0), round((duration or 0) * 1000))
    return [
        (
            round(begin * _WIDE / whole, 1),
            round(max(_NARROWEST, (end - begin) * _WIDE / whole), 1),
        )
        for begin, end in spans
    ]
