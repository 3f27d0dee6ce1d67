"""`report annual|rows`: figures of a year, counted from the ledger, and the cases behind each."""

from __future__ import annotations

from datetime import UTC, datetime

from api.oversight.publication import documents
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading, writing
from oversight.report import annual
from oversight.report.counting import NO_UNIT, rows_of
from oversight.report.tables import cells, csv_of, heads, pdf_of


def figures(asked: Asked, year: int, *, how: str | None) -> Answer:
    """The figures, as a table, CSV or PDF (`how`). Raises ReportError, RuleFileError, NoFontError."""
    with reading(asked) as archive:
        data = annual.report(archive, year)
    if how == "csv":
        return Answer(document=data, raw=csv_of(data, asked.language).encode())
    if how == "pdf":
        return Answer(document=data, raw=pdf_of(data, datetime.now(UTC)))
    rows = [[printable(cell) for cell in row] for row in cells(data, asked.language)]
    lines = table(
        [head.of(asked.language) for head in heads()],
        rows,
        flush_right=tuple(range(2, len(heads()))),
    )
    return Answer(document=data, text="\n".join([data["title"][asked.language], *lines]))


def propose(asked: Asked, year: int) -> Answer:
    """Propose them for publication. Raises ReportError, RuleFileError."""
    with writing(asked) as archive:
        row = annual.propose(archive, year, actor=asked.actor)
        document = documents.publication(archive, row)
    return Answer(document=document, text=asked.words("report.proposed", id=row.id))


def rows(asked: Asked, year: int, figure: str, *, unit: str | None, act: str | None) -> Answer:
    """The cases that a figure counts. Raises ReportError, WrongUsageError: there is no such unit."""
    with reading(asked) as archive:
        found = list(rows_of(archive, year, figure, unit=_unit(archive, unit), act=act))
    document = {
        "figure": figure,
        "count": len(found),
        "cases": [documents.done_case(r) for r in found],
    }
    return Answer(document=document, text="\n".join(printable(r.number or "-") for r in found))


def _unit(archive: Archive, name: str | None) -> str | None:
    if name is None or name == NO_UNIT:
        return name
    found = archive.catalogue.unit_by_name(name)
    if found is None:
        raise WrongUsageError(f"there is no unit {name}")
    return found.id
