"""Recordings over several clips: as a document, and as one player.

What always holds: each part goes by the visitor's own right to that clip; of one that they may not know there is its
place and nothing else. The page serves no footage: a player asks for each part's bytes where it asks for any clip's,
and that is where views are recorded.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import show
from api.damaged import is_withheld, shown_of
from api.documents import to_bytes
from api.entrance import pages_of
from api.figures import length_of
from api.gate import SeenRecording, known_recording, seen_now
from api.messages import Lang, name_of, say
from api.playing import player_of
from api.rendering import lang_of
from api.service import Service, service_of
from api.watermark.words import lines
from archive.catalogue.recording_queries import RecordingRow, SegmentRow
from archive.catalogue.rows import ClipRow

router: Final = APIRouter(tags=["recordings"])
_SEEN = Annotated[SeenRecording, Depends(known_recording)]
_FINDINGS: Final = frozenset({"gap", "overlap"})
_WIDE: Final = 1000  # units of the axis
_MARK: Final = 4.0  # of them, for the shortest gap


@router.get("/api/v1/recordings/{recording}")
async def get_recording(request: Request, seen: _SEEN) -> Response:
    """A recording's parts, where they lie in it, the gaps between them and what is known of those."""
    service, row = service_of(request), seen.recording
    document = {
        "recording": row.id,
        "recorder": row.recorder,
        "length_ms": row.length_ms,
        "silent_before_ms": row.silent_before_ms,
        "joined_at": row.joined_at,
        "index": row.index,
        "tool": row.tool,
        "version": row.version,
        "segments": [_segment(service, seen, s) for s in row.segments],
    }
    return Response(to_bytes(document), media_type="application/json")


@router.api_route("/recordings/{recording}", methods=["GET", "HEAD"], include_in_schema=False)
async def recording_page(request: Request, seen: _SEEN) -> Response:
    """One player over all parts that play, and a table of them all."""
    service, row, lang = service_of(request), seen.recording, lang_of(request)
    parts = [_part(service, seen, s, lang) for s in row.segments]
    values = {
        "recording": row,
        "start": _first_start(seen),
        "officer": next((c.officer for c in seen.clips.values() if c.officer), None),
        "length": length_of(row.length_ms / 1000),
        "silent": row.silent_before_ms and length_of(row.silent_before_ms / 1000),
        "withheld": [p["number"] for p in parts if p["withheld"]],
        "findings": sum(p["finding"] for p in parts),
        "absent": sum(s.missing or 0 for s in row.segments if s.clip in seen.clips),
        "whole": all(p["whole"] for p in parts),
        "parts": parts,
        "axis": _axis(row, parts),
        "source": next((p["source"] for p in parts if p["source"]), None),
        "closed": all(p["state"] in {"closed", "hidden"} for p in parts),
        **_mark(service, seen, parts),
        "zone": service.zone.key,
        "rate": next((show.rate_of(c) for c in seen.clips.values() if c.rate), "25"),
    }
    return pages_of(request).render(
        request, "recording.html", account=seen.visitor.account, values=values
    )


def _first_start(seen: SeenRecording) -> str | None:
    clip = seen.clips.get(seen.recording.segments[0].clip)
    return None if clip is None else clip.start


def _segment(service: Service, seen: SeenRecording, segment: SegmentRow) -> dict[str, Any]:
    clip = seen.clips.get(segment.clip)
    place = {"from_ms": segment.from_ms, "length_ms": segment.length_ms}
    if clip is None:
        return {"clip": None, **place}
    _, source = _source(service, seen, clip)
    return {
        "clip": segment.clip,
        **place,
        "gap_ms": segment.gap_ms,
        "uncertainty_ms": segment.uncertainty_ms,
        "by": segment.by,
        "finding": segment.finding,
        "missing": segment.missing or 0,
        "path": clip.path,
        "start": clip.start,
        "duration": clip.duration,
        "marked": clip.marked,
        "damaged": clip.damaged,
        "plays": source,
    }


def _part(service: Service, seen: SeenRecording, segment: SegmentRow, lang: Lang) -> dict[str, Any]:
    clip = seen.clips.get(segment.clip)
    part: dict[str, Any] = {
        "number": segment.position + 1,
        "from_ms": segment.from_ms,
        "length_ms": segment.length_ms,
        "from": length_of(segment.from_ms / 1000),
        "length": length_of(segment.length_ms / 1000) if segment.length_ms else None,
        "clip": clip,
        "state": "hidden",
        "source": None,
        "gap": None,
        "finding": False,
        "missing": None,
        "passing": None,
        "whole": False,
        "file": None,
        "exact": None,
        "withheld": False,
    }
    if clip is None:
        return part
    part["state"], part["source"] = _source(service, seen, clip)
    part["file"] = show.file_start(clip)
    if part["source"] is not None and clip.kind == "video" and clip.facts is not None:
        part["exact"] = f"/api/v1/clips/{clip.clip}/facts"
    part["withheld"] = is_withheld(service, clip.sha256)
    part["gap"] = _gap_words(lang, segment)
    part["finding"] = segment.finding in _FINDINGS
    part["whole"] = segment.finding is None and not segment.missing
    number = part["number"]
    if part["finding"]:
        part["passing"] = say(lang, "recording.skip.gap", part=number, words=part["gap"])
    if segment.missing:
        part["missing"] = say(lang, "recording.missing", count=segment.missing)
        part["passing"] = say(lang, "recording.skip.missing", part=number, count=segment.missing)
    return part


def _mark(service: Service, seen: SeenRecording, parts: list[dict[str, Any]]) -> dict[str, str]:
    """The watermark over all parts: that of the first one that plays."""
    clip = next((p["clip"] for p in parts if p["source"]), None)
    now = None if clip is None else seen_now(service, seen.visitor, clip)
    if clip is None or now is None:
        return {"watermark": "", "mark": ""}
    return {
        "watermark": "\n".join(lines(service, now)),
        "mark": f"/clips/{clip.clip}/watermark.svg",
    }


def _source(service: Service, seen: SeenRecording, clip: ClipRow) -> tuple[str, str | None]:
    """Whether a part plays here, and from where."""
    rows = shown_of(service, service.archive.catalogue.renditions(clip.clip))
    now = seen_now(service, seen.visitor, clip)
    player, source = player_of(
        clip,
        rows,
        footage=now is not None and now.footage,
        withheld=is_withheld(service, clip.sha256),
    )
    if player in {"video", "audio"}:
        return "plays", source
    return ("closed" if player == "closed" else "cannot"), None


def _gap_words(lang: Lang, segment: SegmentRow) -> str | None:
    if segment.position == 0:
        return None
    finding = segment.finding or "none"
    gap = segment.gap_ms or 0
    return say(
        lang,
        f"recording.gap.{finding}",
        seconds=f"{abs(gap) / 1000:.3f}",
        doubt=f"{(segment.uncertainty_ms or 0) / 1000:.3f}",
        by=name_of(lang, "recording.by", segment.by or ""),
    )


def _axis(row: RecordingRow, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parts and the marks before them, as pieces of a line of `_WIDE` units."""
    whole = max(1, row.length_ms)
    pieces: list[dict[str, Any]] = []
    end = 0.0
    for part in parts:
        x = part["from_ms"] * _WIDE / whole
        width = max(1.0, part["length_ms"] * _WIDE / whole)
        mark = None
        if part["finding"] or part["missing"]:
            mark = {"x": round(min(end, x), 2), "width": round(max(_MARK, abs(x - end)), 2)}
        pieces.append({"x": round(x, 2), "width": round(width, 2), "mark": mark, "part": part})
        end = x + width
    return pieces
