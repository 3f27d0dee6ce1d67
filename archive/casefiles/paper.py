"""Papers as PDF: forms filled in, and the volume catalogue. A4, black on white, Chinese first, English small below.

What always holds: letters that the font lacks are shown by their code; the case's number and the page stand at the foot
of every page; made anew from the same values at the same moment with the same font it is the same file.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

from archive.casefiles.errors import NoFontError
from archive.package.report import fonts
from archive.package.report.lines import wrapped
from archive.tables import Words

_NAME: Final = "paper"
_WIDTH: Final = 178.0  # mm between the margins of 16
_LABEL: Final = 46.0
_INK: Final = (27, 31, 36)
_SOFT: Final = (91, 100, 112)
_LINE: Final = (150, 156, 164)
_PAD: Final = 1.6
_LEAD: Final = 5.4  # mm from line to line
_SMALL: Final = 3.2
_SIGN: Final = 22.0  # mm for a signature
_LONG: Final = 60.0  # mm: what is higher goes over pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A label and what is written beside it."""

    label: Words
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Heads, and rows of as many cells; widths in mm."""

    heads: tuple[Words, ...]
    widths: tuple[float, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything on a paper."""

    title: Words
    below: str  # the title: whose paper it is
    foot: str
    lines: Sequence[Line]
    made_at: datetime
    table: Table | None = None
    signs: Sequence[Words] = ()


def render(sheet: Sheet) -> tuple[bytes, int]:
    """The file, and how many pages it has. Raises NoFontError; OSError: the font cannot be read."""
    font = fonts.find()
    if font is None:
        raise NoFontError(f"no font with Chinese is here: install {fonts.DEBIAN}")
    # As in the report: it names each letter that a font lacks, though `fit` has replaced them.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    paper = _Paper(sheet, font)
    paper.head()
    for line in sheet.lines:
        paper.line_of(line)
    if sheet.table is not None:
        paper.table_of(sheet.table)
    for sign in sheet.signs:
        paper.sign_here(sign)
    pages = paper.page_no()
    return bytes(paper.output()), pages


