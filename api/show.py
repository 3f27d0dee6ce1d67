"""What pages say about clips and events: catalogue values as words. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.custodywords import media_parts
from api.messages import Lang, name_of
from api.service import Service
from api.watching import is_whole
from archive.catalogue.rows import ClipRow, CustodyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One row of a custody table."""

    index: int
    type: str
    time: str
    actor: str
    detail: str


def clip_views(
    service: Service, clips: Sequence[ClipRow], *, footage: bool
) -> list[dict[str, Any]]:
    """The rows of a list: each clip, and which part of which recording it is."""
    parts = service.archive.catalogue.parts_of([clip.clip for clip in clips])
    return [
        clip_view(service, clip, footage=footage) | {"part": parts.get(clip.clip)} for clip in clips
    ]


def clip_view(service: Service, clip: ClipRow, *, footage: bool) -> dict[str, Any]:
    """A clip's facts and what the page adds: its badge, and where its poster is."""
    view = clip._asdict()
    kinds = {r.kind for r in service.archive.catalogue.renditions(clip.clip)} if footage else set()
    shown = next((kind for kind in ("poster", "page") if kind in kinds), None)
    state = badge(service, clip)
    view |= {
        "badge": state,
        "badge_title": clip.verified_at if state == "verified" else "",
        "poster": f"/api/v1/clips/{clip.clip}/renditions/{shown}" if shown else None,
        "kind": clip.kind or "unknown",
        "path": clip.path or clip.clip,
        "recorder": clip.recorder or "—",
    }
    return view


def badge(service: Service, clip: ClipRow) -> str:
    """Which of the four states of integrity a clip shows."""
    if not is_whole(service, clip):
        return "finding"
    if clip.verified_at is not None:
        return "verified"
    docking = None if clip.docking is None else service.archive.catalogue.docking(clip.docking)
    return "checking" if docking is not None and docking.ended_at is None else "stored"


def events(
    service: Service, lang: Lang, rows: Sequence[CustodyRow], *, case: str | None = None
) -> list[EventView]:
    """A history in words; in a case's own (its id) a link names the clip, elsewhere the case."""
    names: dict[str, str] = {}
    return [
        EventView(
            index=row.index,
            type=row.type,
            time=row.time,
            actor=_actor(service, lang, row.actor, names),
            detail=_detail(service, lang, row, case),
        )
        for row in rows
    ]


def _actor(service: Service, lang: Lang, actor: str, names: dict[str, str]) -> str:
    if actor not in names:
        kind, _, rest = actor.partition("-")
        if kind == "account":
            account = service.archive.catalogue.account(actor)
            names[actor] = actor if account is None or account.name is None else account.name
        elif kind == "station":
            names[actor] = name_of(lang, "actor", "station")
        elif kind == "local":
            names[actor] = f"{name_of(lang, 'actor', 'local')} {rest}"
        else:
            names[actor] = actor
    return names[actor]


def _detail(service: Service, lang: Lang, row: CustodyRow, of_case: str | None) -> str:
    data = row.data
    parts: list[str] = []
    if row.type in {"clip.linked", "clip.unlinked"}:
        parts.append(
            _case_number(service, str(data.get("case")))
            if of_case is None
            else _clip_path(service, row.subject)
        )
        if "by" in data:
            parts.append(name_of(lang, "by", str(data["by"])))
    elif row.type in {"clip.ingested", "clip.verified"}:
        digest = str((data.get("original") or {}).get("object", ""))
        parts.append(f"SHA-256 {digest[:10]}…{digest[-6:]}")
    else:
        parts += media_parts(lang, row.type, row.data)
    written = row.written
    parts += [
        str(written[name])
        for name in ("number", "title", "subject", "place", "reason")
        if written.get(name)
    ]
    return " · ".join(parts)


def _case_number(service: Service, case_id: str) -> str:
    case = service.archive.catalogue.case(case_id)
    return case.number if case is not None and case.number else case_id


def _clip_path(service: Service, clip_id: str) -> str:
    clip = service.archive.catalogue.clip(clip_id)
    return clip.path if clip is not None and clip.path else clip_id


def rate_of(clip: ClipRow) -> str:
    """Pictures a second, for stepping by one."""
    over, _, under = (clip.rate or "").partition("/")
    try:
        return f"{int(over) / int(under or 1):.3f}"
    except (ValueError, ZeroDivisionError):
        return "25"
