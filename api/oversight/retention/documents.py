"""Retention, holds and disposals as documents. Decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.documents import Document
from archive.catalogue.disposal_queries import DisposalRow
from archive.catalogue.hold_queries import HoldRow
from oversight.retention.facts import Kept
from oversight.rules.model import Retention


def kept_clip(look: Kept) -> Document:
    """Until when a clip is kept, and why."""
    keeping = look.keeping
    return {
        "clip": look.clip.clip,
        "path": look.clip.path,
        "state": "disposed" if look.clip.disposed_at else keeping.state,
        "until": _text(keeping.until),
        "provisional": keeping.provisional,
        "categories": sorted(keeping.categories),
        "rule": None if keeping.rule is None else rule(keeping.rule),
        "held": look.held,
        "in_open_case": bool(look.open_cases),
        "disposed_at": look.clip.disposed_at,
    }


def rule(found: Retention) -> Document:
    """A retention rule."""
    basis = found.basis
    return {
        "id": basis.id,
        "name": {"zh": found.name.zh, "en": found.name.en},
        "keep": None if found.keep is None else str(found.keep),
        "clause": {"zh": basis.clause.zh, "en": basis.clause.en},
        "source": {"zh": basis.source.zh, "en": basis.source.en},
    }


def hold(row: HoldRow) -> Document:
    """A hold."""
    return {
        "hold": row.id,
        "about": row.about,
        "placed_at": row.placed_at,
        "placed_by": row.placed_actor,
        "reason": row.placed_reason,
        "lifted_at": row.lifted_at,
        "lifted_by": row.lifted_actor,
        "lifted_reason": row.lifted_reason,
    }


def disposal(row: DisposalRow) -> Document:
    """A disposal, with each step that it took."""
    return {
        "disposal": row.id,
        "state": row.state,
        "items": row.items,
        "bytes": row.bytes,
        "done": row.done,
        "kept": row.kept,
        "proposed_at": row.proposed_at,
        "proposed_by": row.proposed_actor,
        "reason": row.proposed_reason,
        "decided_at": row.approved_at or row.declined_at,
        "decided_by": row.approved_actor or row.declined_actor,
        "decided_reason": row.approved_reason or row.declined_reason,
        "ended_at": row.ended_at,
    }


def item(each: Any) -> Document:
    """A clip on a disposal's list."""
    return {"clip": each.clip, "rule": each.rule, "over": each.over, "bytes": each.size}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
