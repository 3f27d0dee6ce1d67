"""What happened beside a clip's media, in words: stills, markers, packages, audits, stamps, keys. Looks nothing up.

What always holds: as api/custodywords.py, which asks here for what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.figures import length_of
from api.messages import Lang, name_of, say

_Data = Mapping[str, Any]


def ledger_parts(lang: Lang, event: str, data: _Data) -> list[str]:
    """The words for an event; nothing where its name says all."""
    told = _TOLD.get(event)
    return [] if told is None else told(lang, data)


def _moment(name: str) -> Callable[[Lang, _Data], list[str]]:
    def told(_: Lang, data: _Data) -> list[str]:
        at = data.get(name)
        return [length_of(at / 1_000_000)] if isinstance(at, int) else []

    return told


def _audit(lang: Lang, data: _Data) -> list[str]:
    parts = [name_of(lang, "integrity.mode", str(data.get("mode")))]
    return parts + _counted(lang, data, "objects") + _counted(lang, data, "findings")


def _stamp(lang: Lang, data: _Data) -> list[str]:
    return [str(data.get("authority")), *_counted(lang, data, "size")]


def _counted(lang: Lang, data: _Data, name: str) -> list[str]:
    count = data.get(name)
    return [say(lang, f"custody.{name}", count=f"{count:,}")] if isinstance(count, int) else []


def _key(_: Lang, data: _Data) -> list[str]:
    return [str(data.get("id"))]


def _zip(_: Lang, data: _Data) -> list[str]:
    digest = str(data.get("sha256"))
    return [f"ZIP SHA-256 {digest[:10]}…{digest[-6:]}"]


def _found(lang: Lang, data: _Data) -> list[str]:
    # The code as the audit says it: docs/audit.md has what it means and what to do.
    code = data.get("code")
    by = name_of(lang, "integrity.open.by", str(data.get("found_by")))
    return [by] if code is None else [str(code), by]


_TOLD: Final[dict[str, Callable[[Lang, _Data], list[str]]]] = {
    "still.exported": _moment("at_us"),
    "marker.set": _moment("from_us"),
    "audit.run": _audit,
    "checkpoint.timestamped": _stamp,
    "key.introduced": _key,
    "key.retired": _key,
    "package.fetched": _zip,
    "object.damaged": _found,
    "object.sound": _found,
}
