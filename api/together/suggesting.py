"""Which other recorders a visitor may watch beside a clip: they recorded at the same time, of the same case or unit."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from api.gate import Visitor, covers
from api.service import Service
from api.together.lanes import MOST
from archive.catalogue.rows import ClipRow

_LOOKED: Final = 200


def suggested(service: Service, visitor: Visitor, clip: ClipRow) -> list[ClipRow]:
    """The clips, by their beginning. Only what the visitor may know of."""
    rows = service.archive.catalogue.at_the_same_time(clip, limit=_LOOKED)
    return [row for row in rows if covers(service, visitor, row)]


def address(clip: ClipRow, others: list[ClipRow]) -> str | None:
    """The page with this clip and the others, one for each recorder; None where there are none."""
    by_recorder = {row.recorder_id or row.clip: row.clip for row in reversed(others)}
    chosen = [clip.clip, *reversed(by_recorder.values())][:MOST]
    if len(chosen) < 2:
        return None
    return f"/together?{urlencode([('clip', id_) for id_ in chosen])}"


def beside(service: Service, visitor: Visitor, clip: ClipRow) -> dict[str, Any]:
    """For a clip's page: the others, where they play with it, and how many that makes."""
    rows = suggested(service, visitor, clip)
    page = address(clip, rows)
    recorders = {row.recorder_id or row.clip for row in rows}
    return {"clips": rows, "page": page, "count": min(MOST, len(recorders) + 1)}
