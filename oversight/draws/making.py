"""Drawing cases for review, drawing them again, and scoring what was drawn.

What always holds: a draw names the checkpoint, the seed, the period, how many cases there were and which were drawn, so
that anybody with the ledger draws the same; each draw is an entry, so that whoever draws until they like it is seen.
Names and words about a score are text rows. A case that is scored again keeps both scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.times import known_us, lower_bound, microseconds, moment_text, upper_bound
from archive.events import Event
from archive.ids import is_id, new_id
from archive.opening import Archive
from oversight.draws.drawing import Checkpoint, Period, candidates, drawn, list_digest
from oversight.draws.errors import DrawTextError, NothingToDrawError, UnknownDrawError
from oversight.draws.sheet import sheet_of

MOST_DRAWN: Final = 200
MOST_SEED: Final = 200
_MOST_NOTE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw as its entry says it."""

    id: str
    index: int
    actor: str
    made_at: str
    seed: str
    checkpoint: Checkpoint
    period: Period
    of: int
    candidates: str  # digest of the list
    drawn: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One score of one case."""

    case: str
    points: tuple[tuple[str, int, int], ...]  # item, given, most
    total: int
    of: int
    actor: str
    at: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be drawn: days, as they were typed."""

    seed: str
    count: int
    first: str
    last: str
    unit: str | None = None  # id


def make(archive: Archive, wanted: Wanted, *, actor: str) -> Draw:
    """Draw cases that were closed within some days.

    Raises:
        DrawTextError, TimeTextError: malformed. Nothing was done.
        NothingToDrawError: no case was closed then.
    """
    seed = wanted.seed.strip()
    if not 1 <= len(seed) <= MOST_SEED or not seed.isprintable():
        raise DrawTextError(f"a seed has 1 to {MOST_SEED} printable characters")
    if not 1 <= wanted.count <= MOST_DRAWN:
        raise DrawTextError(f"1 to {MOST_DRAWN} cases are drawn")
    zone = archive.settings.zone
    since, until = lower_bound(wanted.first, zone), upper_bound(wanted.last, zone)
    period = Period(from_us=microseconds(since), to_us=microseconds(until), unit=wanted.unit)
    archive.ledger.publish()
    size = archive.reader.published().size
    checkpoint = Checkpoint(size=size, root=archive.reader.root(size).hex())
    found = candidates(archive.reader, size, period)
    if not found:
        raise NothingToDrawError("no case was closed in that time")
    id_ = new_id("draw")
    chosen = drawn(seed, checkpoint, found, wanted.count)
    event = Event(
        type="draw.made",
        subject=id_,
        actor=actor,
        data={
            "seed": seed,
            "checkpoint": {"size": checkpoint.size, "root": checkpoint.root},
            "from": moment_text(period.from_us),
            "to": moment_text(period.to_us),
            "unit": period.unit,
            "of": len(found),
            "candidates": list_digest(found),
            "drawn": list(chosen),
        },
    )
    archive.record([event])
    archive.ledger.publish()
    archive.catalogue.catch_up()
    return draw_of(archive, id_)


def draw_of(archive: Archive, id_: str) -> Draw:
    """A draw by its id. Raises UnknownDrawError."""
    rows = archive.catalogue.custody(id_) if is_id(id_, "draw") else []
    made = next((row for row in rows if row.type == "draw.made"), None)
    if made is None:
        raise UnknownDrawError("there is no such draw")
    entry = archive.reader.entry(made.index)
    found = _draw(id_, made.index, entry.actor, entry.time, entry.data)
    if found is None:
        raise UnknownDrawError("the entry of this draw is malformed")
    return found


def is_right(archive: Archive, draw: Draw) -> bool:
    """Whether the ledger, asked again, gives the same root, the same cases and the same draw."""
    if archive.reader.root(draw.checkpoint.size).hex() != draw.checkpoint.root:
        return False
    found = candidates(archive.reader, draw.checkpoint.size, draw.period)
    again = drawn(draw.seed, draw.checkpoint, found, len(draw.drawn))
    same = (len(found), list_digest(found)) == (draw.of, draw.candidates)
    return same and again == draw.drawn


def score(
    archive: Archive,
    draw: Draw,
    case: str,
    points: Mapping[str, int],
    *,
    actor: str,
    note: str | None = None,
) -> Given:
    """Score a case (id) that was drawn: points by item, every item once.

    Raises:
        UnknownDrawError: it was not drawn.
        DrawTextError: an item that the sheet lacks, or without points, or with too many; or too long a note.
        SheetError: the sheet cannot be read.
    """
    if case not in draw.drawn:
        raise UnknownDrawError("the case was not drawn")
    sheet = sheet_of(archive.root)
    if set(points) != {item.id for item in sheet.items}:
        raise DrawTextError(f"every item once: {', '.join(item.id for item in sheet.items)}")
    for item in sheet.items:
        if not 0 <= points[item.id] <= item.most:
            raise DrawTextError(f"{item.id} has 0 to {item.most} points")
    if note is not None and (len(note) > _MOST_NOTE or "\0" in note):
        raise DrawTextError(f"a note has at most {_MOST_NOTE} characters")
    event = Event(
        type="score.given",
        subject=draw.id,
        actor=actor,
        data={
            "case": case,
            "points": [
                {"item": item.id, "given": points[item.id], "most": item.most}
                for item in sheet.items
            ],
            "total": sum(points.values()),
            "of": sheet.most,
        },
        text={"note": note.strip()} if note and note.strip() else None,
    )
    archive.record([event])
    archive.catalogue.catch_up()
    return scores_of(archive, draw)[-1]


def scores_of(archive: Archive, draw: Draw) -> list[Given]:
    """All scores of a draw, oldest first."""
    found = []
    for row in archive.catalogue.custody(draw.id):
        if row.type != "score.given":
            continue
        data = row.data
        points = tuple((str(p["item"]), int(p["given"]), int(p["most"])) for p in data["points"])
        found.append(
            Given(
                case=str(data["case"]),
                points=points,
                total=int(data["total"]),
                of=int(data["of"]),
                actor=row.actor,
                at=row.time,
                note=row.written.get("note"),
            )
        )
    return found


def _draw(id_: str, index: int, actor: str, at: str, data: Mapping[str, Any]) -> Draw | None:
    since, until = known_us(data.get("from")), known_us(data.get("to"))
    if since is None or until is None:
        return None
    return Draw(
        id=id_,
        index=index,
        actor=actor,
        made_at=at,
        seed=str(data["seed"]),
        checkpoint=Checkpoint(
            size=int(data["checkpoint"]["size"]), root=str(data["checkpoint"]["root"])
        ),
        period=Period(from_us=since, to_us=until, unit=data.get("unit")),
        of=int(data["of"]),
        candidates=str(data["candidates"]),
        drawn=tuple(str(case) for case in data["drawn"]),
    )
