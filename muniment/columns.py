"""Text in columns on a terminal; wide characters count two.

Holds: nothing that was typed elsewhere can steer the terminal: `printable` text has no control character, so
a clip's name can neither break a line nor colour the screen. Pure functions.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_ELLIPSIS = "…"
_BELOW = 4  # cells that a last column is set in where it stands below its row


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    # UAX 11: East Asian Wide and Fullwidth take two cells.
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def width(text: str) -> int:
    """Cells that a text takes."""
    return sum(map(_cells, text))


def printable(text: str) -> str:
    r"""Text with every control, format and surrogate character spelt out (``\n``, ``\x1b``, ``\u202e``)."""
    return "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else _escaped(c)
        for c in text
    )


def printable_lines(text: str) -> str:
    """The same for text of ours with other people's words in it: its own ends of lines stay."""
    return "\n".join(map(printable, text.split("\n")))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def shorten(text: str, cells: int, *, head: int | None = None) -> str:
    """At most so many cells, cut in the middle; `head`: cells before the cut, half of them by default."""
    if width(text) <= cells:
        return text
    head_text = _taken(text, (cells - 1) // 2 if head is None else head)
    tail = _taken(text[::-1], cells - 1 - width(head_text))[::-1]
    return head_text + _ELLIPSIS + tail


def _taken(text: str, cells: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += _cells(character)
        if used > cells:
            return text[:at]
    return text


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """At least so many cells; `right`: flush right."""
    gap = " " * (cells - width(text))
    return gap + text if right else text + gap


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    flush_right: Sequence[int] = (),
    cells: int | None = None,
) -> list[str]:
    """Lines of a table, each column as wide as its widest cell; cells are made printable.

    Where that is wider than `cells`, the last column stands below, whole: an id that a terminal
    breaks in two can neither be read nor copied.
    """
    lines = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(width(line[at]) for line in lines) for at in range(len(head))]
    padded = [
        [pad(cell, widths[at], right=at in flush_right) for at, cell in enumerate(line)]
        for line in lines
    ]
    if cells is None or sum(widths) + 2 * (len(widths) - 1) <= cells:
        return ["  ".join(line).rstrip() for line in padded]
    return [
        part.rstrip()
        for line in padded
        for part in ("  ".join(line[:-1]), " " * _BELOW + line[-1].strip())
    ]


def size_text(size: int) -> str:
    """A size for people, in decimal units, at most eight cells."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def duration_text(seconds: float) -> str:
    """Minutes and seconds, hours where there are any."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    clock = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{clock}" if hours else clock
