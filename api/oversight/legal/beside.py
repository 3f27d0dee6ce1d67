"""What stands beside the sheet of a legal review: a page of a document, and a moment of a clip. No bytes of either.

What always holds: documents are named to whoever may read them, clips to whoever may know of them; what of a round's
is neither is counted and not named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api import playing
from api.casefile.rights import may_read, seen_clip
from api.casefile.showing import PDF, RASTER
from api.damaged import is_withheld, shown_of
from api.errors import InvalidInputError
from api.gate import Seen, Visitor
from api.markers.marking import place_of
from api.service import Service
from api.watermark.words import lines
from archive.catalogue.casefile_queries import DocumentRow
from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from oversight.legal.papers import papers_of

_MOST: Final = 300  # clips of which one may be chosen
_PLAYS: Final = frozenset({"video", "audio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the page needs of it."""

    documents: list[dict[str, Any]]
    clips: list[dict[str, Any]]
    paper: dict[str, Any] | None
    film: dict[str, Any] | None
    names: dict[str, str]  # of documents and clips, by id


def beside(
    service: Service,
    visitor: Visitor,
    case: CaseRow,
    last: ReviewRow | None,
    form: Mapping[str, str],
) -> Beside:
    """The papers of the last round, or of the case as it is, and what of them is looked at."""
    papers = papers_of(service.archive, case.id)
    documents = papers.documents if last is None else last.documents
    clips = papers.clips if last is None else last.clips
    rows = _documents(service, visitor, case, documents)
    seen = [s for id_ in clips[:_MOST] if (s := seen_clip(service, visitor, id_)) is not None]
    point = form.get("show", "")
    paper = _chosen(rows, form.get(f"document_{point}") or form.get("look_document"))
    film = _film_of(seen, form.get(f"clip_{point}") or form.get("look_clip"))
    number = form.get(f"page_{point}") if form.get(f"document_{point}") else form.get("look_page")
    at = form.get(f"at_{point}") if form.get(f"clip_{point}") else form.get("look_at")
    named = {row.id: row.title or row.name or row.id for row in rows}
    return Beside(
        documents=[_document(row) for row in rows],
        clips=[
            {"clip": s.clip.clip, "path": s.clip.path or s.clip.clip, "start": s.clip.start}
            for s in seen
        ],
        paper=None if paper is None else _document(paper) | {"page": _page(paper, number)},
        film=None if film is None else _film(service, film, at),
        names=named | {s.clip.clip: s.clip.path or s.clip.clip for s in seen},
    )


def _documents(
    service: Service, visitor: Visitor, case: CaseRow, ids: tuple[str, ...]
) -> list[DocumentRow]:
    if not may_read(service, visitor, case):
        return []
    rows = (service.archive.catalogue.document(id_) for id_ in ids)
    return [row for row in rows if row is not None]


def _document(row: DocumentRow) -> dict[str, Any]:
    shown = "pages" if row.media_type == PDF and row.pages else None
    if row.media_type in RASTER:
        shown = "picture"
    return {
        "document": row.id,
        "name": row.title or row.name or row.id,
        "pages": row.pages,
        "shown": None if row.removed_at is not None else shown,
        "removed": row.removed_at is not None,
    }


def _chosen(rows: list[DocumentRow], wished: str | None) -> DocumentRow | None:
    return next((row for row in rows if row.id == wished), None) or next(iter(rows), None)


def _page(row: DocumentRow, word: str | None) -> int:
    number = int(word[:6]) if word and word.isascii() and word.isdecimal() else 1
    return min(max(number, 1), row.pages or 1)


def _film_of(seen: list[Seen], wished: str | None) -> Seen | None:
    plays = [s for s in seen if s.clip.kind in _PLAYS]
    return next((s for s in seen if s.clip.clip == wished), None) or next(iter(plays), None)


def _film(service: Service, seen: Seen, at: str | None) -> dict[str, Any]:
    clip = seen.clip
    rows = shown_of(service, service.archive.catalogue.renditions(clip.clip))
    withheld = is_withheld(service, clip.sha256)
    tag, source = playing.player_of(clip, rows, footage=seen.footage, withheld=withheld)
    return {
        "clip": clip.clip,
        "path": clip.path or clip.clip,
        "start": clip.start,
        "tag": tag,
        "source": source,
        "at": seconds_of(at),
        "watermark": "\n".join(lines(service, seen)),
    }


def seconds_of(at: str | None) -> float:
    """A moment as it was typed, in seconds; the beginning where it is none."""
    try:
        found = place_of(at or "")
    except InvalidInputError:
        return 0.0
    return 0.0 if found is None else found / 1_000_000
