"""How a person's name is shown to the public: the surname, and 某 for each further character. Pure functions.

What always holds: the whole name is never in what is shown; an organisation's name is shown whole.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_SOME: Final = "某"
_DOTS: Final = frozenset("·•‧・．.")
# Surnames of two characters (复姓) that are in use.
_PAIRS: Final = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容司徒令狐夏侯端木南宫独孤长孙宇文轩辕"
    "申屠太史澹台公冶宗政濮阳淳于单于太叔仲孙钟离闻人赫连万俟闾丘鲜于司空百里"
    "呼延东郭南门羊舌微生梁丘左丘第五拓跋完颜纳兰耶律西门司寇子车颛孙巫马公西"
    "漆雕乐正壤驷公良夹谷宰父谷梁段干东门南荣"
)
_DOUBLE: Final = frozenset(_PAIRS[n : n + 2] for n in range(0, len(_PAIRS), 2))


def shown_name(name: str, *, person: bool) -> str:
    """A name as the public reads it."""
    whole = unicodedata.normalize("NFC", name).strip()
    if not person or not whole:
        return whole
    if not _is_han(whole[0]):
        return f"{whole[0]}***"
    if any(c in _DOTS for c in whole):  # 阿卜杜拉·买买提: what stands first is a given name
        return whole[0] + _SOME * 2
    if not all(_is_han(c) for c in whole):
        return f"{whole[0]}***"
    surname = whole[:2] if len(whole) > 2 and whole[:2] in _DOUBLE else whole[0]
    return surname + _SOME * max(1, min(len(whole) - len(surname), 3))


def _is_han(c: str) -> bool:
    return unicodedata.name(c, "").startswith("CJK UNIFIED")
