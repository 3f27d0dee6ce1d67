"""Dispatch and case data out of CSV and JSON: encodings, widths, mistakes with their lines."""

from __future__ import annotations

import json
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from archive.catalogue.times import microseconds
from oversight.linking.cells import CellError, moment
from oversight.linking.errors import ImportFileError
from oversight.linking.model import ImportKind, Point
from oversight.linking.reading import Brought, read_import

ZONE = ZoneInfo("Asia/Shanghai")
HEAD = "编号,案号,接报时间,结束时间,警号,记录仪编号,地点,纬度,经度\r\n"
ROW = "J1,〔2026〕7,2026-05-01 09:00,2026-05-01 10:00,012345、012346,T100,人民路1号,30.2741,120.1551\r\n"


def read(
    text: str | bytes,
    kind: ImportKind = "dispatch",
    *,
    encoding: str | None = None,
    skip: bool = False,
) -> Brought:
    data = text.encode() if isinstance(text, str) else text
    return read_import(data, kind, ZONE, encoding=encoding, skip_bad=skip)


def us(text: str) -> int:
    return microseconds(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def wrong(text: str | bytes, **said: bool) -> tuple[tuple[int, str], ...]:
    with pytest.raises(ImportFileError) as caught:
        read(text, **said)  # type: ignore[arg-type]  # a flag by name
    return caught.value.mistakes


def test_a_row_is_read_with_all_that_it_says() -> None:
    found = read(HEAD + ROW)
    assert (found.form, found.encoding, found.mistakes) == ("csv", "utf-8", ())
    (row,) = found.records
    assert (row.number, row.case, row.line) == (
        "J1",
        "[2026]7".replace("[", "〔").replace("]", "〕"),
        2,
    )
    assert (row.officers, row.recorders) == (("012345", "012346"), ("T100",))
    assert (row.from_us, row.to_us) == (us("2026-05-01T09:00"), us("2026-05-01T10:00"))
    assert (row.place, row.point) == ("人民路1号", Point(lat=302_741_000, lon=1_201_551_000))


def test_gb18030_is_read_and_said_and_what_is_neither_names_its_line() -> None:
    assert read((HEAD + ROW).encode("gb18030")).encoding == "gb18030"
    assert (
        read((HEAD + ROW).encode("gb18030"), encoding="gb18030").records == read(HEAD + ROW).records
    )
    assert read(b"\xef\xbb\xbf" + (HEAD + ROW).encode()).encoding == "utf-8"
    assert read((HEAD + ROW).encode("utf-16")).encoding == "utf-16"
    assert wrong((HEAD + ROW).encode() + b"J2,\xff\xff\r\n")[0][0] == 3
    with pytest.raises(ImportFileError, match="it is not utf-8"):
        read((HEAD + ROW).encode("gb18030"), encoding="utf-8")
    with pytest.raises(ImportFileError, match="an encoding is one of"):
        read(HEAD + ROW, encoding="latin-1")


def test_full_width_digits_and_chinese_dates_mean_the_same() -> None:
    wide = "Ｊ１,〔２０２６〕７,２０２６年５月１日９时００分,2026/5/1 10:00:00,"
    wide += "０１２３４５；０１２３４６,Ｔ１００,人民路1号,３０．２７４１,120.1551\n"
    assert read(HEAD + wide).records == read(HEAD + ROW).records


def test_json_means_the_same_as_csv_as_a_list_or_below_rows() -> None:
    row = {
        "number": "J1",
        "case": "〔2026〕7",
        "from": "2026-05-01T09:00:00+08:00",
        "to": "2026-05-01T02:00:00Z",
        "officers": ["012345", "012346"],
        "recorders": "T100",
        "place": "人民路1号",
        "lat": 30.2741,
        "lon": 120.1551,
    }
    for document in ([row], {"rows": [row]}):
        found = read(json.dumps(document, ensure_ascii=False, indent=1))
        assert found.form == "json"
        assert [r.point for r in found.records] == [r.point for r in read(HEAD + ROW).records]
        assert [(r.number, r.case, r.from_us, r.to_us, r.officers) for r in found.records] == [
            (r.number, r.case, r.from_us, r.to_us, r.officers) for r in read(HEAD + ROW).records
        ]
    assert found.records[0].line == 3


@pytest.mark.parametrize(
    "text",
    [
        "[{}",
        "[1]",
        '[{"number": "1"},]',
        '[{"number": "1"}] x',
        '{"rows": [{"number": "1"}]',
        "[",
        "{}",
        "[]",
        '[{"number": "1", "number": "2"}]',
        '[{"number": NaN}]',
        '{"rows": [], "more": 1}',
    ],
)
def test_what_is_no_list_of_rows_is_refused(text: str) -> None:
    assert wrong(text)


def test_every_mistake_is_told_with_its_line_and_nothing_is_taken() -> None:
    text = (
        HEAD
        + ROW
        + "J2,,不明,,,,,,\r\nJ3,,2026-02-30 09:00,,,,,,\r\nＪ１,,2026-05-01 09:00,,,,,,\r\n"
    )
    text += "J5,,2026-05-01 09:00,2026-05-01 08:00,,,,,\r\nJ6,,2026-05-01 09:00,,,,,91,\r\n"
    text += ",,2026-05-01 09:00,,,,,,\r\nJ8,\r\n"
    found = wrong(text)
    assert [line for line, _ in found] == [3, 4, 5, 6, 7, 7, 8, 9]
    said = dict(found)
    assert "number: J1 is there twice, line 2" in said[5]
    assert "before" in said[6]
    assert "missing" in said[8]
    assert "2 cells" in said[9]


def test_bad_rows_are_left_out_where_that_is_wanted_and_told_all_the_same() -> None:
    found = read(HEAD + ROW + "J2,,不明,,,,,,\r\n", skip=True)
    assert [row.number for row in found.records] == ["J1"]
    assert found.mistakes == ((3, "from: it has to be a time, like 2026-05-01 09:30"),)
    assert wrong(HEAD + "J2,,不明,,,,,,\r\n", skip=True)  # nothing would be left


def test_case_data_is_known_by_the_number_of_the_case() -> None:
    found = read("案号,案由,当事人\r\n〔2026〕7,占道,某公司\r\n", "case")
    assert (found.records[0].number, found.records[0].case) == ("〔2026〕7", "〔2026〕7")
    with pytest.raises(ImportFileError, match="no such column: 颜色"):
        read("案号,颜色\r\n1,red\r\n", "case")
    with pytest.raises(ImportFileError, match="number: there has to be"):
        read("案由\r\n占道\r\n", "case")


def test_control_characters_quotes_and_an_empty_file_are_refused() -> None:
    assert wrong(HEAD + 'J1,"a\0b"\r\n')[0] == (2, "a control character")
    assert wrong(HEAD + 'J1,"a"b\r\n')
    assert wrong("")
    assert wrong("\r\n\r\n")


@pytest.mark.parametrize(
    "text", ["2026-13-01 09:00", "2026-05-01", "昨天", "1991-04-14 02:30", "2026-05-01 09:00+19:00"]
)
def test_a_time_that_no_clock_shows_is_none(text: str) -> None:
    with pytest.raises(CellError):
        moment(text, ZONE)


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_in_seconds() -> None:
    rows = (
        f"J{n},〔2026〕{n},2026-05-01 09:{n % 60:02},,01{n % 999:04},T{n % 50},人民路{n}号,,\r\n"
        for n in range(100_000)
    )
    data = (HEAD + "".join(rows)).encode("gb18030")
    begin = time.monotonic()
    assert len(read(data).records) == 100_000
    assert time.monotonic() - begin < 30


def test_more_rows_than_a_file_may_have_are_refused_before_they_are_read() -> None:
    text = "案号\r\n" + "".join(f"{n}\r\n" for n in range(100_002))
    with pytest.raises(ImportFileError, match="100000 rows is the most"):
        read(text, "case")
