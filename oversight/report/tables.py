"""The annual report as a table: for a page, as CSV, as PDF. Pure functions of its data."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from archive.casefiles.paper import Line, Sheet, Table, render
from archive.tables import Words
from oversight.lists.kinds import CHOICE_WORDS
from oversight.report.counting import FIGURES
from oversight.report.record import AMOUNT, FIGURE_WORDS

UNIT: Final = Words(zh="单位", en="Unit")
ACT: Final = Words(zh="执法类别", en="Act")
TOTAL: Final = Words(zh="合计", en="Total")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS: Final = (26.0, 16.0, *(12.6,) * 9, 22.6)


def heads() -> tuple[Words, ...]:
    """Of the columns, in their order."""
    return (UNIT, ACT, *(FIGURE_WORDS[name] for name in FIGURES), AMOUNT)


def cells(data: Mapping[str, Any], lang: str) -> list[tuple[str, ...]]:
    """The lines and the total, as people read them."""
    found = [_cells(line, str(line["unit"]) or "-", lang) for line in data["lines"]]
    return [*found, _cells(data["total"], TOTAL.of(lang), lang)]


def csv_of(data: Mapping[str, Any], lang: str) -> str:
    """As CSV (RFC 4180) with a byte order mark, so that a spreadsheet reads Chinese; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([head.of(lang) for head in heads()])
    for row in cells(data, lang):
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return "\ufeff" + out.getvalue()


def pdf_of(data: Mapping[str, Any], made_at: datetime) -> bytes:
    """As a paper. Raises NoFontError; OSError: the font cannot be read."""
    sheet = Sheet(
        title=Words(zh=data["title"]["zh"], en=data["title"]["en"]),
        below=str(data["agency"]),
        foot=f"{data['year']} · {data['size']}",
        lines=[
            Line(
                label=Words(zh="统计至账本条目", en="Counted at ledger size"),
                value=str(data["size"]),
            )
        ],
        made_at=made_at,
        table=Table(heads=heads(), widths=_WIDTHS, rows=cells(data, "zh")),
    )
    return render(sheet)[0]


def yuan(cents: int) -> str:
    """分 as 元."""
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02}" if rest else str(whole)


def _cells(line: Mapping[str, Any], unit: str, lang: str) -> tuple[str, ...]:
    act = str(line["act"])
    shown = CHOICE_WORDS[act].of(lang) if act in CHOICE_WORDS else act
    return (unit, shown, *(str(line[name]) for name in FIGURES), yuan(int(line["amount"])))
