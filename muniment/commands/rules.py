"""`rules show|check`: the rules of the three systems that are in force, and whether a file of them would do."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from archive.casefiles.order import STAGES
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading
from oversight.errors import RuleFileError
from oversight.rules.book import RuleBook
from oversight.rules.model import (
    Deadline,
    Exposure,
    Limit,
    Point,
    Procedure,
    Retention,
    Rule,
    Share,
    Way,
    Yearly,
)
from oversight.rules.own import book_of
from oversight.rules.reading import read_rules


def show_rules(asked: Asked, day: str | None) -> Answer:
    """Those that bind this archive on a day, today without one. Raises RuleFileError, WrongUsageError."""
    with reading(asked) as archive:
        try:
            on = (
                datetime.now(archive.settings.zone).date()
                if day is None
                else date.fromisoformat(day)
            )
        except ValueError as e:
            raise WrongUsageError(f"{day} is no day; write it like 2026-05-01") from e
        book = book_of(archive.root)
    return _answer(asked, book, on)


def check_rules(asked: Asked, file: Path) -> Answer:
    """Whether a file holds rules; every mistake with its line is a finding. Raises WrongUsageError: not to be read."""
    try:
        data = file.read_bytes()
    except OSError as e:
        raise WrongUsageError(f"{file} cannot be read: {e.strerror}") from e
    try:
        found = read_rules(data, file.name)
    except RuleFileError as e:
        mistakes = [{"line": line, "reason": said} for line, said in e.mistakes]
        return Answer(
            document={
                "ok": False,
                "mistakes": mistakes,
                "error": {"code": e.code, "reason": str(e)},
            },
            text="\n".join(f"{printable(file.name)}:{m['line']}: {m['reason']}" for m in mistakes),
            status=1,
        )
    return Answer(
        document={"ok": True, "level": found.level, "rules": len(found.rules), "mistakes": []},
        text=asked.words("rules.sound", count=len(found.rules)),
    )


def _answer(asked: Asked, book: RuleBook, day: date) -> Answer:
    rules: list[Rule] = [*book.deadlines(day), *book.yearlies(day), *book.retentions(day)]
    rules += [*book.shares(day), *book.points(day), *book.limits(day), *book.procedures(day)]
    rules += [*book.ways(day), *book.exposures(day)]
    rows = [
        [
            rule.basis.id,
            _said(asked, rule),
            rule.basis.clause.of(asked.language),
            rule.basis.source.of(asked.language),
            rule.basis.in_force.isoformat(),
        ]
        for rule in rules
    ]
    lines = [title.of(asked.language) for _, title in book.levels]
    lines += table(asked.words("rules.head").split("|"), rows)
    document = {
        "day": day.isoformat(),
        "levels": [
            {"level": level, "title": title.of(asked.language)} for level, title in book.levels
        ],
        "rules": [_document(rule) for rule in rules],
    }
    return Answer(document=document, text="\n".join(lines))


def _said(asked: Asked, rule: Rule) -> str:
    """What it asks for, for people."""
    match rule:
        case Deadline():
            said = asked.words(
                "rules.within",
                begins=asked.words(f"rules.fact.{rule.begins}"),
                ends=asked.words(f"rules.fact.{rule.ends}"),
                within=_period(asked, rule.within),
            )
        case Yearly():
            said = asked.words("rules.yearly", month=rule.month, day=rule.day)
        case Share():
            said = asked.words("rules.share", percent=rule.percent)
        case Point():
            said = rule.name.of(asked.language)
        case Way():
            needed = [asked.words(f"stage.{stage}") for stage in STAGES if stage in rule.needs]
            said = f"{rule.name.of(asked.language)}: {' → '.join(needed)}"
        case _:
            said = f"{rule.name.of(asked.language)}: {_bound(asked, rule)}"
    return said


def _bound(asked: Asked, rule: Retention | Limit | Procedure | Exposure) -> str:
    if isinstance(rule, Retention):
        return _period(asked, rule.keep)
    if isinstance(rule, Exposure):
        return _period(asked, rule.public)
    if isinstance(rule, Procedure):
        return asked.words(f"rules.by.{rule.by}")
    bounds = (("least", rule.least), ("most", rule.most))
    said = [
        asked.words(f"rules.{name}", value=value) for name, value in bounds if value is not None
    ]
    return ", ".join(said)


def _period(asked: Asked, period: Any) -> str:
    if period is None:
        return asked.words("rules.for_ever")
    return asked.words(f"rules.unit.{period.unit.replace(' ', '_')}", amount=period.amount)


def _document(rule: Rule) -> dict[str, Any]:
    basis = rule.basis
    found: dict[str, Any] = {
        "id": basis.id,
        "clause": {"zh": basis.clause.zh, "en": basis.clause.en},
        "source": {"zh": basis.source.zh, "en": basis.source.en},
        "in_force": basis.in_force.isoformat(),
        "superseded": None if basis.superseded is None else basis.superseded.isoformat(),
    }
    match rule:
        case Deadline():
            found |= {
                "kind": "deadline",
                "begins": rule.begins,
                "ends": rule.ends,
                "within": str(rule.within),
                "rolls": rule.rolls,
                "acts": sorted(rule.acts),
                "excuses": [{"zh": words.zh, "en": words.en} for words in rule.excuses],
                "nearing": None if rule.nearing is None else str(rule.nearing),
            }
        case Yearly():
            found |= {"kind": "yearly", "on": f"{rule.month:02}-{rule.day:02}"}
        case Retention():
            found |= {"kind": "retention", "keep": None if rule.keep is None else str(rule.keep)}
        case Share():
            found |= {"kind": "share", "percent": rule.percent}
        case Point():
            found |= {"kind": "point", "name": {"zh": rule.name.zh, "en": rule.name.en}}
        case Limit():
            found |= {"kind": "limit", "name": {"zh": rule.name.zh, "en": rule.name.en}}
            found |= {"least": rule.least, "most": rule.most}
        case Way():
            needs = [stage for stage in STAGES if stage in rule.needs]
            name = {"zh": rule.name.zh, "en": rule.name.en}
            found |= {"kind": "way", "name": name, "acts": sorted(rule.acts), "needs": needs}
        case Exposure():
            name = {"zh": rule.name.zh, "en": rule.name.en}
            public = None if rule.public is None else str(rule.public)
            found |= {"kind": "exposure", "name": name, "acts": sorted(rule.acts), "public": public}
        case Procedure():
            found |= {"kind": "procedure", "name": {"zh": rule.name.zh, "en": rule.name.en}}
            found |= {"by": rule.by}
    return found
