"""Lists out of TOML, JSON and CSV: every mistake with its line, width and encoding do not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.errors import ListFileError
from oversight.lists.kinds import COLUMNS, KIND_NAMES, KINDS, Kind
from oversight.lists.model import AgencyList
from oversight.lists.reading import read_list
from oversight.lists.recording import required_of, requirements_of

SAMPLES = Path(__file__).parents[4] / "oversight" / "lists" / "samples"
HEAD = """format = 1
[list]
kind = "recording"
tolerance_seconds = 60

"""
ROW: dict[str, Any] = {
    "id": "inspection",
    "act": "处罚",
    "name": "现场检查",
    "stage": "调查取证",
    "part": "inspection",
    "manner": "录像",
    "extent": "全程",
    "begins": "抵达现场",
    "content": "检查过程",
    "ends": "离开现场",
    "retention": "同案卷",
    "who": "检查人员",
}
BAND: dict[str, Any] = {
    "id": "light",
    "act": "penalty",
    "matter": "m1",
    "name": "违法建设",
    "grade": "轻微",
    "circumstances": "及时改正",
    "from": 0,
    "to": 1000,
    "basis": "第六十四条",
}


def row(**changes: object) -> str:
    cells = {key: value for key, value in (ROW | changes).items() if value is not None}
    return "[[row]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in cells.items())


def mistakes(text: str | bytes, name: str = "list.toml", **more: Any) -> list[tuple[int, str]]:
    with pytest.raises(ListFileError) as caught:
        read_list(text if isinstance(text, bytes) else text.encode(), name, **more)
    return list(caught.value.mistakes)


def bands(*changes: dict[str, object]) -> bytes:
    rows = [BAND | {"id": f"r{n}"} | each for n, each in enumerate(changes)]
    head = {"format": 1, "kind": "discretion"}
    return json.dumps(head | {"rows": rows}, indent=1, ensure_ascii=False).encode()


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_the_samples_are_lists_of_the_kind_that_their_name_says(path: Path) -> None:
    found = read_list(path.read_bytes(), path.name)
    assert found.kind == path.stem
    assert found.source.zh
    assert found.rows


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_the_published_form_reads_as_the_same_list(path: Path) -> None:
    found = read_list(path.read_bytes(), path.name)
    again = read_list(found.to_bytes(), "list.json", kind=found.kind)
    assert again == found
    assert again.to_bytes() == found.to_bytes()


def test_words_of_people_and_of_programs_mean_the_same() -> None:
    zh = read_list((HEAD + row()).encode(), "list.toml")
    codes = {"act": "penalty", "stage": "investigation", "manner": "video", "extent": "full"}
    en = read_list((HEAD + row(**codes, retention="as the case")).encode(), "list.toml")
    assert zh.rows == en.rows
    assert zh.rows[0]["retention"] == "case"
    [needed] = required_of(requirements_of(zh), "penalty", "whatever")
    assert (needed.full, needed.tolerance_us, needed.gap_us) == (True, 60_000_000, 0)
    assert required_of(requirements_of(zh), "permit", None) == ()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEAD + row(colour="red"), 19, "colour: no such column"),
        (HEAD + row(ends=None), 6, "ends: is missing"),
        (HEAD + row(stage="晚上"), 10, "stage: it has to be one of initiation 立案"),
        (HEAD + row(retention="a while"), 17, "retention"),
        (HEAD + row(least_seconds=-1), 19, "least_seconds"),
        (HEAD + row() + row(), 20, "inspection is there twice, line 6"),
        (HEAD.replace("60", "100000") + row(), 4, "tolerance_seconds"),
        (HEAD.replace("recording", "recordings") + row(), 3, "kind"),
        (HEAD.replace("format = 1", "format = 2") + row(), 1, "format"),
        (HEAD + "colour = 1\n" + row(), 6, "colour: no such key"),
        (HEAD, 2, "0 rows"),
        (HEAD + row() + "oops", 19, "end of document"),
        ("[[list]]\n", 1, "[list]"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    found = mistakes(text)
    assert any(at == line and said in words for at, words in found), found


def test_every_mistake_is_told_at_once() -> None:
    assert [line for line, _ in mistakes(HEAD + row(act="x", who="", manner=3))] == [6, 8, 12]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (({}, {"from": 999}), "an overlap with the grade in line"),
        (({}, {"from": 1001}), "a gap after the grade in line"),
        (({"to": None}, {"from": 1000}), "an overlap with"),
        (({"from": 1000},), "it has to be more than from"),
    ],
)
def test_grades_of_one_matter_neither_overlap_nor_leave_a_gap(
    changes: tuple[dict[str, object], ...], said: str
) -> None:
    assert said in mistakes(bands(*changes), "list.json")[0][1]


def test_grades_that_follow_each_other_and_those_of_other_matters_are_right() -> None:
    good = bands({}, {"from": 1000, "to": None}, {"matter": "m2"}, {"from": None, "to": None})
    found = read_list(good, "list.json")
    assert [r.get("to") for r in found.rows] == [100_000, None, 100_000, None]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"format": 1,\n"rows": [1]}', 1),
        ('{"format": 1,\n"kind": "recording" "rows": []}', 2),
        ('{"format": 1, "format": 1, "rows": []}', 1),
        ('{"format": NaN, "rows": []}', 1),
        ("[" * 100_000, 1),
        ("[]", 1),
    ],
)
def test_json_that_is_none_is_refused(text: str, line: int) -> None:
    assert mistakes(text, "list.json")[0][0] == line


def test_json_names_the_line_of_a_row() -> None:
    rows = [ROW, ROW | {"id": "other", "act": "x"}]
    text = json.dumps({"format": 1, "kind": "recording", "more": [{}], "rows": rows}, indent=0)
    found = mistakes(text.replace('"more": [\n{}\n],\n', ""), "list.json")
    assert [line for line, _ in found] == [5 + len(ROW) + 2]


def csv_of(rows: list[dict[str, Any]], names: dict[str, str], sign: str = ",") -> str:
    lines = [sign.join(names.get(key, key) for key in rows[0])]
    return "\r\n".join([*lines, *(sign.join(map(str, r.values())) for r in rows)]) + "\r\n"


OFFICER = {"id": "1300-01", "name": "王某", "agency": "执法局", "until": "２０２７年５月１日"}
NAMES = {"id": "证件号", "name": "姓名", "agency": "执法主体", "until": "有效期至"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_a_spreadsheet_s_text_is_read_in_every_encoding_that_is_met(
    encoding: str, sign: str
) -> None:
    text = csv_of([OFFICER], NAMES, sign)
    found = read_list(text.encode(encoding), "名单.csv", kind="officers", title="持证人员")
    assert found.rows == (OFFICER | {"until": "2027-05-01"},)
    assert found.title.zh == "持证人员"


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        ("证件号,姓名\n1,王\n".encode() + b"\xff\xff\n", 3, "neither UTF-8 nor GB18030"),
        ("证件号,颜色\n".encode(), 1, "颜色"),
        ("证件号,证件号\n".encode(), 1, "twice"),
        ("证件号,姓名\n1,2,3\n".encode(), 2, "3 cells"),
        ('证件号,姓名\n1,"王\n'.encode(), 2, ""),
        (b"\n\n", 1, "nothing"),
        (b"\xff\xfe\x00", 1, "UTF-16"),
        ("证件号,姓名\n1,\x00\n".encode(), 2, "control"),
    ],
)
def test_a_spreadsheet_that_is_none_is_refused_with_its_line(
    data: bytes, line: int, said: str
) -> None:
    at, words = mistakes(data, "x.csv", kind="officers")[0]
    assert at == line
    assert said in words


def test_a_csv_needs_its_kind_and_a_file_is_of_the_kind_asked_for() -> None:
    assert "kind" in mistakes(b"id\n", "x.csv")[0][1]
    assert "kind" in mistakes(HEAD + row(), kind="review")[0][1]


def test_a_hundred_thousand_rows_with_full_width_digits_in_gb18030_are_read() -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    rows = [OFFICER | {"id": str(n).translate(wide)} for n in range(100_000)]
    data = csv_of(rows, NAMES).encode("gb18030")
    found = read_list(data, "名单.csv", kind="officers")
    assert len(found.rows) == 100_000
    assert found.rows[99_999]["id"] == "99999"
    more = data + csv_of([OFFICER], NAMES).partition("\n")[2].encode("gb18030")
    assert "100001 rows" in mistakes(more, "名单.csv", kind="officers")[0][1]


@pytest.mark.parametrize(
    ("value", "kept"),
    [("永久", "for ever"), ("６个月", "6 months"), ("1年", "1 year"), ("30 days", "30 days")],
)
def test_a_retention_is_read_as_people_write_it(value: str, kept: str) -> None:
    found = read_list((HEAD + row(retention=value)).encode(), "list.toml")
    assert found.rows[0]["retention"] == kept


@pytest.mark.parametrize("cents", [1, 99, 100_050, 10**15])
def test_an_amount_keeps_its_cents(cents: int) -> None:
    text = f"{cents // 100}.{cents % 100:02}元"
    [found] = read_list(bands({"from": 0, "to": text}), "list.json").rows
    assert found["to"] == cents
    assert mistakes(bands({"to": "1.005"}), "list.json")


@given(data=st.binary(max_size=300), name=st.sampled_from(["a.toml", "a.json", "a.csv"]))
def test_whatever_the_bytes_are_a_list_comes_or_a_reason(data: bytes, name: str) -> None:
    for kind in KINDS:
        check_one(data, name, kind)


def check_one(data: bytes, name: str, kind: Kind) -> None:
    try:
        found = read_list(data, name, kind=kind)
    except ListFileError as e:
        told = e.mistakes
    else:
        told = ((1, "a list"),) if isinstance(found, AgencyList) else ()
    assert told
    assert all(line >= 1 and said for line, said in told)


def test_the_document_of_the_format_has_every_kind_and_column() -> None:
    text = (SAMPLES.parents[2] / "docs" / "formats" / "lists.md").read_text("utf-8")
    for kind in KINDS:
        part = text.partition(f"### `{kind}` {KIND_NAMES[kind].zh}\n")[2].partition("\n##")[0]
        for column in COLUMNS[kind]:
            mark = "" if column.needed else "?"
            assert f"| `{column.key}`{mark} | {column.name.zh} |" in part
            assert all(f"`{choice}`" in part for choice in column.choices)
