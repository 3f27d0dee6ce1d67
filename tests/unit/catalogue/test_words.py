from __future__ import annotations

import sqlite3

import pytest

from archive.catalogue.words import fold, match, matches, number_key, tokens


def found(text: str, typed: str) -> bool:
    """Whether FTS5, with our tokenizer, finds a text by what was typed."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute(
            "CREATE VIRTUAL TABLE words USING fts5(body, content='', columnsize=0, tokenize='ascii')"
        )
        db.execute("INSERT INTO words(rowid, body) VALUES (1, ?)", (" ".join(tokens(text)),))
        return all(
            db.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall()
            for query in matches(typed)
        )
    finally:
        db.close()


def test_chinese_is_cut_into_overlapping_pairs_and_the_last_character() -> None:
    assert tokens("酒驾检查") == ["酒驾", "驾检", "检查", "查"]


def test_letters_and_digits_stay_words() -> None:
    assert tokens("DCAM_012345-京A12345.MP4") == ["dcam", "012345", "京", "a12345", "mp4"]


@pytest.mark.parametrize("typed", ["酒", "查", "酒驾", "驾检", "酒驾检", "酒驾检查"])
def test_any_part_of_a_chinese_text_is_found(typed: str) -> None:
    assert found("夜间酒驾检查现场", typed)


@pytest.mark.parametrize("typed", ["酒检", "驾酒", "查现间", "酒驾查"])
def test_characters_that_do_not_stand_together_are_not_found(typed: str) -> None:
    assert not found("夜间酒驾检查现场", typed)


def test_parts_of_two_texts_apart_are_no_match() -> None:
    assert not found("酒驾 检查", "驾检")


@pytest.mark.parametrize("typed", ["2026-0117", "2026 0117", "2026/0117", "2026-01", "0117"])
def test_numbers_are_found_by_the_beginning_of_their_parts(typed: str) -> None:
    assert found("案 2026-0117", typed)


@pytest.mark.parametrize("typed", ["117", "026-0117", "2026-117"])
def test_the_middle_of_a_number_is_no_match(typed: str) -> None:
    assert not found("2026-0117", typed)


@pytest.mark.parametrize(
    "typed", ["京A12345", "京A1", "京a123", "A12345", "１２号楼", "12号", "东京A1"]
)
def test_plates_and_addresses_mix_scripts(typed: str) -> None:
    assert found("在东京A12345旁 12号楼", typed)


def test_width_and_case_do_not_count() -> None:
    assert fold("ＡＢＣｸﾞ") == fold("abcグ")
    assert found("ＡＢＣ市场", "abc市场")


def test_every_word_between_blanks_has_to_be_there() -> None:
    assert found("夜间酒驾检查 IMG_0001", "检查 img")
    assert not found("夜间酒驾检查 IMG_0001", "检查 dcam")


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '""',
        '酒驾" OR "x',
        "a* OR b*",
        "body:酒",
        "NEAR(酒 驾)",
        "NOT a",
        "(",
        "a AND",
        "^a",
        "-a",
        "'; DROP TABLE words;--",
        "\x00",
        "a\x00b",
    ],
)
def test_operators_of_the_index_are_only_words(typed: str) -> None:
    for query in matches(typed):
        assert found("nothing of it", "nothing")
        found("nothing of it", typed)
        assert query.count('"') == 2
    assert not found("x", "a* OR b*")


def test_punctuation_alone_asks_for_nothing() -> None:
    assert match("--- ,。") is None
    assert matches(" \t") == []


def test_a_case_number_is_unique_by_width_and_blanks_but_not_by_case() -> None:
    assert number_key(" ２０２６-ａ ") == "2026-a"
    assert number_key("2026-A") != number_key("2026-a")


def test_characters_younger_than_sqlite_are_found_too() -> None:
    # U+2EBF0 is of Unicode 15.1; SQLite's own tables end at 6.1.
    assert found("\U0002ebf0\U0002ebf1案", "\U0002ebf0\U0002ebf1")
