"""Sentences for the person at the terminal, in the language of their locale.

Everything goes to stderr: stdout belongs to the program that is started. Standard library only.
"""

from __future__ import annotations

import os
import sys


def chosen(en: str, zh: str) -> str:
    """The sentence in the locale's language: Chinese for ``zh*``, else English."""
    # POSIX.1-2017, 8.2: LC_ALL beats LC_MESSAGES beats LANG; an empty value counts as unset.
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for value in map(os.environ.get, names) if value), "")
    return zh if locale.lower().startswith("zh") else en


def say(en: str, zh: str) -> None:
    """Print one line at once."""
    line = f"{chosen(en, zh)}\n"
    # A C locale's stderr may not know Chinese paths: escape them, never stop for them.
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
    sys.stderr.flush()
