"""What people see: each check as it ends, green or red on a terminal, then the verdict. Text only."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from time import monotonic
from typing import Any, TextIO

from archive.package.verifier.contents import Watch
from archive.package.verifier.found import Finding, Sentence, sentence
from archive.package.verifier.words import CODES, say

_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"
_OFTEN = 0.2  # seconds between two looks at how far the work is


def harmless(text: str) -> str:
    """Text from a package without what would steer a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class Screen(Watch):
    """Writes each check to a stream as it ends."""

    def __init__(self, out: TextIO, language: str) -> None:
        self._out, self._language = out, language
        terminal = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._colour = terminal and not os.environ.get("NO_COLOR")
        self._bar = terminal
        self._told = 0.0

    def reading(self, done: int, total: int, path: str) -> None:
        """How far hashing is; on a terminal only."""
        if self._bar and monotonic() - self._told > _OFTEN:
            self._told = monotonic()
            self._out.write(f"\r\x1b[K{100 * done // max(total, 1)} %  {harmless(path)[:50]}\r")
            self._out.flush()

    def checked(self, check: Sentence, found: Sequence[Finding]) -> None:
        """One check has ended."""
        clear = "\r\x1b[K" if self._bar else ""
        self._line(clear + self._mark(not found), say(check, self._language))
        for finding in found:
            self._line(
                "      ", said_of(finding.code, finding.where, finding.sentence, self._language)
            )

    def verdict(self, answer: dict[str, Any]) -> None:
        """The end: what was not checked, each clip's time, the sentence."""
        for clip in answer["clips"]:
            if clip["existed_by"] is not None:
                key = "clip.existed_own" if clip["own"] else "clip.existed"
                said = sentence(
                    key, path=clip["path"], time=clip["existed_by"], authority=clip["authority"]
                )
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
        self._out.write(f"{mark}{harmless(text)}\n")
        self._out.flush()


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
