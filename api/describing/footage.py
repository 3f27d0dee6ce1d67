"""Shapes of clips, what is derived from them, and what is told of them."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import (
    ANY,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    YES,
    Shape,
    by_name,
    many,
    maybe,
    maybe_texts,
    named,
    obj,
    one_of,
    page_of,
    texts,
)

_CLIP: Final[dict[str, Shape]] = {
    "clip": TEXT,
    **maybe_texts("path", "recorder", "officer", "unit", "start", "start_source", "start_raw"),
    "duration": maybe(NUMBER),
    "size": WHOLE,
    "sha256": TEXT,
    **maybe_texts("kind", "container"),
    "cases": maybe({"anyOf": [TEXT, many(TEXT), WHOLE]}),
    **dict.fromkeys(("marked", "late", "damaged", "quarantined"), maybe(YES)),
    "verified_at": maybe(TIME),
}
_MEDIA: Final = obj(
    {
        **maybe_texts("kind", "container", "video", "audio", "rate", "facts"),
        **dict.fromkeys(("duration", "width", "height"), maybe(NUMBER)),
        **dict.fromkeys(("damaged", "playable", "protected"), maybe(YES)),
        "damage": many({}),
        "details": maybe(ANY),
    }
)
_STILL: Final = obj(
    {
        "index": WHOLE,
        "at_us": WHOLE,
        "frame": maybe(WHOLE),
        **texts("still", "exported", "actor", "at", "picture"),
        "size": WHOLE,
        "caption": {},
    }
)
_VIEW: Final = obj(
    {
        "index": WHOLE,
        **texts("type", "time", "account"),
        **maybe_texts("name", "role", "what", "session", "address", "request"),
        "spans": many(many(WHOLE)),
        "played_ms": maybe(WHOLE),
    }
)
_MARKER: Final = obj(
    {
        "marker": TEXT,
        "kind": one_of("marker", "note"),
        "from_us": maybe(WHOLE),
        "to_us": maybe(WHOLE),
        **maybe_texts("text", "name"),
        **texts("account", "set_at"),
        "own": YES,
        "index": WHOLE,
    }
)
SHAPES: Final[dict[str, Shape]] = {
    "Clip": obj(_CLIP),
    "ClipFacts": obj(
        {
            **_CLIP,
            **maybe_texts("sm3", "modified", "docking", "same_as", "belongs_to"),
            "offset_ms": maybe(NUMBER),
            "uncertainty_ms": maybe(NUMBER),
            "media": _MEDIA,
            "due": many(TEXT),
            "renditions": many(named("Rendition")),
            "links": many(named("Link")),
            # When it was recorded; null: not known whose, or when, or no certificates are kept here.
            "officer_certificate": maybe(one_of("valid", "none", "early", "expired", "withdrawn")),
        },
        {
            "assessment": maybe(ANY),
            "failures": many(ANY),
            "recording": maybe(ANY),
            "path_base64": TEXT,
        },
    ),
    "Found": obj(
        {
            "total": WHOLE,
            "total_is": one_of("exact", "at_least"),
            "clips": many(named("Clip")),
            "next": maybe(TEXT),
        },
        {"understood": {}, "query": {}},
    ),
    "Facets": obj(
        {
            "total": WHOLE,
            "total_is": one_of("exact", "at_least"),
            "units": many(obj({"unit": maybe(TEXT), "clips": WHOLE})),
            "kinds": many(obj({"kind": maybe(TEXT), "clips": WHOLE})),
            "states": by_name(WHOLE),
            "time": obj(
                {
                    "grain": maybe(TEXT),
                    "bins": many(obj({"from": TIME, "to": TIME, "clips": WHOLE})),
                    "unknown": WHOLE,
                }
            ),
        }
    ),
    "Search": obj({"id": TEXT, "name": TEXT, "filters": by_name(TEXT)}),
    "Searches": obj({"searches": many(named("Search"))}),
    "Rendition": obj(
        {
            **texts("kind", "sha256", "tool", "version", "made_at"),
            "media_type": maybe(TEXT),
            "size": WHOLE,
            "parameters": {},
            "of": {},
            "sources": {},
            "index": maybe(obj({"sha256": TEXT, "size": maybe(WHOLE), "media_type": maybe(TEXT)})),
            "entry": WHOLE,
        }
    ),
    "Making": obj({"kind": TEXT, "state": TEXT}, {"rendition": named("Rendition"), "code": TEXT}),
    "Link": obj(
        {
            **maybe_texts("case", "by", "rule", "reason"),
            "linked_at": TIME,
            "index": WHOLE,
        }
    ),
    "CustodyEvent": obj(
        {
            "index": WHOLE,
            **texts("type", "time", "clock", "actor", "subject"),
            "data": ANY,
            "text": {},
        },
    ),
    "Custody": page_of("custody", named("CustodyEvent"), clip=TEXT),
    "Evidence": obj(
        {
            "subject": TEXT,
            "entries": many(
                obj({"index": WHOLE, "entry": TEXT, "proof": maybe(TEXT)}, {"why": maybe(TEXT)})
            ),
            "next": maybe(WHOLE),
        },
    ),
    "Recording": obj({"recording": TEXT}),
    "Marker": _MARKER,
    "Markers": obj({"clip": TEXT, "markers": many(named("Marker"))}),
    "Played": obj({"clip": TEXT, "spans": many(many(WHOLE))}),
    "Views": page_of("views", _VIEW, clip=TEXT),
    "Stills": page_of("stills", _STILL),
    "Together": obj({"clip": TEXT, "together": many(named("Clip")), "page": maybe(TEXT)}),
    "Arrivals": obj({"clips": maybe(many(named("Clip")))}),
    "Station": ANY,
}
