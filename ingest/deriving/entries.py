"""The ledger's words on what was derived. Pure; docs/formats/ledger.md has the members.

What always holds: codes, numbers and digests only; what a tool said of itself is a parameter, never free text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.events import Event
from archive.store.staged import Stored

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What made something."""

    tool: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """What belongs to a rendition: cues, a report, the original telemetry."""

    stored: Stored
    media_type: str


def made(
    clip: str,
    kind: str,
    stored: Stored,
    *,
    actor: str,
    of: str,
    media_type: str,
    maker: Maker,
    parameters: Mapping[str, object],
    index: Belonging | None = None,
    sources: Sequence[str] = (),
) -> Event:
    """`rendition.made`."""
    data: dict[str, Any] = {
        "kind": kind,
        "rendition": {"object": stored.digest, "size": stored.size},
        "media_type": media_type,
        "tool": maker.tool,
        "version": maker.version,
        "parameters": plain(parameters),
        "of": of,
    }
    if index is not None:
        named = {"object": index.stored.digest, "size": index.stored.size}
        data["index"] = {**named, "media_type": index.media_type}
    if sources:
        data["sources"] = list(sources)
    return Event(type="rendition.made", subject=clip, actor=actor, data=data)


def failed(clip: str, kind: str, code: str, *, actor: str, maker: Maker) -> Event:
    """`rendition.failed`."""
    data = {"kind": kind, "code": code if _CODE.fullmatch(code) else "refused"}
    maker_says = {"tool": maker.tool, "version": maker.version}
    return Event(type="rendition.failed", subject=clip, actor=actor, data={**data, **maker_says})


def assessed(
    clip: str,
    findings: Sequence[Mapping[str, object]],
    *,
    clock: str | None,
    clock_at_ms: int | None,
    actor: str,
    maker: Maker,
) -> Event:
    """`clip.assessed`; what was read in the picture is a text row, where in the clip is not."""
    data: dict[str, object] = {"findings": [dict(one) for one in findings], "tool": maker.tool}
    data["version"] = maker.version
    if clock is not None and clock_at_ms is not None:
        data["clock_at_ms"] = clock_at_ms
    text = None if clock is None else {"clock": clock}
    return Event(type="clip.assessed", subject=clip, actor=actor, data=data, text=text)


def plain(parameters: Mapping[str, object]) -> dict[str, str | int]:
    """Parameters as an entry holds them: texts and integers, no fractions."""
    return {
        name: int(value)
        if isinstance(value, bool)
        else value
        if isinstance(value, str | int)
        else str(value)
        for name, value in parameters.items()
    }
