"""`hold`, `classify`, `retention`: what keeps a clip, and until when. Removes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archive import cases, holds
from archive.catalogue.hold_queries import HoldRow
from archive.ids import is_id
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading, writing
from muniment.receipt import local_text
from oversight.disposal import deciding
from oversight.retention.categories import checked_categories
from oversight.retention.facts import kept
from oversight.retention.keeping import Keeper
from oversight.retention.trying import CHANGES, what_if
from oversight.rules.book import RuleBook
from oversight.rules.own import book_of, book_with
from oversight.rules.reading import read_rules


def place_hold(asked: Asked, about: str, reason: str) -> Answer:
    """Stop the disposal of a clip or of a case's clips. Raises as `archive.holds.place`."""
    with writing(asked) as archive:
        hold = holds.place(archive, about=_about(archive, about), actor=asked.actor, reason=reason)
        archive.ledger.publish()
    return Answer(document={"hold": hold}, text=asked.words("hold.placed", hold=hold))


def lift_hold(asked: Asked, hold: str, reason: str) -> Answer:
    """End a hold. Raises HoldError."""
    with writing(asked) as archive:
        holds.lift(archive, hold=hold, actor=asked.actor, reason=reason)
        archive.ledger.publish()
    return Answer(document={"hold": hold}, text=asked.words("hold.lifted", hold=hold))


def list_holds(asked: Asked, *, lifted: bool) -> Answer:
    """Those in force, or those that were lifted."""
    with reading(asked) as archive:
        rows = archive.catalogue.holds(lifted=lifted)
        lines = [
            [
                row.id,
                _named(archive, row),
                when(archive, row.placed_at),
                printable(row.placed_reason or ""),
            ]
            for row in rows
        ]
    documents = [
        {
            "hold": row.id,
            "about": row.about,
            "placed_at": row.placed_at,
            "reason": row.placed_reason,
            "lifted_at": row.lifted_at,
            "lifted_reason": row.lifted_reason,
        }
        for row in rows
    ]
    text = "\n".join(table(asked.words("hold.head").split("|"), lines))
    return Answer(document={"holds": documents}, text=text if rows else asked.words("hold.none"))


def classify(asked: Asked, about: list[str], categories: list[str], reason: str) -> Answer:
    """Say to which categories clips or cases belong, all anew. Raises UnknownCategoryError, as `holds.classify`."""
    with writing(asked) as archive:
        wanted = checked_categories(_keeper(archive, book_of(archive.root)), categories)
        changed = holds.classify(
            archive,
            about=[_about(archive, each) for each in about],
            categories=wanted,
            actor=asked.actor,
            reason=reason,
        )
        archive.ledger.publish()
    return Answer(
        document={"changed": changed, "categories": list(wanted)},
        text=asked.words("classify.done", count=changed),
    )


def show_retention(asked: Asked, clip: str) -> Answer:
    """Until when a clip is kept, and why. Raises UnknownClipError."""
    with reading(asked) as archive:
        row = archive.catalogue.clip(clip)
        if row is None:
            raise cases.UnknownClipError(f"there is no clip {clip}")
        look = kept(archive.catalogue, row, _keeper(archive, book_of(archive.root)))
        until = look.keeping.until
        said = None if until is None else until.isoformat().replace("+00:00", "Z")
        shown = "" if said is None else local_text(said, archive.settings.zone)
    rule = look.keeping.rule
    document: dict[str, Any] = {
        "clip": clip,
        "state": "disposed" if row.disposed_at else look.keeping.state,
        "until": said,
        "categories": sorted(look.keeping.categories),
        "rule": None if rule is None else rule.basis.id,
        "clause": None if rule is None else rule.basis.clause.of(asked.language),
        "held": look.held,
        "open_cases": list(look.open_cases),
        "disposed_at": row.disposed_at,
    }
    lines = [asked.words(f"retention.state.{document['state']}", until=shown)]
    lines += [document["clause"]] if document["clause"] else []
    lines += [asked.words("retention.held")] if look.held else []
    lines += [asked.words("retention.open_case")] if look.open_cases else []
    return Answer(document=document, text="\n".join(lines))


def try_rules(asked: Asked, file: Path) -> Answer:
    """What another file of rules would change. Raises RuleFileError, WrongUsageError."""
    try:
        other = read_rules(file.read_bytes(), file.name)
    except OSError as e:
        raise WrongUsageError(f"{file} cannot be read: {e.strerror}") from e
    with reading(asked) as archive:
        moment = deciding.utc_now()
        then = deciding.keeper_of(archive, book_with(archive.root, other), moment)
        tried = what_if(archive.catalogue, _keeper(archive, book_of(archive.root)), then, moment)
    document = {
        "clips": tried.clips,
        "counts": {change: tried.counts[change] for change in CHANGES},
        "bytes": {change: tried.bytes[change] for change in CHANGES},
        "changed": [
            {
                "categories": list(each.categories),
                "change": each.change,
                "clips": each.clips,
                "bytes": each.bytes,
                "from": each.first or None,
                "to": each.last or None,
            }
            for each in tried.changed
        ],
    }
    rows = [
        [
            ", ".join(each.categories),
            asked.words(f"retention.change.{each.change}"),
            str(each.clips),
            f"{each.first} – {each.last}",
        ]
        for each in tried.changed
    ]
    lines = [asked.words("retention.tried", clips=tried.clips, same=tried.counts["same"])]
    lines += table(asked.words("retention.head").split("|"), rows) if rows else []
    return Answer(document=document, text="\n".join(lines))


def _keeper(archive: Archive, book: RuleBook) -> Keeper:
    return deciding.keeper_of(archive, book, deciding.utc_now())


def _about(archive: Archive, text: str) -> str:
    """A clip by its id, or a case by its number. Raises UnknownCaseError."""
    return text if is_id(text, "clip") else cases.need_case(archive.catalogue, text).id


def _named(archive: Archive, row: HoldRow) -> str:
    case = archive.catalogue.case(row.about)
    return row.about if case is None else printable(case.number or case.id)


def when(archive: Archive, text: str) -> str:
    """A moment where the archive is."""
    return local_text(text, archive.settings.zone)
