"""What has the form of something private is found, whatever its width; what has not is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.publication.names import shown_name
from oversight.publication.record import GONE, Mark, Record, redacted
from oversight.publication.scan import KINDS, scan


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("身份证号 11010519491231002X,", "identity"),
        ("身份证号１１０１０５１９４９１２３１００２Ｘ。", "identity"),
        ("110105 19491231 002X", "identity"),
        ("110105-1949-1231-0021", "identity"),  # its check digit is wrong, its day is one
        ("11\u200b0105194912\u200b31002X", "identity"),
        ("老证 110105491231002", "identity"),
        ("电话 13800138000", "phone"),
        ("电话１３８ ００１３ ８０００", "phone"),
        ("+86 138-0013-8000", "phone"),
        ("0562-2838888", "phone"),
        ("卡号 4111 1111 1111 1111", "card"),
        ("信箱 zhang.san@example.cn", "mail"),
        ("住铜陵市郊区长江西路12号3栋402室", "address"),
        ("当事人未成年", "minor"),
        ("时年15周岁", "minor"),
    ],
)
def test_what_is_private_by_its_form_is_found(text: str, kind: str) -> None:
    assert [p.kind for p in scan(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "罚款人民币50000元,限15日内缴纳",
        "铜城管罚字〔2026〕第0012号",
        "统一社会信用代码 91340700MA2MRC1234",
        "2026年11月22日14时30分",
        "当事人35周岁",
        "依据行政处罚法第五十八条",
        "",
    ],
)
def test_what_is_not_private_is_left(text: str) -> None:
    assert scan(text) == []


def test_a_name_is_found_in_any_width_and_a_single_letter_is_none() -> None:
    text = "张三丰与ＬＩ ＳＩ同行"
    found = scan(text, ["张三丰", "LI SI", "与"])
    assert [text[p.begin : p.end] for p in found] == ["张三丰", "ＬＩ ＳＩ"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张某"),
        ("张三丰", "张某某"),
        ("欧阳修", "欧阳某"),
        ("欧阳", "欧某"),
        ("阿卜杜拉·买买提", "阿某某"),
        ("John Smith", "J***"),
        ("王A", "王***"),
        (" 李四 ", "李某"),
    ],
)
def test_a_persons_name_is_shortened(name: str, shown: str) -> None:
    assert shown_name(name, person=True) == shown
    assert shown_name(name, person=False) == name.strip()


def _record(text: str) -> Record:
    words = dict.fromkeys(("case", "document", "agency", "act", "decided"), "1")
    texts = {"title": "t", "facts": text, "basis": "", "conclusion": "c"}
    return Record(subjects=(), matter=None, **words, **texts)


@given(
    st.text(alphabet="甲乙 丙", max_size=8),
    st.sampled_from(["11010519491231002X", "13800138000", "a@b.cn", "１３８００１３８０００"]),
    st.text(alphabet="甲乙 丙", max_size=8),
)
def test_what_is_found_and_taken_out_is_gone_and_the_rest_is_as_it_was(
    before: str, private: str, after: str
) -> None:
    record = _record(before + private + after)
    marks = [Mark(field="facts", begin=p.begin, end=p.end) for p in scan(record.facts)]
    clean, count = redacted(record, marks)
    assert count == 1
    assert clean.facts == before + GONE + after
    assert private.encode() not in clean.to_bytes()


@given(st.text(max_size=60))
def test_no_text_breaks_the_scan_and_its_places_lie_in_the_text(text: str) -> None:
    until = 0
    for passage in scan(text, ["张三"]):
        assert until <= passage.begin < passage.end <= len(text)
        assert passage.kind in KINDS
        until = passage.begin
