"""The kinds of lists, and the columns that each of them has.

What always holds: the columns of a kind are all that its rows may have; a list of 音像记录事项 says everything by which
a case is checked, so that no figure of a check stands in code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from archive.tables import Words
from oversight.rules.model import ACTS

Kind = Literal[
    "recording",
    "powers",
    "inspection",
    "review",
    "discretion",
    "guide",
    "flow",
    "agencies",
    "officers",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Stage = Literal[
    "initiation", "investigation", "review", "decision", "service", "enforcement", "conclusion"
]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
MANNERS: Final = ("video", "audio", "photo", "any")
EXTENTS: Final = ("full", "key")
OCCASIONS: Final = ("always", "held")  # held: only where a document says that it took place
PERSONS: Final = ("person", "organisation")
Shape = Literal["code", "text", "day", "count", "yuan", "choice", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: how programs call it, how people do, and what may stand in it."""

    key: str
    name: Words
    shape: Shape
    needed: bool
    choices: tuple[str, ...] = ()


# How people write what programs call otherwise. 行政 before it and a blank do not count.
CHOICE_WORDS: Final[dict[str, Words]] = {
    "permit": Words(zh="许可", en="permit"),
    "penalty": Words(zh="处罚", en="penalty"),
    "compulsion": Words(zh="强制", en="compulsion"),
    "inspection": Words(zh="检查", en="inspection"),
    "levy": Words(zh="征收", en="levy"),
    "charge": Words(zh="收费", en="charge"),
    "confirmation": Words(zh="确认", en="confirmation"),
    "registration": Words(zh="登记", en="registration"),
    "payment": Words(zh="给付", en="payment"),
    "adjudication": Words(zh="裁决", en="adjudication"),
    "initiation": Words(zh="立案", en="initiation"),
    "investigation": Words(zh="调查取证", en="investigation"),
    "review": Words(zh="审核", en="review"),
    "decision": Words(zh="决定", en="decision"),
    "service": Words(zh="送达", en="service"),
    "enforcement": Words(zh="执行", en="enforcement"),
    "conclusion": Words(zh="结案", en="conclusion"),
    "video": Words(zh="录像", en="video"),
    "audio": Words(zh="录音", en="sound"),
    "photo": Words(zh="照相", en="photo"),
    "any": Words(zh="不限", en="any"),
    "full": Words(zh="全程", en="full length"),
    "key": Words(zh="关键节点", en="key moments"),
    "always": Words(zh="一律", en="always"),
    "held": Words(zh="进行时", en="where it takes place"),
    "person": Words(zh="个人", en="person"),
    "organisation": Words(zh="单位", en="organisation"),
}


def _column(
    key: str,
    zh: str,
    en: str,
    shape: Shape = "text",
    *,
    needed: bool = True,
    of: tuple[str, ...] = (),
) -> Column:
    return Column(key=key, name=Words(zh=zh, en=en), shape=shape, needed=needed, choices=of)


_ID: Final = _column("id", "编号", "id", "code")
_ACT: Final = _column("act", "执法类别", "act", "choice", of=ACTS)
_MATTER: Final = _column("matter", "事项编号", "matter", "code", needed=False)
_NAME: Final = _column("name", "事项", "name")
_BASIS: Final = _column("basis", "依据", "legal basis")
_DEPARTMENT: Final = _column("department", "承办机构", "department", needed=False)
_NOTE: Final = _column("note", "备注", "note", needed=False)
_LINK: Final = _column("link", "网址", "address", needed=False)

