"""The annual report as it is proposed, published and read: canonical JSON with whole numbers only.

What always holds: it names the ledger's size that it was counted at, so whoever has the ledger counts the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from archive.canonical import encode
from archive.tables import Words
from oversight.report.counting import FIGURES, Line, YearFigures

FORMAT: Final = 1
TITLE: Final = Words(
    zh="{agency}{year}年度行政执法总体情况", en="{agency}: administrative enforcement in {year}"
)
FIGURE_WORDS: Final[Mapping[str, Words]] = {
    "done": Words(zh="办理", en="Done"),
    "decided": Words(zh="作出决定", en="Decided"),
    "on_time": Words(zh="按时公示", en="Published in time"),
    "late": Words(zh="逾期公示", en="Published late"),
    "unpublished": Words(zh="尚未公示", en="Not published yet"),
    "excused": Words(zh="依法不公开", en="Not disclosed by law"),
    "reviewed": Words(zh="法制审核同意", en="Agreed by legal review"),
    "revoked": Words(
        zh="决定被撤销、变更或确认违法", en="Decision revoked, changed or held unlawful"
    ),
    "withdrawn": Words(zh="撤回公示", en="Publication withdrawn"),
}
AMOUNT: Final = Words(zh="罚没金额(元)", en="Fines, yuan")


def data_of(found: YearFigures, agency: str, units: Mapping[str, str]) -> dict[str, Any]:
    """The report as data; `units`: their names by id."""
    return {
        "format": FORMAT,
        "kind": "report",
        "year": found.year,
        "agency": agency,
        "title": {
            "zh": TITLE.zh.format(agency=agency, year=found.year),
            "en": TITLE.en.format(agency=agency, year=found.year),
        },
        "size": found.size,
        "lines": [_line(line, units) for line in found.lines],
        "total": _line(found.total, units),
    }


def bytes_of(data: Mapping[str, Any]) -> bytes:
    """As it is kept."""
    return encode(dict(data))


def _line(line: Line, units: Mapping[str, str]) -> dict[str, Any]:
    return {
        "unit": units.get(line.unit, ""),
        "unit_id": line.unit,
        "act": line.act,
        **{name: line.figures[name] for name in FIGURES},
        "amount": line.amount,
    }
