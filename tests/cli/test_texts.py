"""Text for people: two languages of one content, tables that fit, names that cannot do harm."""

from __future__ import annotations

import re
import string
import unicodedata
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock import ClockNote
from ingest.receipt import ClipResult, Status
from muniment import receipt
from muniment.columns import duration_text, pad, printable, shorten, size_text, table, width
from muniment.messages import (
    LANGUAGES,
    TABLES,
    Language,
    language_of,
    reason,
    sentence,
    sentence_if_any,
)

SOURCES = (Path(__file__).resolve().parents[2] / "muniment").rglob("*.py")


def fields(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_sentences_with_the_same_fields() -> None:
    zh, en = TABLES["zh"], TABLES["en"]
    assert zh.keys() == en.keys()
    assert {key: fields(zh[key]) for key in zh} == {key: fields(en[key]) for key in en}
    columns = {key for key in zh if "|" in zh[key]}
    assert {k: zh[k].count("|") for k in columns} == {k: en[k].count("|") for k in columns}


def test_no_sentence_is_there_that_nobody_says() -> None:
    code = "\n".join(p.read_text("utf-8") for p in SOURCES if "messages" not in p.parts)
    built = re.findall(r'f"([\w.]+)\{', code)
    unused = [
        key
        for key in TABLES["en"]
        if not re.search(f"[\"']{re.escape(key)}[\"']", code)
        and not any(key.startswith(prefix) for prefix in built)
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "zh_TW"}, "zh"),
    ],
)
def test_the_locale_decides_the_language(environment: dict[str, str], language: Language) -> None:
    assert language_of(environment) == language


def test_what_to_do_next_about_a_source_is_said_in_both_languages() -> None:
    assert "usb:SERIAL" in sentence("en", "hint.D001")
    assert "usb:序列号" in sentence("zh", "hint.D001")
    assert sentence_if_any("en", "hint.A050") is None


def test_a_clip_that_was_not_taken_says_why_in_the_receipts_language() -> None:
    assert reason("zh", "link", "a link") == "链接,从不跟随(a link)"


def test_a_reason_in_chinese_keeps_the_detail() -> None:
    assert reason("zh", "A050", "detail") == "归档库磁盘已满;此前已出回执的内容安全(detail)"
    assert reason("en", "A050", "detail") == "detail"
    assert reason("zh", "Z999", "detail") == "detail"


@given(st.text(), st.integers(2, 40))
def test_shortened_text_fits_and_text_that_fits_is_left_alone(text: str, cells: int) -> None:
    shown = printable(text)
    short = shorten(shown, cells)
    assert width(short) <= cells
    assert short == shown or width(shown) > cells
    assert width(pad(short, cells)) == cells


@given(st.text())
def test_printable_text_holds_nothing_that_steers_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    shown.encode()


def test_wide_characters_take_two_cells() -> None:
    assert (width("执法a"), pad("执法", 6), pad("7", 3, right=True)) == (5, "执法  ", "  7")
    assert shorten("执法记录仪.mp4", 9) == "执法….mp4"
    assert table(["案号", "n"], [["1", "2"]]) == ["案号  n", "1     2"]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_950, "1.0 MB"), (4_294_967_296, "4.3 GB")],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(0, 10**14))
def test_a_size_is_never_wider_than_its_column(size: int) -> None:
    assert len(size_text(size)) <= 8


def test_durations_for_people() -> None:
    assert [duration_text(s) for s in (0, 59.6, 3599, 3661)] == [
        "00:00",
        "01:00",
        "59:59",
        "1:01:01",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@given(names=st.lists(st.text(max_size=60), max_size=4), status=st.sampled_from(receipt.STATUSES))
def test_a_receipts_table_fits_80_columns(
    language: Language, names: list[str], status: Status
) -> None:
    shown = receipt.Shown(
        docking="docking-01k0000000000000000000000a",
        recorder="DSJ4A00042",
        officer=None,
        case=None,
        lines=[
            receipt.Line(
                result=ClipResult(
                    path=name,
                    path_base64=None,
                    size=10**12,
                    sha256="0" * 64,
                    clip=None,
                    status=status,
                    start="2026-01-17T00:00:00Z",
                ),
                marked=True,
            )
            for name in names
        ],
        bytes=1,
        seconds=1.0,
        transfer_seconds=0.0,
        checkpoint="o\n1\nx\n\n— o y\n",
        late=1,
        clock=ClockNote(offset_us=-31_536_000_000_000, uncertainty_us=500_000),
    )

    def words(key: str, **values: object) -> str:
        return sentence(language, key, **values)

    text = receipt.text(shown, words, ZoneInfo("Asia/Shanghai"))
    assert max(map(width, text.split("\n"))) <= 80
    assert text.count("2026-01-17 08:00:00") == len(names)


def test_where_a_table_is_too_wide_an_id_stands_below_whole() -> None:
    clip = "clip-01m80f1tet8baeykpj2b1kpytw"
    head, rows = ["开始时间", "编号"], [["2026-01-17 08:00:00 执法记录仪", clip]]
    assert table(head, rows, cells=80) == table(head, rows)
    assert table(head, rows, cells=60) == [
        "开始时间",
        "    编号",
        rows[0][0],
        f"    {clip}",
    ]