COLUMNS: Final[dict[Kind, tuple[Column, ...]]] = {
    "recording": (
        _ID,
        _ACT,
        _MATTER,  # none: every matter of the act
        _NAME,
        _column("stage", "环节", "stage", "choice", of=STAGES),
        _column("part", "程序", "part", "code", needed=False),  # as document.timed names it
        _column("manner", "方式", "manner", "choice", of=MANNERS),
        _column("extent", "范围", "extent", "choice", of=EXTENTS),
        _column("when", "适用", "required", "choice", needed=False, of=OCCASIONS),
        _column("place", "场所", "place", needed=False),
        _column("begins", "开始", "begins"),
        _column("content", "内容", "content"),
        _column("ends", "结束", "ends"),
        _column("least_seconds", "最短秒数", "at least, seconds", "count", needed=False),
        _column("tolerance_seconds", "时间允差秒数", "tolerance, seconds", "count", needed=False),
        _column(
            "gap_seconds", "中断允差秒数", "a stop that counts, seconds", "count", needed=False
        ),
        _column("retention", "存储期限", "kept", "keep"),
        _column("who", "记录人", "who records"),
        _column("clause", "条款", "clause", needed=False),
        _column("source", "出处", "source", needed=False),
        _NOTE,
    ),
    "powers": (
        _ID,
        _ACT,
        _NAME,
        _BASIS,
        _DEPARTMENT,
        _column("duty", "责任事项", "duties"),
        _column("liability", "追责情形", "liability", needed=False),
        _column("complaints", "监督方式", "where to complain", needed=False),
        _NOTE,
    ),
    "inspection": (
        _ID,
        _NAME,
        _column("objects", "检查对象", "who is inspected"),
        _column("content", "检查内容", "content"),
        _BASIS,
        _column("percent", "抽查比例", "per cent drawn", "count", needed=False),
        _column("times", "每年频次", "times a year", "count", needed=False),
        _column("method", "检查方式", "method", needed=False),
        _DEPARTMENT,
        _NOTE,
    ),
    "review": (
        _ID,
        _ACT,
        _MATTER,
        _NAME,
        _column("measure", "决定种类", "kind of decision", "code", needed=False),
        _column("subject", "对象类型", "kind of subject", "choice", needed=False, of=PERSONS),
        _column("at_least", "金额下限", "from, yuan", "yuan", needed=False),
        _BASIS,
        _column("documents", "送审材料", "what is submitted", needed=False),
        _DEPARTMENT,
        _NOTE,
    ),
    "discretion": (
        _ID,
        _ACT,
        _column("matter", "事项编号", "matter", "code"),
        _NAME,
        _column("grade", "裁量阶次", "grade"),
        _column("circumstances", "适用情形", "circumstances"),
        _column("from", "起点金额", "from, yuan", "yuan", needed=False),
        _column("to", "终点金额", "up to, yuan", "yuan", needed=False),
        _column("measure", "处理", "measure", needed=False),
        _BASIS,
        _NOTE,
    ),
    "guide": (
        _ID,
        _NAME,
        _DEPARTMENT,
        _BASIS,
        _column("documents", "申请材料", "what is submitted"),
        _column("days", "办理时限", "working days", "count", needed=False),
        _column("charge", "收费", "charge", needed=False),
        _column("place", "办理地点", "place"),
        _column("telephone", "咨询电话", "telephone", needed=False),
        _LINK,
        _NOTE,
    ),
    "flow": (
        _ID,
        _ACT,
        _NAME,
        _column("steps", "流程", "steps"),
        _column("days", "时限", "working days", "count", needed=False),
        _LINK,
        _NOTE,
    ),
    "agencies": (
        _ID,
        _column("name", "执法主体", "agency"),
        _column("standing", "主体类别", "standing"),
        _BASIS,
        _column("duties", "职责权限", "powers and duties", needed=False),
        _column("head", "法定代表人", "head", needed=False),
        _column("address", "地址", "address", needed=False),
        _column("telephone", "投诉举报电话", "telephone", needed=False),
        _NOTE,
    ),
    "officers": (
        _column("id", "证件号", "certificate number", "code"),
        _column("name", "姓名", "name"),
        _column("agency", "执法主体", "agency"),
        _column("post", "职务", "post", needed=False),
        _column("field", "执法领域", "field", needed=False),
        _column("until", "有效期至", "valid until", "day"),
        _NOTE,
    ),
}
KIND_NAMES: Final[dict[Kind, Words]] = {
    "recording": Words(zh="音像记录事项清单", en="Matters that must be recorded"),
    "powers": Words(zh="权责清单", en="Powers and duties"),
    "inspection": Words(zh="随机抽查事项清单", en="Matters of random inspection"),
    "review": Words(zh="重大执法决定法制审核目录", en="Major decisions under legal review"),
    "discretion": Words(zh="裁量基准", en="Standards of discretion"),
    "guide": Words(zh="服务指南", en="Service guide"),
    "flow": Words(zh="执法流程图", en="Flow charts"),
    "agencies": Words(zh="执法主体清单", en="Enforcement agencies"),
    "officers": Words(zh="执法人员清单", en="Enforcement officers"),
}


def columns_of(kind: Kind) -> dict[str, Column]:
    """The columns of a kind by key, in their order."""
    return {column.key: column for column in COLUMNS[kind]}
