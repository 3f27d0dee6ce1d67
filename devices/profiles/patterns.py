"""Patterns for names: fields in braces, optional parts in brackets, ``*`` at an end.

A pattern is no regular expression but is turned into one that cannot be slow: a text field
ends at the first character that may follow it, every other field has a bounded length, and
nothing repeats. So a profile cannot hang a station, whoever wrote it, and neither can a name.
Knows nothing of dates being real or of what a field is for.
"""

from __future__ import annotations

import re
from typing import Final

from devices.errors import ProfileError

MAX_PATTERN: Final = 200  # characters

_DATE = r"[0-9]{4}(?P<_{n}>[-_.]?)[0-9]{2}(?P=_{n})[0-9]{2}"
_TIME = r"[0-9]{2}(?P<_{n}>[-_.:]?)[0-9]{2}(?P=_{n})[0-9]{2}"
# A moment anywhere in a name: only ranges that a date can have, or serials would look like one.
_MOMENT = (
    r"20[0-9]{2}(?P<_{n}>[-_.]?)(?:0[1-9]|1[0-2])(?P=_{n})(?:0[1-9]|[12][0-9]|3[01])"
    r"[-_T ]?"
    r"(?:[01][0-9]|2[0-3])(?P<_{n}t>[-_.:]?)[0-5][0-9](?P=_{n}t)[0-5][0-9]"
)
_TEXT: Final = frozenset({"device", "badge"})
_DIGITS: Final = {
    "date": _DATE,
    "time": _TIME,
    "moment": _MOMENT,
    "seq": r"[0-9]{1,10}",
    "number": r"[0-9]{4}",
    "chapter": r"[0-9]{2}",
}
_TOKEN: Final = re.compile(r"\{([a-z]+)\}|([\[\]*{}])|([^\[\]*{}]+)")


def compile_pattern(pattern: str, marks: tuple[str, ...]) -> re.Pattern[str]:
    """Turn a pattern into a regular expression with a group per field; search with it.

    Args:
        pattern: as docs/formats/profile.md says.
        marks: what ``{mark}`` stands for.

    Raises:
        ProfileError: the pattern breaks a rule. Says which.
    """
    if not 0 < len(pattern) <= MAX_PATTERN:
        raise ProfileError(f"a pattern has 1 to {MAX_PATTERN} characters, not {len(pattern)}")
    tokens = [(m[1] or "", m[2] or "", m[3] or "") for m in _TOKEN.finditer(pattern)]
    _check(pattern, tokens)
    body = "".join(_piece(pattern, tokens, i, marks) for i in range(len(tokens)))
    start = "" if pattern.startswith("*") else r"\A"
    end = "" if pattern.endswith("*") else r"\Z"
    return re.compile(start + body + end, re.IGNORECASE | re.ASCII)


def _check(pattern: str, tokens: list[tuple[str, str, str]]) -> None:
    fields = [field for field, _, _ in tokens if field]
    inside = False
    for i, (field, sign, _) in enumerate(tokens):
        if sign in {"{", "}"} or (field and field not in _TEXT | _DIGITS.keys() | {"mark"}):
            raise ProfileError(f"there is no such field in {pattern!r}")
        if sign == "*" and i not in {0, len(tokens) - 1}:
            raise ProfileError(f"* stands at the start or the end only, not as in {pattern!r}")
        if sign in {"[", "]"}:
            if inside == (sign == "["):
                raise ProfileError(f"brackets do not pair, or lie in each other, in {pattern!r}")
            inside = not inside
    if inside:
        raise ProfileError(f"a bracket is not closed in {pattern!r}")
    if len(fields) != len(set(fields)):
        raise ProfileError(f"a field stands twice in {pattern!r}")
    if not any(field or text for field, _, text in tokens):
        raise ProfileError(f"{pattern!r} says nothing")
    if tokens[0][1] == "*" and tokens[1][0] in _TEXT:
        raise ProfileError(f"a text field cannot follow * in {pattern!r}")


def _piece(pattern: str, tokens: list[tuple[str, str, str]], i: int, marks: tuple[str, ...]) -> str:
    field, sign, text = tokens[i]
    if text:
        return re.escape(text)
    if sign == "*":
        beside = tokens[1] if i == 0 else tokens[i - 1]
        # A moment inside a longer run of digits is no moment but part of a serial.
        if beside[0] not in _DIGITS:
            return ""
        return "(?<![0-9])" if i == 0 else "(?![0-9])"
    if sign:
        return "(?:" if sign == "[" else ")?"
    return f"(?P<{field}>{_field(pattern, tokens, i, marks)})"


def _field(pattern: str, tokens: list[tuple[str, str, str]], i: int, marks: tuple[str, ...]) -> str:
    field = tokens[i][0]
    if field in _TEXT:
        return f"[^{_stops(pattern, tokens, i)}\\x00-\\x1f\\x7f]{{1,64}}"
    if field != "mark":
        return _DIGITS[field].replace("{n}", field)
    if not marks:
        raise ProfileError(f"{pattern!r} has a mark, the profile none")
    return "|".join(re.escape(mark) for mark in marks)


def _stops(pattern: str, tokens: list[tuple[str, str, str]], i: int) -> str:
    """The characters that may follow a text field: it ends before the first of them."""
    stops = {"/"}
    optional = seen = False  # in a bracket opened behind the field; its first text was seen
    for field, sign, text in tokens[i + 1 :]:
        if sign == "[":
            optional, seen = True, False
        elif sign == "]":
            optional = False
        elif text and not (optional and seen):
            stops.add(text[0])
            seen = True
            if not optional:
                break
        elif (field or sign) and not (optional and seen):
            raise ProfileError(f"a text field must be followed by fixed text in {pattern!r}")
    return re.escape("".join(sorted(stops)))
