"""What a command is asked with, and what it answers. Values only; printing is muniment/edge.py's."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from muniment.columns import printable_lines
from muniment.messages import Language, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One command's result, whole: for scripts and for people."""

    document: dict[str, Any]
    text: str = ""  # for people, without the last newline; empty: nothing to say
    raw: bytes | None = None  # exactly these bytes instead of `text`
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The global options, and who asks."""

    root: Path
    json: bool
    language: Language
    actor: str = field(default_factory=lambda: f"local-{os.getuid()}")

    def words(self, key: str, **values: object) -> str:
        """A sentence in the language of whoever asks."""
        return sentence(self.language, key, **values)

    @property
    def cells(self) -> int | None:
        """How wide the terminal is that reads the answer; None: a file or a program does."""
        if sys.stdout is None or not sys.stdout.isatty():
            return None
        return shutil.get_terminal_size().columns

    def say(self, text: str) -> None:
        """Something for people, at once; scripts read the document."""
        if not self.json:
            write_out(text.encode("utf-8", "backslashreplace") + b"\n")

    def note(self, text: str) -> None:
        """A line on stderr, whoever asks."""
        sys.stderr.write(f"muniment: {printable_lines(text)}\n")


Job = Callable[[Asked], Answer]


def write_out(data: bytes) -> None:
    """Bytes to stdout, now. A reader that has gone is not our trouble; a full disk is.

    Raises:
        OSError: stdout cannot take them.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is still in the buffer would fail again when python closes stdout, and change the exit status.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # whoever read has seen enough
            raise
