"""`case open|show|list|link|unlink|close`. What is refused is archive/cases.py's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.documents import case as case_document
from api.documents import found_clip
from archive import cases
from archive.catalogue.rows import CaseRow
from archive.catalogue.search import FindQuery
from archive.catalogue.times import lower_bound, upper_bound
from archive.opening import Archive
from ingest.linking import link_case
from muniment.answer import Answer, Asked
from muniment.columns import pad, printable, table, width
from muniment.commands.find import clip_lines
from muniment.names import officer_id
from muniment.opening import reading, writing
from muniment.receipt import local_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What was typed."""

    number: str
    title: str | None = None
    subject: str | None = None
    officers: tuple[str, ...] = ()  # badges
    from_: str | None = None
    to: str | None = None
    place: str | None = None


def open_case(asked: Asked, new: NewCase) -> Answer:
    """Open a case, and link to it by rule what is there already. Raises as `archive.cases.open_case`."""
    with writing(asked) as archive:
        linked = open_in(archive, asked.actor, new)
        row = cases.need_case(archive.catalogue, new.number)
        document = _document(archive, row) | {"linked": linked}
    lines = [asked.words("case.opened", number=printable(row.number or new.number))]
    if linked:
        lines.append(asked.words("case.rule_linked", count=len(linked)))
    return Answer(document=document, text="\n".join(lines))


def open_in(archive: Archive, actor: str, new: NewCase) -> list[str]:
    """Open a case in an archive; returns the clips that the rule linked."""
    zone = archive.settings.zone
    case_id = cases.open_case(
        archive,
        actor=actor,
        number=new.number,
        unit=archive.settings.unit,
        title=new.title,
        subject=new.subject,
        place=new.place,
        officers=[officer_id(archive, badge, actor=actor) for badge in new.officers],
        from_=None if new.from_ is None else lower_bound(new.from_, zone),
        to=None if new.to is None else _last_moment(new.to, archive),
    )
    archive.catalogue.catch_up()
    linked = link_case(archive, actor=actor, case_id=case_id)
    archive.ledger.publish()
    archive.catalogue.catch_up()
    return linked


def _last_moment(text: str, archive: Archive) -> datetime:
    """The last moment that ``--to`` takes in: a day is taken in whole."""
    return upper_bound(text, archive.settings.zone) - timedelta(microseconds=1)


def _document(archive: Archive, row: CaseRow) -> dict[str, Any]:
    unit = archive.catalogue.unit(row.unit_id) if row.unit_id else None
    document: dict[str, Any] = case_document(
        row, unit=None if unit is None else unit.name, officers=_badges(archive, row)
    )
    return document


def _badges(archive: Archive, row: CaseRow) -> list[str]:
    found = [(id_, archive.catalogue.officer(id_)) for id_ in row.officers]
    return [id_ if o is None or o.badge is None else o.badge for id_, o in found]


def show_case(asked: Asked, number: str) -> Answer:
    """A case and its clips. Raises UnknownCaseError."""
    with reading(asked) as archive:
        row = cases.need_case(archive.catalogue, number)
        clips = archive.catalogue.find(FindQuery(case=number)).clips
        document = _document(archive, row) | {"clips": [found_clip(clip) for clip in clips]}
        zone = archive.settings.zone
        state = asked.words(f"case.state.{document['state']}")
        facts = [
            ("title", row.title),
            ("subject", row.subject),
            ("place", row.place),
            ("officers", ", ".join(document["officers"]) or None),
            ("from", local_text(row.from_, zone) if row.from_ else None),
            ("to", local_text(row.to, zone) if row.to else None),
            ("opened_at", local_text(row.opened_at, zone)),
            ("closed_at", local_text(row.closed_at, zone) if row.closed_at else None),
        ]
        names = {name: asked.words(f"case.{name}") for name, _ in facts}
        cells = max(map(width, names.values()))
        lines = [f"{printable(row.number or number)} ({state})"]
        lines += [f"  {pad(names[n], cells)}  {printable(value)}" for n, value in facts if value]
        lines.append("")
        lines += clip_lines(asked, clips, archive) if clips else [asked.words("find.none")]
    return Answer(document=document, text="\n".join(lines))


def list_cases(asked: Asked) -> Answer:
    """All cases, newest first."""
    with reading(asked) as archive:
        page = archive.catalogue.cases()
        documents = [_document(archive, row) | {"clips": row.clips} for row in page.cases]
        zone = archive.settings.zone
    if not page.cases:
        return Answer(document={"total": 0, "cases": []}, text=asked.words("case.none"))
    rows = [
        [
            row.number or "-",
            asked.words(f"case.state.{'open' if row.is_open else 'closed'}"),
            str(row.clips),
            local_text(row.opened_at, zone),
            row.title or "-",
        ]
        for row in page.cases
    ]
    lines = table(asked.words("case.head").split("|"), rows, flush_right=(2,))
    return Answer(document={"total": page.total, "cases": documents}, text="\n".join(lines))


def close_case(asked: Asked, number: str, reason: str | None) -> Answer:
    """Close a case. Raises as `archive.cases.close_case`."""
    with writing(asked) as archive:
        cases.close_case(archive, actor=asked.actor, number=number, reason=reason)
        archive.catalogue.catch_up()
        document = _document(archive, cases.need_case(archive.catalogue, number))
    return Answer(document=document, text=asked.words("case.closed", number=printable(number)))


def link_clip(asked: Asked, clip: str, number: str, reason: str) -> Answer:
    """Tie a clip to a case. Raises as `archive.cases.link_clip`."""
    with writing(asked) as archive:
        cases.link_clip(archive, actor=asked.actor, number=number, clip=clip, reason=reason)
        document = _links(archive, clip)
    text = asked.words("case.linked", clip=clip, number=printable(number))
    return Answer(document=document, text=text)


def unlink_clip(asked: Asked, clip: str, number: str, reason: str) -> Answer:
    """Untie a clip from a case. Raises as `archive.cases.unlink_clip`."""
    with writing(asked) as archive:
        cases.unlink_clip(archive, actor=asked.actor, number=number, clip=clip, reason=reason)
        document = _links(archive, clip)
    text = asked.words("case.unlinked", clip=clip, number=printable(number))
    return Answer(document=document, text=text)


def _links(archive: Archive, clip: str) -> dict[str, Any]:
    archive.catalogue.catch_up()
    row = archive.catalogue.clip(clip)
    return {"clip": clip, "cases": [] if row is None else list(row.cases)}