class _Paper(FPDF):
    """The pages under way."""

    def __init__(self, sheet: Sheet, font: fonts.Font) -> None:
        super().__init__(format="A4", unit="mm")
        self._sheet = sheet
        self._letters: dict[tuple[str, float], float] = {}
        self.set_margins(16, 18)
        self.set_auto_page_break(auto=False)
        self.add_font(_NAME, fname=font.path, collection_font_number=font.face)
        loaded = self.fonts[_NAME]
        self._known = set(loaded.cmap) if isinstance(loaded, TTFFont) else set()
        self.set_creation_date(sheet.made_at)
        self.set_title(sheet.title.zh)
        self.set_lang("zh")
        self.set_draw_color(*_LINE)
        self.set_font(_NAME, size=10)
        self.add_page()

    def footer(self) -> None:
        """The case, and the page of pages."""
        self.set_y(-13)
        self.set_font(_NAME, size=7)
        self.set_text_color(*_SOFT)
        self.cell(_WIDTH - 24, 4, self.fit(self._sheet.foot))
        self.cell(24, 4, f"{self.page_no()} / {{nb}}", align="R")

    def fit(self, words: str) -> str:
        """Text with letters that the font lacks written as their code."""
        if not self._known:
            return words
        return "".join(
            c if c == "\n" or ord(c) in self._known else f"\\u{ord(c):04x}" for c in words
        )

    def head(self) -> None:
        """The title, and whose paper it is."""
        sheet = self._sheet
        self.set_text_color(*_INK)
        for size, words in ((18, sheet.title.zh), (9, sheet.title.en), (9, sheet.below)):
            self.set_font(_NAME, size=size)
            for line in wrapped(self.fit(words), _WIDTH, self._letter):
                self.cell(_WIDTH, size * 0.5, line, align="C", new_x="LMARGIN", new_y="NEXT")
        self.ln(3)

    def line_of(self, line: Line) -> None:
        """Label at the left, value at the right; a long value over the whole width, and over pages."""
        self.set_font(_NAME, size=10)
        beside = self._lines(line.value, _WIDTH - _LABEL - 2 * _PAD)
        high = len(beside) * _LEAD + 2 * _PAD
        if high > _LONG:
            self._long(line)
            return
        high = max(high, self._label_height(line.label))
        self._room(high)
        top = self.get_y()
        self.rect(self.l_margin, top, _LABEL, high)
        self.rect(self.l_margin + _LABEL, top, _WIDTH - _LABEL, high)
        self._label(line.label, self.l_margin + _PAD, top + _PAD)
        self._write(beside, self.l_margin + _LABEL + _PAD, top + _PAD)
        self.set_xy(self.l_margin, top + high)

    def table_of(self, table: Table) -> None:
        """Rows that wrap, with their heads on each page."""
        self.ln(3)
        self._heads(table)
        for row in table.rows:
            self.set_font(_NAME, size=8)
            cells = [
                self._lines(cell, width - 2 * _PAD)
                for cell, width in zip(row, table.widths, strict=True)
            ]
            high = max(len(cell) for cell in cells) * 4.0 + 2 * _PAD
            if self._room(high):
                self._heads(table)
                self.set_font(_NAME, size=8)
            self._row(cells, table.widths, high)

    def sign_here(self, label: Words) -> None:
        """Room for a signature or seal."""
        self._room(_SIGN)
        top = self.get_y()
        self.rect(self.l_margin, top, _WIDTH, _SIGN)
        self._label(label, self.l_margin + _PAD, top + _PAD)
        self.set_xy(self.l_margin, top + _SIGN)

    def _heads(self, table: Table) -> None:
        self.set_font(_NAME, size=7)
        self.set_text_color(*_SOFT)
        cells = [
            self._lines(f"{head.zh} {head.en}", width - 2 * _PAD)
            for head, width in zip(table.heads, table.widths, strict=True)
        ]
        self._row(cells, table.widths, max(len(cell) for cell in cells) * 4.0 + 2 * _PAD)

    def _row(self, cells: Sequence[list[str]], widths: Sequence[float], high: float) -> None:
        top, left = self.get_y(), self.l_margin
        for lines, width in zip(cells, widths, strict=True):
            self.rect(left, top, width, high)
            for n, line in enumerate(lines):
                self.text(left + _PAD, top + _PAD + 4.0 * (n + 0.75), line)
            left += width
        self.set_text_color(*_INK)
        self.set_xy(self.l_margin, top + high)

    def _long(self, line: Line) -> None:
        label = self._label_height(line.label)
        self._room(label + 4 * _LEAD)
        self.set_font(_NAME, size=10)
        lines = self._lines(line.value, _WIDTH - 2 * _PAD)
        begin = True
        while lines:
            top = self.get_y()
            head = label if begin else 0.0
            room = int((self.h - 20 - top - head - 2 * _PAD) / _LEAD)
            part, lines = lines[:room], lines[room:]
            high = head + len(part) * _LEAD + 2 * _PAD
            self.rect(self.l_margin, top, _WIDTH, high)
            if begin:
                self._label(line.label, self.l_margin + _PAD, top + _PAD)
            self.set_font(_NAME, size=10)
            self._write(part, self.l_margin + _PAD, top + head + _PAD)
            self.set_xy(self.l_margin, top + high)
            begin = False
            if lines:
                self.add_page()

    def _label(self, label: Words, left: float, top: float) -> None:
        self.set_text_color(*_SOFT)
        for size, words, lead in ((9, label.zh, 4.4), (6.5, label.en, _SMALL)):
            self.set_font(_NAME, size=size)
            for line in self._lines(words, self._label_room()):
                self.text(left, top + lead * 0.75, line)
                top += lead
        self.set_font(_NAME, size=10)
        self.set_text_color(*_INK)

    def _label_height(self, label: Words) -> float:
        self.set_font(_NAME, size=9)
        high = len(self._lines(label.zh, self._label_room())) * 4.4
        self.set_font(_NAME, size=6.5)
        high += len(self._lines(label.en, self._label_room())) * _SMALL
        self.set_font(_NAME, size=10)
        return high + 2 * _PAD

    def _label_room(self) -> float:
        return _LABEL - 2 * _PAD

    def _write(self, lines: Sequence[str], left: float, top: float) -> None:
        self.set_text_color(*_INK)
        for n, line in enumerate(lines):
            self.text(left, top + _LEAD * (n + 0.75), line)

    def _lines(self, words: str, room: float) -> list[str]:
        return [
            line
            for part in self.fit(words).split("\n")
            for line in wrapped(part, room, self._letter)
        ]

    def _room(self, high: float) -> bool:
        """A new page where this does not fit any more; whether it was needed."""
        if self.get_y() + high <= self.h - 18:
            return False
        self.add_page()
        return True

    def _letter(self, c: str) -> float:
        key = c, self.font_size_pt
        if key not in self._letters:
            self._letters[key] = self.get_string_width(c)
        return self._letters[key]
