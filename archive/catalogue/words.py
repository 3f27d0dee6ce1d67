"""Text search: what a text is cut into, and what a searcher's words become. Pure functions.

Chinese is written without blanks, so runs of Han (kana and hangul too) become overlapping pairs of characters,
and the last character once more alone: 酒驾检查 -> 酒驾 驾检 检查 查. One character is then found as the beginning of a
pair or alone, two characters are one pair, more are a phrase of pairs. All else becomes words of letters and
digits, found by their beginning.

What always holds: `match` makes a string that FTS5 reads as quoted tokens and nothing else, whatever was typed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HAN: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_PIECE: Final = 3  # characters of a case number that are looked up together
_NUMBER: Final = "＃"  # before each of them: no other text's word begins so, because it is NFKC
LONGEST: Final = 500  # characters of a word that count: PostgreSQL's words have 2,046 bytes
# A plate of the mainland (GA 36): province, a letter, five or six signs; the dot is painted, typed or neither.
_PLATE: Final = re.compile(
    "([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼])([a-z])[·.•・-]?([a-z0-9]{5,6})"
)
# As SQLite's lower(): ASCII only.
_LOWER: Final = {ord(c): ord(c.lower()) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_WIDE: Final = {c: c + (0xFEE0 if 0x20 < c < 0x7F else 0x2400) for c in range(0x7F)} | {
    0x7F: 0x2421
}
_RUNS: Final = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")


def fold(text: str) -> str:
    """One form for what people see as the same text: width and case do not count."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def number_key(number: str) -> str:
    """What makes a case number unique: NFKC, trimmed. Upper and lower case stay different."""
    return unicodedata.normalize("NFKC", number).strip()


def tokens(text: str) -> list[str]:
    """What is indexed of a text, in order."""
    found: list[str] = []
    for run in _RUNS.finditer(fold(text)):
        han = run[1]
        if han is None:
            found.append(run[2][:LONGEST])
        else:
            found += [han[at : at + 2] for at in range(len(han))]
    return found


def match(word: str) -> str | None:
    """The FTS5 query for one word that was typed; None when nothing in it can be searched.

    Every run but the last has to be there as it is, the last may go on.
    """
    runs = list(_RUNS.finditer(fold(word)))
    if not runs:
        return None
    phrase = [token for run in runs[:-1] for token in tokens(run[0])]
    last = runs[-1]
    open_ended = last[1] is None or len(last[1]) == 1
    if open_ended:
        phrase.append(last[0][:LONGEST])
    else:
        phrase += [last[0][at : at + 2] for at in range(len(last[0]) - 1)]
    # Tokens are letters and digits only, so there is no quote to escape.
    return '"' + " ".join(phrase) + '"' + (" *" if open_ended else "")


def part_key(number: str) -> str:
    """What is looked for in case numbers when a part of one was typed: width, case and blanks do not count."""
    return "".join(number_key(number).translate(_LOWER).split())


def case_tokens(number: str | None, *texts: str | None) -> list[str]:
    """What is indexed of a case: each piece of its number, and the words of its texts, the number among them."""
    key = "" if number is None else part_key(number)
    pieces = [_piece(key[at : at + _PIECE]) for at in range(len(key))]
    return pieces + [token for text in (number, *texts) if text for token in tokens(text)]


def number_match(part: str) -> str | None:
    """The query for a part of a case number, wherever in it; None when nothing was typed."""
    key = part_key(part)
    if len(key) < _PIECE:
        return f'"{_piece(key)}" *' if key else None
    return f'"{" ".join(_piece(key[at : at + _PIECE]) for at in range(len(key) - _PIECE + 1))}"'


def _piece(key: str) -> str:
    """A word that both databases take as one: signs and digits in full width."""
    return _NUMBER + key.translate(_WIDE)


def matches(text: str) -> list[str]:
    """The queries that all have to be met, one for each word between blanks."""
    found = (match(word) for word in fold(text).split())
    return [query for query in found if query is not None]


def spellings(text: str) -> list[tuple[str, ...]]:
    """The same, each with the other ways to write it; of each group one has to be met."""
    return [
        tuple(query for form in _forms(word) if (query := match(form)) is not None)
        for word in fold(text).split()
        if match(word) is not None
    ]


def _forms(word: str) -> tuple[str, ...]:
    plate = _PLATE.fullmatch(word)
    if plate is None:
        return (word,)
    return f"{plate[1]}{plate[2]}·{plate[3]}", f"{plate[1]}{plate[2]}{plate[3]}"
