"""`review list|show|intend|request|take|answer`, by the number of the case. What is refused is oversight/legal's.

What always holds: whoever takes or answers proves to be the reviewer, by the password of the reviewer's own account;
the entry has that account, not the machine's user.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from api.errors import InvalidInputError
from api.oversight.legal import sheets
from api.oversight.legal.typed import amount_of
from api.rights.showing import Names
from archive.cases import need_case
from archive.catalogue.legal_queries import ReviewRow
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.commands.proving import proven
from muniment.errors import UnknownNameError, WrongUsageError
from muniment.opening import reading, writing
from muniment.receipt import local_text
from oversight.legal import rounds
from oversight.legal.answers import OUTCOMES, PointAnswer
from oversight.legal.answers import Answer as Opinion
from oversight.legal.errors import UnknownReviewError
from oversight.legal.intentions import intend as say_what

_MOST: Final = 1_000_000  # bytes of an answer
_MEMBERS: Final = frozenset({"point", "ok", "document", "page", "clip", "at_us", "note"})


def list_reviews(asked: Asked) -> Answer:
    """Rounds that wait for somebody, oldest first."""
    with reading(asked) as archive:
        names, zone = Names.of(archive), archive.settings.zone
        found = [
            (archive.catalogue.case(row.case_id), sheets.round_(archive, row, names))
            for row in archive.catalogue.waiting_reviews()
        ]
    documents = [{"case": None if c is None else c.number, **r} for c, r in found]
    if not documents:
        return Answer(document={"reviews": []}, text=asked.words("review.none"))
    rows = [
        [
            d["case"] or "-",
            str(d["round"]),
            asked.words(f"review.state.{'requested' if d['free'] else d['state']}"),
            d["reviewer"] or "-",
            local_text(d["requested"]["at"], zone),
        ]
        for d in documents
    ]
    lines = table(asked.words("review.head").split("|"), rows)
    return Answer(document={"reviews": documents}, text="\n".join(lines))


def show_review(asked: Asked, number: str) -> Answer:
    """The gate, the points, every round. Raises UnknownCaseError."""
    with reading(asked) as archive:
        document = sheets.sheet(archive, need_case(archive.catalogue, number))
    return Answer(document=document, text="\n".join(_lines(asked, document)))


def intend(asked: Asked, number: str, *, measure: str | None, amount: str | None) -> Answer:
    """Say what is to be decided. Raises WrongUsageError, and as `intentions.intend`."""
    try:
        cents = amount_of({"amount": amount or ""})
    except InvalidInputError as e:
        raise WrongUsageError(str(e)) from e
    with writing(asked) as archive:
        case = say_what(archive, number, actor=asked.actor, measure=measure, amount=cents)
        document = sheets.sheet(archive, case)
    return Answer(document=document, text="\n".join(_lines(asked, document)))


def request(asked: Asked, number: str, *, officer: str | None, question: str | None) -> Answer:
    """Submit a case as it is. Raises UnknownNameError, and as `rounds.request`."""
    with writing(asked) as archive:
        by = None if officer is None else _officer(archive, officer)
        row = rounds.request(archive, number, actor=asked.actor, officer=by, question=question)
        return _round(asked, archive, row, "review.requested")


def take(asked: Asked, number: str, reviewer: str) -> Answer:
    """Take the newest round. Raises UnknownNameError, WrongCredentialsError, and as `rounds.take`."""
    with writing(asked) as archive:
        officer, id_ = _officer(archive, reviewer), _newest(archive, number)
        account = proven(archive, officer)
        row = rounds.take(archive, id_, actor=account, reviewer=officer)
        return _round(asked, archive, row, "review.taken")


def answer(asked: Asked, number: str, file: Path, reviewer: str) -> Answer:
    """Answer the newest round with what a file says. Raises as `take`, WrongUsageError, and as `rounds.answer`."""
    said = _opinion(file)
    with writing(asked) as archive:
        officer, id_ = _officer(archive, reviewer), _newest(archive, number)
        account = proven(archive, officer)
        row = rounds.answer(archive, id_, said, actor=account, reviewer=officer)
        return _round(asked, archive, row, "review.answered")


def _opinion(file: Path) -> Opinion:
    """As the API takes it: outcome, reason, points. Raises WrongUsageError."""
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read(_MOST))
        if not found.keys() <= {"outcome", "reason", "points"} or found["outcome"] not in OUTCOMES:
            raise WrongUsageError(f"{file.name}: outcome is one of {', '.join(OUTCOMES)}")
        points = [_point(file, point) for point in found["points"]]
        return Opinion(outcome=found["outcome"], reason=str(found["reason"]), points=points)
    except OSError as e:
        raise WrongUsageError(f"{file} cannot be read: {e.strerror}") from e
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise WrongUsageError(f"{file.name} is no answer: outcome, reason, points") from e


def _point(file: Path, found: dict[str, Any]) -> PointAnswer:
    if not found.keys() <= _MEMBERS or type(found.get("ok")) is not bool:
        raise WrongUsageError(f"{file.name}: a point has {', '.join(sorted(_MEMBERS))}")
    for name in ("page", "at_us"):
        if not isinstance(found.get(name), int | None):
            raise WrongUsageError(f"{file.name}: {name} is a whole number")
    for name in ("point", "document", "clip", "note"):
        if not isinstance(found.get(name), str | None):
            raise WrongUsageError(f"{file.name}: {name} is a text")
    return PointAnswer(**found)


def _newest(archive: Archive, number: str) -> str:
    found = archive.catalogue.legal_reviews(need_case(archive.catalogue, number).id)
    if not found:
        raise UnknownReviewError("no review of this case was asked for: `muniment review request`")
    return found[-1].id


def _officer(archive: Archive, badge: str) -> str:
    row = archive.catalogue.officer_by_badge(badge)
    if row is None:
        raise UnknownNameError(f"there is no officer {printable(badge)}")
    return row.id


def _round(asked: Asked, archive: Archive, row: ReviewRow, key: str) -> Answer:
    document = sheets.round_(archive, row, Names.of(archive))
    outcome = asked.words(f"review.outcome.{row.outcome}") if row.outcome else ""
    words = {"round": row.round, "reviewer": document["reviewer"] or "-", "outcome": outcome}
    return Answer(document=document, text=asked.words(key, **words))


def _lines(asked: Asked, document: dict[str, Any]) -> list[str]:
    gate, zh = document["gate"], asked.language == "zh"
    lines = [] if gate["listed"] else [asked.words("review.no_list")]
    if not gate["major"] and gate["open"]:
        lines += [asked.words("review.not_major")] if gate["listed"] else []
    else:
        lines += [asked.words("review.open" if gate["open"] else "review.closed")]
        if gate["words"]:
            lines.append(f"  {gate['words']['zh' if zh else 'en']}")
        if gate["major"]:
            row, name = gate["row"], printable(gate["name"])
            lines.append(asked.words("review.row", row=row, name=name))
        if gate["unknown"]:
            said = ", ".join(asked.words(f"review.fact.{name}") for name in gate["unknown"])
            lines.append(asked.words("review.unsaid", facts=said))
    for found in document["rounds"]:
        state = asked.words(f"review.state.{found['state']}")
        outcome = asked.words(f"review.outcome.{found['result']}") if found["result"] else ""
        words = {"round": found["round"], "state": state, "outcome": outcome}
        lines.append(asked.words("review.line", reviewer=found["reviewer"] or "-", **words))
    return lines
