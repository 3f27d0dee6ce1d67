"""What pages say about clips and events: catalogue values as words. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from api.custodywords import media_parts
from api.damaged import is_withheld, shown_of
from api.messages import Lang, name_of
from api.service import Service
from api.watching import is_whole
from archive.catalogue.rows import ClipRow, CustodyRow

_OPENING: Final = timedelta(minutes=1)  # in which a page has loaded what it shows


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One row of a custody table: an event, or all that one visitor was shown when they opened a page.

    Attributes:
        index: its place in the ledger.
        also: the places of the events that the row tells as well.
    """

    index: int
    also: tuple[int, ...]
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
    rows = service.archive.catalogue.renditions(clip.clip) if footage else []
    kinds = {row.kind for row in shown_of(service, rows)}
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
    if is_withheld(service, clip.sha256) or not is_whole(service, clip):
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
    found: list[EventView] = []
    for group in _openings(rows):
        row = group[0]
        details = dict.fromkeys(_detail(service, lang, one, case) for one in group)
        found.append(
            EventView(
                index=row.index,
                also=tuple(one.index for one in group[1:]),
                type=row.type,
                time=row.time,
                actor=_actor(service, lang, row.actor, names),
                detail=" · ".join(details),
            )
        )
    return found


def _openings(rows: Sequence[CustodyRow]) -> list[list[CustodyRow]]:
    """Put together what one visitor was shown at once; each kind of thing once, all else alone."""
    groups: list[list[CustodyRow]] = []
    for row in rows:
        if groups and _is_same_opening(groups[-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _is_same_opening(group: Sequence[CustodyRow], row: CustodyRow) -> bool:
    first = group[0]
    if not row.type == first.type == "clip.viewed":
        return False
    if (row.actor, row.subject) != (first.actor, first.subject):
        return False
    if any(row.data.get("what") == one.data.get("what") for one in group):
        return False
    passed = datetime.fromisoformat(row.time) - datetime.fromisoformat(first.time)
    return abs(passed) <= _OPENING


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
    if row.type in {"document.removed", "document.viewed", "document.linked"}:
        document = service.archive.catalogue.document(str(data.get("document")))
        parts.append(document.name if document and document.name else str(data.get("document")))
    written = row.written
    parts += [
        str(written[name])
        for name in ("number", "name", "title", "subject", "place", "text", "note", "reason")
        if written.get(name)
    ]
    return " · ".join(parts)


def _case_number(service: Service, case_id: str) -> str:
    case = service.archive.catalogue.case(case_id)
    return case.number if case is not None and case.number else case_id


def _clip_path(service: Service, clip_id: str) -> str:
    clip = service.archive.catalogue.clip(clip_id)
    return clip.path if clip is not None and clip.path else clip_id


def file_start(clip: ClipRow) -> str | None:
    """What the recorder's own clock said when the clip began; None where nobody knows."""
    if clip.start is None:
        return None
    begun = datetime.fromisoformat(clip.start) - timedelta(milliseconds=clip.offset_ms or 0)
    return begun.isoformat()


def rate_of(clip: ClipRow) -> str:
    """Pictures a second, for stepping by one."""
    over, _, under = (clip.rate or "").partition("/")
    try:
        return f"{int(over) / int(under or 1):.3f}"
    except (ValueError, ZeroDivisionError):
        return "25"
