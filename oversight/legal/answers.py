"""What a legal reviewer answers: an outcome with reasons, and a word on every point, tied to what was submitted.

What always holds: every point of the rules is there once and no other; each names a document (a page of it) or a
moment of a clip that was submitted; agreement finds nothing wrong, and all else says what is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from archive.catalogue.legal_queries import ReviewRow
from archive.opening import Archive
from oversight.legal.errors import ReviewAnswerError
from oversight.rules.model import Point

Outcome = Literal["agree", "correct", "transfer"]  # 同意, 纠正, 移送
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
MOST_TEXT: Final = 4000
_MOST_PAGES: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PointAnswer:
    """What a reviewer says of one point."""

    point: str  # id of the rule
    ok: bool
    document: str | None = None
    page: int | None = None  # from 1
    clip: str | None = None
    at_us: int | None = None  # microseconds of the clip
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reviewer's answer, whole."""

    outcome: Outcome
    reason: str
    points: Sequence[PointAnswer]


def checked(
    archive: Archive, row: ReviewRow, said: Answer, points: Sequence[Point]
) -> list[dict[str, object]]:
    """The points as an entry has them. Raises ReviewAnswerError."""
    wanted = [point.basis.id for point in points]
    named = [answer.point for answer in said.points]
    if sorted(named) != sorted(wanted):
        missing = ", ".join(sorted(set(wanted) - set(named))) or "none"
        raise ReviewAnswerError(f"each point is answered once; missing: {missing}")
    wrong = [answer.point for answer in said.points if not answer.ok]
    if said.outcome == "agree" and wrong:
        raise ReviewAnswerError(f"agreement finds nothing wrong, and this is: {', '.join(wrong)}")
    if said.outcome != "agree" and not wrong:
        raise ReviewAnswerError("correction and transfer say which point is not in order")
    order = {point: n for n, point in enumerate(wanted)}
    return [
        _entered(archive, row, answer)
        for answer in sorted(said.points, key=lambda answer: order[answer.point])
    ]


def noted(said: Answer) -> dict[str, str]:
    """What was said of points in words. Raises ReviewAnswerError."""
    return {a.point: line(a.note) for a in said.points if a.note is not None and a.note.strip()}


def line(text: str) -> str:
    """What somebody wrote, trimmed; lines may end. Raises ReviewAnswerError."""
    shown = unicodedata.normalize("NFC", text).strip().replace("\r\n", "\n")
    bad = any(c != "\n" and unicodedata.category(c) in {"Cc", "Cs"} for c in shown)
    if not 0 < len(shown) <= MOST_TEXT or bad:
        raise ReviewAnswerError(f"reasons and notes have 1 to {MOST_TEXT} characters")
    return shown


def _entered(archive: Archive, row: ReviewRow, answer: PointAnswer) -> dict[str, object]:
    if not answer.ok and not (answer.note or "").strip():
        raise ReviewAnswerError(f"{answer.point}: what is not in order is said in words")
    found: dict[str, object] = {"point": answer.point, "ok": answer.ok}
    if answer.document is not None:
        found["document"] = answer.document
        found |= _page(archive, row, answer)
    elif answer.page is not None:
        raise ReviewAnswerError(f"{answer.point}: a page of which document?")
    if answer.clip is not None:
        found["clip"] = answer.clip
        found |= _moment(archive, row, answer)
    elif answer.at_us is not None:
        raise ReviewAnswerError(f"{answer.point}: a moment of which clip?")
    if answer.document is None and answer.clip is None:
        raise ReviewAnswerError(f"{answer.point}: name the document or the clip that shows it")
    return found


def _page(archive: Archive, row: ReviewRow, answer: PointAnswer) -> dict[str, object]:
    document = archive.catalogue.document(answer.document or "")
    if document is None or answer.document not in row.documents:
        raise ReviewAnswerError(f"{answer.point}: this document was not submitted")
    if answer.page is None:
        return {}
    if not 1 <= answer.page <= (document.pages or _MOST_PAGES):
        raise ReviewAnswerError(f"{answer.point}: the document has no page {answer.page}")
    return {"page": answer.page}


def _moment(archive: Archive, row: ReviewRow, answer: PointAnswer) -> dict[str, object]:
    clip = archive.catalogue.clip(answer.clip or "")
    if clip is None or answer.clip not in row.clips:
        raise ReviewAnswerError(f"{answer.point}: this clip was not submitted")
    if answer.at_us is None:
        return {}
    end = 2**52 if clip.duration is None else round(clip.duration * 1_000_000)
    if not 0 <= answer.at_us <= end:
        raise ReviewAnswerError(f"{answer.point}: the clip has no such moment")
    return {"at_us": answer.at_us}
