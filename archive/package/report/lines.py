"""Text broken into lines that fit: Chinese between any two signs, English at blanks. A pure function.

Holds: no line begins with a mark that closes or ends with one that opens (GB/T 15834-2011, 5.1), unless the room
is too small for the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_NEVER_FIRST: Final = frozenset("，。；：？！、）》」』】”’…—·,.;:?!)]}%")
_NEVER_LAST: Final = frozenset("“‘（《「『【([{")


def wrapped(words: str, room: float, width: Callable[[str], float]) -> list[str]:
    """Lines of at most `room`, at least one; `width` of one sign. What has no place to break is broken anywhere."""
    lines: list[str] = []
    begin = place = 0
    used = 0.0
    for at, sign in enumerate(words):
        if at > begin and _breaks(words[at - 1], sign):
            place = at
        used += width(sign)
        if used <= room or at == begin or sign == " ":
            continue
        end = place if place > begin else _anywhere(words, begin, at)
        lines.append(words[begin:end].rstrip())
        begin, used = end, sum(map(width, words[end : at + 1]))
    return [*lines, words[begin:].rstrip()]


def _anywhere(words: str, begin: int, end: int) -> int:
    """The last place before `end` that tears no mark off, else `end`."""
    places = range(end, begin, -1)
    return next((at for at in places if not _holds(words[at - 1], words[at])), end)


def _holds(before: str, after: str) -> bool:
    return after in _NEVER_FIRST or before in _NEVER_LAST


def _breaks(before: str, after: str) -> bool:
    """Whether a line may end between two signs."""
    if before == " " or after == " ":
        return before == " "
    return not _holds(before, after) and (_is_chinese(before) or _is_chinese(after))


def _is_chinese(sign: str) -> bool:
    return "\u2e80" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef"
