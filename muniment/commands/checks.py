"""`case check|explain`. What is wrong with a case is oversight/checks'."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from api.messages import name_of
from api.oversight.checks import documents, wording
from archive import cases
from archive.catalogue.times import lower_bound
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.opening import reading, writing
from oversight.checks.findings import Checked, Finding
from oversight.checks.reading import Checks
from oversight.checks.stating import Stop, explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What was typed."""

    number: str
    code: str
    reason: str
    from_: str | None = None
    to: str | None = None
    clip: str | None = None


def check_case(asked: Asked, number: str) -> Answer:
    """One case; findings that nobody stated a reason for are status 1. Raises UnknownCaseError."""
    with reading(asked) as archive:
        found = Checks(archive).case(cases.need_case(archive.catalogue, number).id)
        if found is None:
            raise cases.UnknownCaseError(f"there is no case {number.strip()}")
        zone = archive.settings.zone
    lines = _lines(asked, found, zone)
    return Answer(
        document=documents.checked(found), text="\n".join(lines), status=1 if found.open else 0
    )


def check_cases(asked: Asked) -> Answer:
    """Every open case that was filed; those with findings are told."""
    with reading(asked) as archive:
        zone, count, told = archive.settings.zone, 0, list[Checked]()
        for found in Checks(archive).open_cases():
            count += 1
            if found.open:
                told.append(found)
    lines = [line for found in told for line in _lines(asked, found, zone)]
    lines.append(asked.words("check.all", cases=count, found=len(told)))
    document = {"cases": count, "found": [documents.checked(found) for found in told]}
    return Answer(document=document, text="\n".join(lines), status=1 if told else 0)


def explain_stop(asked: Asked, typed: Stated) -> Answer:
    """State why nothing was recorded. Raises as `oversight.checks.stating.explain`, UnknownCaseError."""
    with writing(asked) as archive:
        case, zone = cases.need_case(archive.catalogue, typed.number), archive.settings.zone
        stop = Stop(
            code=typed.code,
            reason=typed.reason,
            from_=None if typed.from_ is None else lower_bound(typed.from_, zone),
            to=None if typed.to is None else lower_bound(typed.to, zone),
            clip=typed.clip,
        )
        explain(archive, case.id, stop, actor=asked.actor)
    document = {"case": case.number, "code": typed.code, "clip": typed.clip}
    return Answer(document=document, text=asked.words("check.explained"))


def _lines(asked: Asked, found: Checked, zone: ZoneInfo) -> list[str]:
    number = printable(found.number or found.case)
    key = "check.unlisted" if found.list_version is None else "check.line"
    lines = [asked.words(key, number=number, version=found.list_version, open=len(found.open))]
    if not found.findings:
        return [*lines, f"  {asked.words('check.clean')}"]
    return lines + [line for each in found.findings for line in _finding(asked, each, zone)]


def _finding(asked: Asked, found: Finding, zone: ZoneInfo) -> list[str]:
    lang, needed = asked.language, found.requirement
    name = "" if needed is None else f"{printable(needed.name)}: "
    lines = [f"  {'·' if found.explained else '!'} {name}{wording.said(found, lang, zone)}"]
    if needed is not None and (clause := needed.clause.of(lang)):
        source = printable(needed.source.of(lang))
        lines.append(f"    {printable(clause)}{f' ({source})' if source else ''}")
    if found.explained is None:
        return [*lines, f"    → {wording.cure(found, lang)}"]
    code = name_of(lang, "stop", found.explained.code)
    reason = printable(found.explained.reason or "-")
    return [*lines, f"    {asked.words('check.stated', code=code, reason=reason)}"]
