"""What was typed into the forms of publication, as values. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from api.errors import InvalidInputError
from archive.catalogue.publication_queries import PublicationRow
from archive.opening import Archive
from oversight.publication.looking import findings, record_of
from oversight.publication.record import TEXTS, Mark, Record, Wording
from oversight.publication.steps import WHYS, Checking, Why

_MOST_WORDS: Final = 100


def wording_of(form: Mapping[str, str]) -> Wording:
    """What somebody writes of a decision."""
    said = {name: form.get(name, "") for name in ("title", "conclusion", "facts", "basis")}
    return Wording(document=form.get("document", ""), **said)


def why_of(form: Mapping[str, str]) -> Why:
    """Why something is withdrawn. Raises InvalidInputError."""
    for why in WHYS:
        if form.get("why") == why:
            found: Why = why
            return found
    raise InvalidInputError(f"why is one of {', '.join(WHYS)}")


def checking_of(archive: Archive, row: PublicationRow, form: Mapping[str, str]) -> Checking:
    """A check: what is ticked of what the scan finds, and each line of words wherever they stand.

    Raises:
        InvalidInputError: words that stand nowhere, or too many.
    """
    marks: list[Mark] = []
    if row.kind == "decision":
        record = record_of(archive, row)
        for found in findings(archive, row, record):
            place = f"{found.field}:{found.passage.begin}-{found.passage.end}"
            if form.get(f"cut_{place}") is not None:
                p = found.passage
                marks.append(Mark(field=found.field, begin=p.begin, end=p.end))
        marks += _worded(record, form.get("words", ""))
    return Checking(
        marks=marks,
        trade=form.get("trade") is not None,
        state=form.get("state") is not None,
        reason=form.get("reason") or None,
    )


def _worded(record: Record, typed: str) -> Iterator[Mark]:
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if len(lines) > _MOST_WORDS:
        raise InvalidInputError(f"at most {_MOST_WORDS} lines of words")
    for words in lines:
        places = [(field, at) for field in TEXTS for at in _places(getattr(record, field), words)]
        if not places:
            raise InvalidInputError(f"{words} stands nowhere in it")
        for field, at in places:
            yield Mark(field=field, begin=at, end=at + len(words))


def _places(text: str, words: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + len(words))
