"""What people see: each check as it ends, green or red on a terminal, then the verdict. Text only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, TextIO

from archive.package.verifier.contents import Watch
from archive.package.verifier.found import Finding, Sentence, sentence
from archive.package.verifier.words import CODES, say

_GREEN, _RED, _PLAIN, _CLEAR = "\x1b[32m", "\x1b[31m", "\x1b[0m", "\r\x1b[K"
_OFTEN = 0.2  # seconds between two looks at how far the work is


def harmless(text: str) -> str:
    """Text from a package without what would steer a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def moment(text: str) -> str:
    """An RFC 3339 time in UTC as people read it, to the second: no zone but UTC is known here."""
    return f"{text[:10]} {text[11:19]} UTC"


class Screen(Watch):
    """Writes each check as it ends.

    `write` takes whole pieces of text; `colour`: green and red; `bar`: how far hashing is, on a line that goes again.
    """

    def __init__(
        self, write: Callable[[str], object], language: str, *, colour: bool, bar: bool
    ) -> None:
        self._write, self._language = write, language
        self._colour, self._bar = colour, bar
        self._told = 0.0

    def reading(self, done: int, total: int, path: str) -> None:
        """How far hashing is."""
        if self._bar and monotonic() - self._told > _OFTEN:
            self._told = monotonic()
            self._write(f"{_CLEAR}{100 * done // max(total, 1)} %  {harmless(path)[:50]}\r")

    def checked(self, check: Sentence, found: Sequence[Finding]) -> None:
        """One check has ended."""
        clear = _CLEAR if self._bar else ""
        self._line(clear + self._mark(not found), say(check, self._language))
        for finding in found:
            said = said_of(finding.code, finding.where, finding.sentence, self._language)
            self._line("      ", said)

    def verdict(self, answer: dict[str, Any]) -> None:
        """The end: what was not checked, each clip's time, the sentence."""
        for clip in answer["clips"]:
            if clip["existed_by"] is not None:
                key = "clip.existed_own" if clip["own"] else "clip.existed"
                time = moment(clip["existed_by"])
                said = sentence(key, path=clip["path"], time=time, authority=clip["authority"])
                self._line("  ·  ", say(said, self._language))
        for left in answer["left_out"]:
            said = sentence("clip.left_out", clip=left["clip"], why=_why(str(left["why"])))
            self._line("  ·  ", say(said, self._language))
        self._line("", say(sentence("not.heading"), self._language))
        for line in answer["not_checked"]:
            self._line("  ·  ", line)
        self._line(self._mark(bool(answer["ok"])), str(answer["says"]))

    def _mark(self, good: bool) -> str:
        text = "  ✓  " if good else "  ✗  "
        if not self._colour:
            return text
        return (_GREEN if good else _RED) + text + _PLAIN

    def _line(self, mark: str, text: str) -> None:
        self._write(f"{mark}{harmless(text)}\n")


def _why(word: str) -> object:
    known = word in ("damaged", "disposed", "missing", "quarantined")
    return sentence("left." + word) if known else word


def stream_screen(out: TextIO, language: str) -> Screen:
    """A screen on a stream: colours and a bar where it is a terminal (NO_COLOR: no colours)."""
    terminal = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def write(text: str) -> None:
        out.write(text)
        out.flush()

    colour = terminal and not os.environ.get("NO_COLOR")
    return Screen(write, language, colour=colour, bar=terminal)


def said_of(code: str, where: str, said: Sentence, language: str) -> str:
    """A finding as one line: where, what kind of thing, what exactly."""
    kind = CODES.get(code, (code, code))[language == "zh"]
    return f"{where or '—'}: {kind} ({code}): {say(said, language)}"


def safe_stdout() -> TextIO:
    """Stdout that never fails for a letter that it does not have."""
    out = sys.stdout
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return out
