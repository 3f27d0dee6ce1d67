"""The report as PDF: the same facts in the same order as html.py, with the font embedded. A4, black on white.

Holds: the checkpoint that is cited and the page number stand at the foot of every page; made anew from the same facts
with the same font it is the same file. Letters that the font lacks are shown by their code.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from typing import Final

import segno
from fpdf import FPDF
from fpdf.fonts import TTFFont

from archive.package.report.facts import ClipFacts, Facts
from archive.package.report.fonts import Font
from archive.package.report.lines import wrapped
from archive.package.report.words import OWN, UNSYNCHRONISED, Pair, pair

_NAME: Final = "report"
_ACCENT: Final = (29, 63, 119)
_SOFT: Final = (91, 100, 112)
_INK: Final = (27, 31, 36)
_LINE: Final = (213, 218, 224)
_WIDTH: Final = 182.0  # mm between the margins of 14
_GAP: Final = 4.0
_SMALL: Final = 7  # points; of tables
_LEAD: Final = 3.8  # mm from line to line in them
_PAD: Final = 0.8
_BEGUN: Final = 60  # mm: a clip's facts and the first rows of its timeline
_MOST_EVENTS: Final = 5_000  # in a PDF: a hundred pages; report.html has them all


def render(facts: Facts, font: Font) -> bytes:
    """The whole file. Raises OSError: the font cannot be read."""
    # It names each letter that a font lacks, once for each time; `_Page.fit` has replaced them all.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    page = _Page(facts, font)
    page.head()
    page.what()
    page.whole()
    page.since()
    page.who()
    page.timeline()
    page.proofs()
    return bytes(page.output())


class _Page(FPDF):
    """The pages under way."""

    def __init__(self, facts: Facts, font: Font) -> None:
        super().__init__(format="A4", unit="mm")
        self._facts = facts
        self._letters: dict[tuple[str, float], float] = {}
        self._lines: dict[tuple[str, float], list[str]] = {}
        self.set_margins(14, 14)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_font(_NAME, fname=font.path, collection_font_number=font.face)
        loaded = self.fonts[_NAME]
        self._known = set(loaded.cmap) if isinstance(loaded, TTFFont) else set()
        self.set_creation_date(facts.made_at)
        self.set_title(" ".join(pair("title")))
        self.set_lang("zh")
        self.set_draw_color(*_LINE)
        self.set_font(_NAME, size=9)
        self.add_page()

    def footer(self) -> None:
        """Ledger, entries and root of the checkpoint; page of pages."""
        self.set_y(-14)
        self.set_font(_NAME, size=6.5)
        self.set_text_color(*_SOFT)
        line = f"{self._facts.origin}  {self._facts.size}  {self._facts.root}"
        self.cell(_WIDTH - 20, 4, self.fit(line))
        self.cell(20, 4, f"{self.page_no()} / {{nb}}", align="R")

    def fit(self, words: str) -> str:
        """Text with letters that the font lacks written as their code."""
        if not self._known:
            return words
        return "".join(c if ord(c) in self._known else f"\\u{ord(c):04x}" for c in words)

    def head(self) -> None:
        """Title and what the package is about."""
        facts = self._facts
        self._big(pair("title"), 17)
        rows = [("case" if facts.number is not None else "clip", facts.number or facts.subject)]
        rows += [("made", facts.made), ("origin", facts.origin), ("package", facts.name)]
        for key, value in (
            ("case_title", facts.title),
            ("concerns", facts.concerns),
            ("place", facts.place),
        ):
            if value:
                rows.append((key, value))
        self._values(rows)

    def what(self) -> None:
        """What is in it."""
        facts = self._facts
        self._heading("what")
        self._pair(pair("what_text", count=len(facts.clips)))
        rows = [
            (clip.name, str(clip.size), clip.start or _slashed("unknown"), clip.sha256)
            for clip in facts.clips
        ]
        self._table(("file", "size", "start", "sha256"), rows, (52, 22, 40, 68))
        if facts.left_out:
            self._heading("left_out")
            left = [(item.clip, _slashed(f"why.{item.why}")) for item in facts.left_out]
            self._table(("clip", "why"), left, (80, 102))

    def whole(self) -> None:
        """Whether it is whole."""
        facts = self._facts
        self._heading("whole")
        events = sum(len(clip.events) for clip in facts.clips)
        self._pair(pair("whole_text", events=events, size=facts.size))
        if damaged := sum(clip.damaged for clip in facts.clips):
            self._pair(pair("damaged_text", count=damaged))

    def since(self) -> None:
        """Since when it provably exists."""
        self._heading("since")
        if not self._facts.tokens:
            self._pair(pair("since_none"))
            return
        self._pair(pair("since_text"))
        rows = [
            (clip.name, clip.existed_by or _slashed("unknown"), _authority(clip))
            for clip in self._facts.clips
        ]
        self._table(("file", "existed", "authority"), rows, (72, 44, 66))

    def who(self) -> None:
        """Who had it."""
        self._heading("who")
        rows = [
            (
                clip.name,
                clip.officer or _slashed("unknown"),
                clip.recorder,
                clip.unit or _slashed("unknown"),
                "; ".join(clip.hands),
            )
            for clip in self._facts.clips
        ]
        self._table(("file", "officer", "recorder", "unit", "handled"), rows, (48, 30, 34, 24, 46))

    def timeline(self) -> None:
        """What happened to each clip."""
        if self.will_page_break(_BEGUN):
            self.add_page()
        self._heading("timeline")
        self._pair(pair("times", zone=self._facts.zone))
        events = sum(len(clip.events) for clip in self._facts.clips)
        if events > _MOST_EVENTS:
            self._pair(pair("too_long", events=events))
            return
        for clip in self._facts.clips:
            self._clip(clip)

    def proofs(self) -> None:
        """For experts."""
        facts = self._facts
        self.add_page()
        self._heading("proofs")
        self._pair(pair("cited_text"))
        drawn = io.BytesIO()
        segno.make(facts.checkpoint, error="m", micro=False).save(drawn, kind="png", scale=6)
        top = self.get_y()
        self.image(drawn, w=44, h=44)
        self.set_xy(62, top)
        self._values(
            [
                ("origin", facts.origin),
                ("entries", str(facts.size)),
                ("root", facts.root),
                ("key", facts.vkey),
                ("witnesses", ", ".join(facts.witnesses) or _slashed("none")),
            ],
            left=62,
        )
        self.set_y(max(self.get_y(), top + 46))
        rows = [
            (
                token.time,
                _own(token.authority, own=token.own, unsynchronised=token.unsynchronised),
                str(token.size),
                token.folder,
            )
            for token in facts.tokens
        ]
        self._table(("time", "authority", "covers", "folder"), rows, (36, 58, 28, 60))
        for key in ("seal_text", "verifier_text", facts.recorded_key, "not_shown"):
            self._pair(pair(key))

    def _clip(self, clip: ClipFacts) -> None:
        self.ln(2)
        self.set_font(_NAME, size=10)
        self.set_text_color(*_ACCENT)
        self._line(_WIDTH, clip.name)
        self._values(
            [
                ("clip", clip.id),
                ("start", clip.start or _slashed("unknown")),
                ("ingested", clip.ingested),
                ("verified", clip.verified or _slashed("unknown")),
                ("path", clip.path),
                ("sha256", clip.sha256),
            ]
        )
        rows = [
            (event.time, f"{event.zh} {event.en}", event.who, event.detail, str(event.index))
            for event in clip.events
        ]
        self._table(("time", "event", "actor", "detail", "entry"), rows, (36, 44, 46, 40, 16))

    def _big(self, words: Pair, size: float) -> None:
        self.set_font(_NAME, size=size)
        self.set_text_color(*_ACCENT)
        self._line(_WIDTH, f"{words[0]}  {words[1]}", height=size * 0.5)
        self.ln(1)

    def _heading(self, key: str) -> None:
        if self.will_page_break(24):
            self.add_page()
        self.ln(2)
        self._big(pair(key), 12)

    def _pair(self, words: Pair) -> None:
        """Chinese on the left, English on the right."""
        half = (_WIDTH - _GAP) / 2
        self.set_font(_NAME, size=8.5)
        if self.will_page_break(24):
            self.add_page()
        top = self.get_y()
        self.set_text_color(*_INK)
        self._line(half, words[0])
        bottom = self.get_y()
        self.set_xy(self.l_margin + half + _GAP, top)
        self.set_text_color(*_SOFT)
        self._line(half, words[1])
        self.set_xy(self.l_margin, max(bottom, self.get_y()) + 1)

    def _values(self, rows: list[tuple[str, str]], *, left: float = 14) -> None:
        for key, value in rows:
            self.set_x(left)
            self.set_font(_NAME, size=7.5)
            self.set_text_color(*_SOFT)
            self.cell(42, 4.2, self.fit(" ".join(pair(key))))
            self.set_font(_NAME, size=8.5)
            self.set_text_color(*_INK)
            self._line(14 + _WIDTH - left - 42, value, height=4.2)

    def _line(self, width: float, words: str, *, height: float = 4.2) -> None:
        left = self.get_x()
        for line in wrapped(self.fit(words), width - 2 * self.c_margin, self._letter):
            self.set_x(left)
            self.cell(width, height, line)
            self.ln(height)

    def _table(
        self, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...]
    ) -> None:
        """Rows that wrap. FPDF's own tables measure each row several times: minutes for a big case."""
        self.set_font(_NAME, size=_SMALL)
        head = tuple(" ".join(pair(key)) for key in heads)
        self._row(head, widths, _SOFT)
        for row in rows:
            if self._row_height(row, widths) > self.page_break_trigger - self.get_y():
                self.add_page()
                self.set_font(_NAME, size=_SMALL)
                self._row(head, widths, _SOFT)
            self._row(row, widths, _INK)
        self.ln(1)

    def _row_height(self, row: tuple[str, ...], widths: tuple[int, ...]) -> float:
        most = max(len(self._wrapped(cell, width)) for cell, width in zip(row, widths, strict=True))
        return most * _LEAD + 1.6

    def _row(
        self, row: tuple[str, ...], widths: tuple[int, ...], colour: tuple[int, int, int]
    ) -> None:
        top, left, height = self.get_y(), self.l_margin, self._row_height(row, widths)
        self.set_text_color(*colour)
        for cell, width in zip(row, widths, strict=True):
            for n, line in enumerate(self._wrapped(cell, width)):
                self.text(left + _PAD, top + 0.8 + _LEAD * (n + 0.75), line)
            left += width
        self.line(self.l_margin, top + height, self.l_margin + _WIDTH, top + height)
        self.set_xy(self.l_margin, top + height)

    def _wrapped(self, words: str, width: float) -> list[str]:
        """Lines of a table's cell."""
        known = self._lines.get((words, width))
        if known is None:
            known = self._lines[words, width] = wrapped(
                self.fit(words), width - 2 * _PAD, self._letter
            )
        return known

    def _letter(self, c: str) -> float:
        """How wide a letter is in the size at hand, mm."""
        key = c, self.font_size_pt
        if key not in self._letters:
            self._letters[key] = self.get_string_width(c)
        return self._letters[key]


def _slashed(key: str) -> str:
    return " / ".join(pair(key))


def _authority(clip: ClipFacts) -> str:
    if clip.authority is None:
        return _slashed("none")
    return _own(clip.authority, own=clip.own, unsynchronised=clip.unsynchronised)


def _own(authority: str, *, own: bool, unsynchronised: bool) -> str:
    name = " / ".join(OWN) if own else authority
    return f"{name}; {' / '.join(UNSYNCHRONISED)}" if unsynchronised else name
