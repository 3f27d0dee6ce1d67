"""The rules of linking: shipped, or the agency's own ROOT/linking.toml in their place (docs/formats/linking.md).

What always holds: of a malformed file no rule counts; the weights of a rule are 1000 together, and it needs at
least one term that tells one case from another, and one about time.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from archive.tables import Document, Table, TableError, Words, all_among, read_document
from oversight.linking.errors import LinkRulesError
from oversight.linking.model import FULL, TELLING, TERMS, TIMED, LinkBook, Rule, Term

NAME: Final = "linking.toml"  # below ROOT
FORMAT: Final = 1
MOST: Final = 1 << 20
_MOST_MINUTES: Final = 7 * 24 * 60
_MINUTE: Final = 60_000_000
_ABOUT: Final = "docs/formats/linking.md"


def link_book(root: Path) -> LinkBook:
    """The rules of an archive. Raises LinkRulesError."""
    try:
        with (root / NAME).open("rb") as file:
            data = file.read(MOST + 1)
    except FileNotFoundError:
        return shipped()
    except OSError as e:
        raise LinkRulesError(NAME, ((1, f"cannot be read: {e.strerror}"),)) from e
    return read_book(data, NAME)


@cache
def shipped() -> LinkBook:
    """Those that come with the program."""
    return read_book(files(__package__).joinpath("rules.toml").read_bytes(), "rules.toml")


def read_book(data: bytes, source: str) -> LinkBook:
    """The rules in a file. Raises LinkRulesError."""
    try:
        document = read_document(data, most=MOST, about=_ABOUT)
    except TableError as e:
        raise LinkRulesError(source, e.mistakes) from e
    found = _book(document)
    if document.mistakes or found is None:
        raise LinkRulesError(source, tuple(sorted(document.mistakes)))
    return found


def _book(document: Document) -> LinkBook | None:
    if not document.is_format(FORMAT):
        return None
    head = document.table("linking")
    title: Words = head.words("title")
    margin, radius, automatic = (
        _whole(head, key, most)
        for key, most in (
            ("margin_minutes", _MOST_MINUTES),
            ("radius_m", 100_000),
            ("automatic", FULL),
        )
    )
    head.end()
    rules = tuple(_rule(table) for table in document.rows("rule", needed=True))
    document.no_twins("rule", "id", [rule.id for rule in rules])
    document.end()
    return LinkBook(
        title=title,
        margin_us=margin * _MINUTE,
        radius_m=radius,
        automatic=automatic,
        rules=rules,
    )


def _rule(table: Table) -> Rule:
    id_, name = table.code("id"), table.words("name")
    needs: tuple[Term, ...] = table.take(
        "needs", all_among(TERMS), f"a list of {', '.join(TERMS)}", ("officer",)
    )
    least = _whole(table, "least", FULL)
    weights = tuple((t, _whole(table, t, FULL)) for t in TERMS if t in table.left)
    table.end()
    if sum(weight for _, weight in weights) != FULL:
        table.wrong("", f"the weights of {', '.join(TERMS)} are {FULL} together")
    if not set(needs) <= {term for term, weight in weights if weight}:
        table.wrong("needs", "a term that is needed has a weight")
    if not TELLING & set(needs):
        table.wrong("needs", f"one of {', '.join(sorted(TELLING))} is needed")
    if not TIMED & set(needs):
        table.wrong("needs", f"one of {', '.join(sorted(TIMED))} is needed")
    if not least:
        table.wrong("least", "a score of 0 is that of everything")
    return Rule(id=id_, name=name, weights=weights, needs=frozenset(needs), least=least)


def _whole(table: Table, key: str, most: int) -> int:
    def read(value: Any) -> int | None:
        return value if type(value) is int and 0 <= value <= most else None

    return table.take(key, read, f"it has to be a whole number from 0 to {most}", 0)
