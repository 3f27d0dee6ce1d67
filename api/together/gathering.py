"""Clips that were asked for, as lanes: each by its own right, with the parts of the recording that it belongs to.

What always holds: every clip goes through the same checks as its own page, and what is refused is in the ledger; what
may not be known answers as what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from starlette.requests import Request

from api.damaged import is_withheld, shown_of
from api.errors import NotFoundError
from api.gate import Seen, Visitor, known_clip, seen_now
from api.playing import ways
from api.service import Service, service_of
from api.show import rate_of
from api.together.lanes import MOST, Lane, Part, State, follows, milliseconds
from api.watermark.words import lines
from archive.catalogue.rows import ClipRow

_FILMS: Final = frozenset({"video", "audio"})
_LOW: Final = "proxy-low"
_LONGEST_MS: Final = 7 * 86_400_000  # no recorder runs longer, whatever a damaged clip says


async def of_clips(request: Request, visitor: Visitor, ids: Sequence[str]) -> list[Lane]:
    """A lane for each clip; of one recording the parts before and after lie on the same lane."""
    service = service_of(request)
    found: list[Lane] = []
    for id_ in list(dict.fromkeys(ids))[:MOST]:
        if any(part.clip == id_ for lane in found for part in lane.parts):
            continue  # a part of a recording that is there already
        try:
            seen = await known_clip(request, clip=id_, visitor=visitor)
        except NotFoundError:
            found.append(Lane(number=len(found) + 1, asked=id_, state="hidden"))
            continue
        found.append(lane_of(service, seen, number=len(found) + 1))
    return found


def of_rows(service: Service, visitor: Visitor, rows: Sequence[ClipRow], at_ms: int) -> list[Lane]:
    """A lane for each recorder of these clips, those nearest to a moment first; all there are.

    What the visitor may not know of is left out: nobody asked for it by name.
    """
    lanes: list[Lane] = []
    for row in rows:
        seen = seen_now(service, visitor, row)
        if seen is None or row.start is None:
            continue
        if any(part.clip == row.clip for lane in lanes for part in lane.parts):
            continue
        new = lane_of(service, seen, number=len(lanes) + 1)
        for index, lane in enumerate(lanes):
            same = lane.recorder == new.recorder and lane.state == new.state
            if same and all(follows(lane.parts, part) for part in new.parts):
                joined = sorted((*lane.parts, *new.parts), key=lambda part: part.begin_ms)
                lanes[index] = replace(lane, parts=tuple(joined))
                break
        else:
            lanes.append(new)
    lanes.sort(key=lambda lane: _distance(lane, at_ms))
    return [replace(lane, number=number) for number, lane in enumerate(lanes, start=1)]


def moved(lanes: Sequence[Lane], by: Mapping[int, int]) -> list[Lane]:
    """The lanes as the visitor moved them."""
    return [replace(lane, moved_ms=by.get(lane.number, 0)) for lane in lanes]


def lane_of(service: Service, seen: Seen, *, number: int) -> Lane:
    """One clip that may be known of, and what was recorded in one go with it."""
    clip = seen.clip
    lane = Lane(
        number=number,
        asked=clip.clip,
        state="closed",
        recorder=clip.recorder,
        officer=clip.officer,
        unit=clip.unit,
        uncertainty_ms=clip.uncertainty_ms,
    )
    if clip.start is None:
        return replace(lane, state="untimed")
    parts = tuple(_parts(service, seen))
    if not seen.footage:
        return replace(lane, parts=parts)
    plays = any(part.source for part in parts)
    watermark = "\n".join(lines(service, seen))
    shut: State = "withheld" if any(part.withheld for part in parts) else "cannot"
    return replace(lane, parts=parts, watermark=watermark, state="open" if plays else shut)


def _parts(service: Service, seen: Seen) -> list[Part]:
    clip, catalogue = seen.clip, service.archive.catalogue
    origin = milliseconds(datetime.fromisoformat(clip.start or ""))
    recording = catalogue.recording_of(clip.clip)
    if recording is None:
        return [_part(service, seen, origin, round((clip.duration or 0) * 1000))]
    here = next(s.from_ms for s in recording.segments if s.clip == clip.clip)
    found: list[Part] = []
    for segment in recording.segments:
        row = clip if segment.clip == clip.clip else catalogue.clip(segment.clip)
        known = None if row is None else seen_now(service, seen.visitor, row)
        if known is not None:
            begin = origin + segment.from_ms - here
            found.append(_part(service, known, begin, segment.length_ms))
    return found


def _part(service: Service, seen: Seen, begin_ms: int, length_ms: int) -> Part:
    clip = seen.clip
    length = min(max(length_ms, 0), _LONGEST_MS)
    part = Part(clip=clip.clip, begin_ms=begin_ms, length_ms=length, rate=rate_of(clip))
    if not seen.footage or clip.kind not in _FILMS:
        return part
    withheld = is_withheld(service, clip.sha256)
    part = replace(part, withheld=withheld)
    rows = shown_of(service, service.archive.catalogue.renditions(clip.clip))
    # What was recovered of a damaged clip has other times: it would be out of step.
    way = next((way for way in ways(clip, rows, withheld=withheld) if not way.repaired), None)
    if way is None:
        return part
    exact = way.tag == "video" and way.of == clip.sha256 and way.kind != _LOW
    facts = f"/api/v1/clips/{clip.clip}/facts" if exact and clip.facts else None
    return replace(part, tag=way.tag, source=way.source, facts=facts)


def _distance(lane: Lane, at_ms: int) -> tuple[int, int]:
    """How far from a moment its nearest clip is; those that play first."""
    gaps = [max(part.begin_ms - at_ms, at_ms - part.end_ms, 0) for part in lane.parts]
    return min(gaps, default=1 << 60), lane.number
