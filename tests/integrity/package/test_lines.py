"""Lines of the printed report: Chinese is broken by its own rules, English at blanks, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archive.package.report.lines import wrapped
from archive.package.report.words import WORDS


def even(_sign: str) -> float:
    return 1.0


def test_no_line_of_chinese_begins_with_a_mark_or_ends_with_an_opening_quote() -> None:
    assert wrapped("甲乙丙；丁", 3, even) == ["甲乙", "丙；丁"]
    assert wrapped("甲乙“丙丁”", 3, even) == ["甲乙", "“丙", "丁”"]
    for room in range(8, 40):
        for zh, _ in WORDS.values():
            lines = wrapped(zh, room, even)
            assert all(line[0] not in "，。；：？！、）”" for line in lines[1:])
            assert all(line[-1] not in "“（" for line in lines)


def test_english_is_broken_at_blanks_and_a_long_name_anywhere() -> None:
    assert wrapped("one two three", 7, even) == ["one two", "three"]
    assert wrapped("DCIM/abcdefgh", 5, even) == ["DCIM/", "abcde", "fgh"]


@given(st.text(alphabet="ab 中文，“”（）.", max_size=60), st.integers(min_value=1, max_value=20))
def test_every_line_fits_and_no_sign_is_lost(words: str, room: int) -> None:
    lines = wrapped(words, room, even)
    assert all(len(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())
