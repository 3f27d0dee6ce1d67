"""`draw make|show|score|sheet`. How cases are drawn is oversight/draws'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.cases import need_case
from archive.catalogue.times import moment_text
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import UnknownNameError, WrongUsageError
from muniment.opening import reading, writing
from oversight.draws.making import Draw, Given, Wanted, draw_of, is_right, make, score, scores_of
from oversight.draws.sheet import sheet_of

_FINDINGS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A draw as it was typed."""

    seed: str
    count: int
    first: str
    last: str
    unit: str | None  # name


def make_draw(asked: Asked, typed: Typed) -> Answer:
    """Draw. Raises UnknownNameError, and as `make`."""
    with writing(asked) as archive:
        wanted = Wanted(
            seed=typed.seed,
            count=typed.count,
            first=typed.first,
            last=typed.last,
            unit=_unit(archive, typed.unit),
        )
        draw = make(archive, wanted, actor=asked.actor)
        document = _document(archive, draw)
    lines = [_line(asked, draw), *(f"  {printable(number)}" for number in document["drawn"])]
    return Answer(document=document, text="\n".join(lines))


def show_draw(asked: Asked, id_: str) -> Answer:
    """Draw again, and show the scores; exit status 1 where it is not the same. Raises UnknownDrawError."""
    with reading(asked) as archive:
        draw = draw_of(archive, id_)
        right = is_right(archive, draw)
        given = scores_of(archive, draw)
        document = _document(archive, draw) | {
            "same": right,
            "scores": [_given(archive, each) for each in given],
        }
        numbers = {case: _number(archive, case) for case in draw.drawn}
    newest = {each.case: f"{each.total}/{each.of}" for each in given}
    rows = [[printable(numbers[case]), newest.get(case, "-")] for case in draw.drawn]
    lines = [
        _line(asked, draw),
        asked.words("draw.right" if right else "draw.wrong"),
        *table(asked.words("draw.head").split("|"), rows, flush_right=(1,)),
    ]
    return Answer(document=document, text="\n".join(lines), status=0 if right else _FINDINGS)


def score_case(
    asked: Asked, id_: str, number: str, points: Sequence[str], note: str | None
) -> Answer:
    """Score a case. Raises WrongUsageError, and as `score`."""
    typed = dict(_point(point) for point in points)
    if len(typed) < len(points):
        raise WrongUsageError("--point: an item is there twice")
    with writing(asked) as archive:
        draw = draw_of(archive, id_)
        case = need_case(archive.catalogue, number)
        given = score(archive, draw, case.id, typed, actor=asked.actor, note=note)
        archive.ledger.publish()
        document = _given(archive, given)
    text = asked.words("draw.scored", number=printable(number), total=given.total, of=given.of)
    return Answer(document=document, text=text)


def show_sheet(asked: Asked) -> Answer:
    """The items. Raises SheetError."""
    with reading(asked) as archive:
        sheet = sheet_of(archive.root)
    lines = [
        sheet.title.of(asked.language),
        *(
            asked.words("draw.item", id=i.id, name=i.name.of(asked.language), most=i.most)
            for i in sheet.items
        ),
    ]
    document = {
        "title": {"zh": sheet.title.zh, "en": sheet.title.en},
        "items": [
            {"id": i.id, "name": {"zh": i.name.zh, "en": i.name.en}, "most": i.most}
            for i in sheet.items
        ],
    }
    return Answer(document=document, text="\n".join(lines))


def _document(archive: Archive, draw: Draw) -> dict[str, Any]:
    return {
        "draw": draw.id,
        "index": draw.index,
        "made_at": draw.made_at,
        "by": draw.actor,
        "seed": draw.seed,
        "checkpoint": {"size": draw.checkpoint.size, "root": draw.checkpoint.root},
        "from": moment_text(draw.period.from_us),
        "to": moment_text(draw.period.to_us),
        "unit": draw.period.unit,
        "of": draw.of,
        "candidates": draw.candidates,
        "drawn": [_number(archive, case) for case in draw.drawn],
        "cases": list(draw.drawn),
    }


def _given(archive: Archive, given: Given) -> dict[str, Any]:
    return {
        "case": _number(archive, given.case),
        "points": [{"item": i, "given": got, "most": most} for i, got, most in given.points],
        "total": given.total,
        "of": given.of,
        "by": given.actor,
        "at": given.at,
        "note": given.note,
    }


def _line(asked: Asked, draw: Draw) -> str:
    return asked.words(
        "draw.made",
        id=draw.id,
        drawn=len(draw.drawn),
        of=draw.of,
        seed=printable(draw.seed),
        size=draw.checkpoint.size,
        root=draw.checkpoint.root,
    )


def _number(archive: Archive, case: str) -> str:
    row = archive.catalogue.case(case)
    return case if row is None else row.number or case


def _unit(archive: Archive, name: str | None) -> str | None:
    if name is None:
        return None
    row = archive.catalogue.unit_by_name(name)
    if row is None:
        raise UnknownNameError(f"there is no unit {printable(name)}")
    return row.id


def _point(text: str) -> tuple[str, int]:
    item, sign, points = text.partition("=")
    if not sign or not points.isascii() or not points.isdecimal() or len(points) > 7:
        raise WrongUsageError(f"{printable(text)}: write ITEM=POINTS, like facts=28")
    return item.strip(), int(points)
