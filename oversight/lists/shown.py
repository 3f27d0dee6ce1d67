"""Cells of a list as people read them. Pure functions."""

from __future__ import annotations

from typing import Final

from archive.tables import Words
from oversight.lists.cells import Cell
from oversight.lists.kinds import CHOICE_WORDS, Column

_KEPT: Final = {
    "for ever": Words(zh="永久", en="for ever"),
    "case": Words(zh="同案卷", en="as the case"),
}
_UNITS: Final = {
    "hour": "小时",
    "day": "日",
    "working day": "个工作日",
    "month": "个月",
    "year": "年",
}


def shown(column: Column, cell: Cell | None, lang: str) -> str:
    """What stands in a cell, in the reader's language; empty: nothing does."""
    if cell is None:
        return ""
    if column.shape == "choice" and cell in CHOICE_WORDS:
        return CHOICE_WORDS[str(cell)].of(lang)
    if column.shape == "yuan":
        yuan, cents = divmod(int(cell), 100)
        return f"{yuan}.{cents:02}" if cents else str(yuan)
    if column.shape == "keep":
        return _kept(str(cell), lang)
    return str(cell)


def _kept(cell: str, lang: str) -> str:
    if cell in _KEPT:
        return _KEPT[cell].of(lang)
    amount, _, unit = cell.partition(" ")
    return f"{amount}{_UNITS[unit.removesuffix('s')]}" if lang == "zh" else cell
