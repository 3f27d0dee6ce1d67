"""The archival code (档号) of a case: by a rule in data, given once.

What always holds: a case that has a code keeps it, whatever the rule says later; one that was given at closing counts.
Two cases never get the same: a case's number, which is unique for ever, is part of each. Does not ask whether the
receiving archive likes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from archive.cases import deciding
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import known_us
from archive.events import Event
from archive.opening import Archive
from archive.tables import Table, TableError, Words, read_document
from oversight.retention.facts import Kept
from oversight.transfer.errors import CodeRuleError, TransferTextError

NAME: Final = "transfer.toml"  # below ROOT
FORMAT: Final = 1
_MOST: Final = 1 << 18
_PARTS: Final = ("fonds", "category", "year", "term", "case")
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long it is kept, as archives say it."""

    code: str
    name: Words
    years: int  # 0: for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRule:
    """How a code is made."""

    pattern: str
    fonds: str | None
    category: str
    clause: Words
    source: Words
    terms: tuple[Term, ...]  # the permanent one is among them


def rule_of(root: Path) -> CodeRule:
    """The rule of an archive. Raises CodeRuleError."""
    try:
        with (root / NAME).open("rb") as file:
            return read_rule(file.read(_MOST + 1), NAME)
    except FileNotFoundError:
        return shipped()
    except OSError as e:
        raise CodeRuleError(NAME, ((1, f"cannot be read: {e.strerror}"),)) from e


@cache
def shipped() -> CodeRule:
    """The one that comes with the program."""
    name = "code.toml"
    return read_rule(files(__package__).joinpath(name).read_bytes(), name)


def read_rule(data: bytes, source: str) -> CodeRule:
    """A rule out of its bytes. Raises CodeRuleError."""
    try:
        document = read_document(data, most=_MOST, about="docs/formats/transfer.md")
    except TableError as e:
        raise CodeRuleError(source, e.mistakes) from e
    if not document.is_format(FORMAT):
        raise CodeRuleError(source, tuple(document.mistakes))
    table = document.table("code")
    pattern = table.text("pattern")
    left = pattern
    for part in _PARTS:
        left = left.replace(f"{{{part}}}", "", 1)
    if "{case}" not in pattern or "{" in left or "}" in left:
        table.wrong("pattern", f"it has {{case}}, and of {', '.join(_PARTS)} each once at most")
    rule = CodeRule(
        pattern=pattern,
        fonds=table.text("fonds") if "fonds" in table.left else None,
        category=table.text("category"),
        clause=table.words("clause"),
        source=table.words("source"),
        terms=tuple(_term(row) for row in document.rows("term", needed=True)),
    )
    table.end()
    document.no_twins("term", "code", [term.code for term in rule.terms])
    if sum(term.years == 0 for term in rule.terms) != 1:
        table.wrong("", "exactly one [[term]] has years = 0")
    document.end()
    if document.mistakes:
        raise CodeRuleError(source, tuple(sorted(document.mistakes)))
    return rule


def _term(table: Table) -> Term:
    table.code("id")
    term = Term(code=table.text("code"), name=table.words("name"), years=table.count("years"))
    table.end()
    return term


def term_of(rule: CodeRule, kept: list[Kept]) -> Term:
    """The shortest term that is not shorter than what keeps any clip of the case; what no rule ends is permanent."""
    permanent = next(term for term in rule.terms if term.years == 0)
    longest = timedelta(0)
    for each in kept:
        if each.keeping.until is None:
            return permanent
        longest = max(longest, each.keeping.until - each.begins)
    fitting = [term for term in rule.terms if term.years and term.years * _YEAR >= longest]
    return min(fitting, key=lambda term: term.years, default=permanent) if kept else permanent


def code_given(archive: Archive, case: CaseRow) -> str | None:
    """The code that the case has: given by `case.coded`, or when it was closed."""
    for type_ in ("case.coded", "case.catalogued"):
        row = archive.catalogue.latest(case.id, type_)
        number = None if row is None else row.written.get("number")
        if isinstance(number, str) and number:
            return number
    return None


def give_code(
    archive: Archive, case: CaseRow, rule: CodeRule, *, fonds: str | None, term: Term, actor: str
) -> str:
    """The code of a closed case; where it has none, one is made and recorded.

    Raises:
        TransferTextError: neither the rule nor who asks names a fonds. Nothing was recorded.
    """
    with deciding(archive):
        there = code_given(archive, case)
        if there is not None:
            return there
        made = code_of(case, rule, fonds=fonds, term=term, year=_year(archive, case))
        event = Event(type="case.coded", subject=case.id, actor=actor, text={"number": made})
        archive.record([event])
    archive.catalogue.catch_up()
    return made


def code_of(case: CaseRow, rule: CodeRule, *, fonds: str | None, term: Term, year: str) -> str:
    """A code. Raises TransferTextError."""
    named = fonds or rule.fonds
    if named is None and "{fonds}" in rule.pattern:
        raise TransferTextError(f"say the fonds (--fonds), or write it into {NAME}")
    said = {
        "fonds": named or "",
        "category": rule.category,
        "year": year,
        "term": term.code,
        "case": case.number or case.id,
    }
    # Piece by piece: a case's number may hold braces itself.
    head, *pieces = rule.pattern.split("{")
    cut = [piece.partition("}") for piece in pieces]
    return head + "".join(said[name] + rest for name, _, rest in cut)


def _year(archive: Archive, case: CaseRow) -> str:
    closed = known_us(case.closed_at) or 0
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=closed)
    return str(moment.astimezone(archive.settings.zone).year)
