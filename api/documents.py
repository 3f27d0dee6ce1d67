"""The API's JSON: catalogue values as documents, and documents as bytes.

What always holds: the same names as the command line's `--json`; built by hand because a search makes thousands of them
(facts of one clip as pydantic models would take several times as long). No web framework here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from api.mediafacts import Known, details
from archive.catalogue.rows import CaseRow, ClipRow, CustodyRow, FindResult, LinkRow, RenditionRow

Document = dict[str, Any]


def to_bytes(document: Document) -> bytes:
    """The document as UTF-8 JSON."""
    # A path may hold what is no UTF-8; the catalogue shows those as \xNN, a lone surrogate never leaves.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def found_clip(c: ClipRow) -> Document:
    """A clip as a search shows it."""
    return {
        "clip": c.clip,
        "path": c.path,
        "recorder": c.recorder,
        "officer": c.officer,
        "unit": c.unit,
        "start": c.start,
        "start_source": c.start_source,
        "start_raw": c.start_raw,
        "duration": c.duration,
        "size": c.size,
        "sha256": c.sha256,
        "kind": c.kind,
        "container": c.container,
        "cases": c.cases,
        "marked": c.marked,
        "late": c.late,
        "damaged": c.damaged,
        "quarantined": c.quarantined,
        "verified_at": c.verified_at,
    }


@lru_cache(maxsize=16_384)
def _found_text(c: ClipRow) -> str:
    # A pure function of the row: the same clip is found again and again, and writing it is half of a search's time.
    return json.dumps(found_clip(c), ensure_ascii=False, separators=(",", ":"))


def search_result(result: FindResult) -> bytes:
    """One page of a search, as bytes."""
    clips = ",".join(map(_found_text, result.clips))
    following = json.dumps(result.next_cursor)
    is_ = "exact" if result.exact else "at_least"
    text = f'{{"total":{result.total},"total_is":"{is_}","clips":[{clips}],"next":{following}}}'
    return text.encode("utf-8", "replace")


def clip_facts(
    c: ClipRow,
    renditions: Sequence[RenditionRow],
    links: Sequence[LinkRow] = (),
    known: Known | None = None,
) -> Document:
    """Everything known of one clip but its history."""
    document = found_clip(c) | {
        "sm3": c.sm3,
        "modified": c.modified,
        "docking": c.docking,
        "offset_ms": c.offset_ms,
        "uncertainty_ms": c.uncertainty_ms,
        "same_as": c.same_as,
        "belongs_to": c.belongs_to,
        "media": {
            "kind": c.kind,
            "container": c.container,
            "duration": c.duration,
            "video": c.video,
            "audio": c.audio,
            "width": c.width,
            "height": c.height,
            "rate": c.rate,
            "damaged": c.damaged,
            "damage": c.damage,
            "playable": c.playable,
            "protected": c.protected,
            "facts": c.facts,
            "details": None if known is None else details(known.facts),
        },
        "due": c.due,
        "renditions": [rendition(r) for r in renditions],
        "links": [link(row) for row in links],
    }
    if known is not None:
        document |= _found_out(c, known)
    if c.path_base64 is not None:
        document["path_base64"] = c.path_base64
    return document


def _found_out(c: ClipRow, known: Known) -> Document:
    """What deriving found out, and what it could not make."""
    seen, whole = known.assessment, known.recording
    return {
        "assessment": None
        if seen is None
        else {
            "findings": [
                {"code": f.code, "from_ms": f.from_ms, "to_ms": f.to_ms} for f in seen.findings
            ],
            "clock": seen.clock,
            "clock_at_ms": seen.clock_at_ms,
            "tool": seen.tool,
            "version": seen.version,
            "assessed_at": seen.assessed_at,
        },
        "failures": [
            {"kind": f.kind, "code": f.code, "tool": f.tool, "version": f.version}
            for f in known.failures
        ],
        "recording": None
        if whole is None
        else {
            "recording": whole.id,
            "segments": len(whole.segments),
            "position": next((s.position for s in whole.segments if s.clip == c.clip), None),
        },
    }


def rendition(r: RenditionRow) -> Document:
    """Something derived from an original."""
    return {
        "kind": r.kind,
        "sha256": r.sha256,
        "size": r.size,
        "media_type": r.media_type,
        "tool": r.tool,
        "version": r.version,
        "parameters": r.parameters,
        "of": r.of,
        "sources": r.sources,
        "made_at": r.made_at,
        "index": None
        if r.index_sha256 is None
        else {
            "sha256": r.index_sha256,
            "size": r.index_size,
            "media_type": r.index_media_type,
        },
        "entry": r.index,
    }


def link(row: LinkRow) -> Document:
    """What ties a clip to a case."""
    return {
        "case": row.number,
        "by": row.by,
        "rule": row.rule,
        "reason": row.reason,
        "linked_at": row.linked_at,
        "index": row.linked_index,
    }


def custody_event(e: CustodyRow) -> Document:
    """One thing that happened."""
    return {
        "index": e.index,
        "type": e.type,
        "time": e.time,
        "clock": e.clock,
        "actor": e.actor,
        "subject": e.subject,
        "data": e.data,
        "text": e.written,
    }


def case(c: CaseRow, *, unit: str | None, officers: Sequence[str]) -> Document:
    """A case; unit and officers by their names."""
    return {
        "case": c.id,
        "number": c.number,
        "title": c.title,
        "subject": c.subject,
        "place": c.place,
        "unit": unit,
        "officers": list(officers),
        "from": c.from_,
        "to": c.to,
        "state": "open" if c.is_open else "closed",
        "opened_at": c.opened_at,
        "closed_at": c.closed_at,
    }
