"""What happened to a clip's media, in words: the part of a custody row that its entry alone tells. Looks nothing up.

What always holds: a code without words is shown as it is; findings are named, their moments are the clip's own page's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.custody.ledgerwords import ledger_parts
from api.figures import length_of
from api.messages import Lang, name_of, say


def media_parts(lang: Lang, event: str, data: Mapping[str, Any]) -> list[str]:
    """What was viewed, played, made, not made, read or found; nothing for other events."""
    if event in {"clip.viewed", "clip.played"}:
        what = str(data.get("what")).removesuffix("-index")
        words = name_of(lang, "what" if what in {"original", "proof"} else "rendition", what)
        return [words, *_stretches(data.get("spans"))]
    if event == "rendition.made":
        return [name_of(lang, "rendition", str(data.get("kind"))), _tool(data)]
    if event == "rendition.failed":
        kind, code = str(data.get("kind")), str(data.get("code"))
        return [name_of(lang, "rendition", kind), name_of(lang, "failure", code)]
    if event == "clip.examined":
        return _examined(lang, data)
    if event == "clip.assessed":
        return _assessed(lang, data)
    return ledger_parts(lang, event, data)


def _stretches(spans: object) -> list[str]:
    # A long sitting has many: the entry has them all, a table the first.
    listed = spans if isinstance(spans, list) else []
    told = [
        f"{length_of(begin / 1000)} – {length_of(end / 1000)}"
        for begin, end in (span for span in listed[:4] if len(span) == 2)
    ]
    return [", ".join(told) + (" …" if len(listed) > 4 else "")] if told else []


def _examined(lang: Lang, data: Mapping[str, Any]) -> list[str]:
    duration = data.get("duration_us")
    parts = [str(data.get("container") or "—")]
    if isinstance(duration, int):
        parts.append(length_of(duration / 1_000_000))
    return parts + [name_of(lang, "damage", str(code)) for code in data.get("damage") or ()]


def _assessed(lang: Lang, data: Mapping[str, Any]) -> list[str]:
    findings = data.get("findings")
    listed = findings if isinstance(findings, list) else []
    codes = dict.fromkeys(str(one.get("code")) for one in listed if isinstance(one, dict))
    return [name_of(lang, "finding", code) for code in codes] or [say(lang, "custody.nothing")]


def _tool(data: Mapping[str, Any]) -> str:
    # A version lists its libraries in brackets: the entry has them, a table has no room.
    return f"{data.get('tool', '')} {data.get('version', '')}".partition(" (")[0].strip()
