"""Words for acts, stages and kinds of things on papers that are made here: Chinese and English. Decides nothing."""

from __future__ import annotations

from typing import Final

from archive.tables import Words

ACTS: Final = {
    "permit": Words(zh="行政许可", en="permit"),
    "penalty": Words(zh="行政处罚", en="penalty"),
    "compulsion": Words(zh="行政强制", en="compulsion"),
    "inspection": Words(zh="行政检查", en="inspection"),
    "levy": Words(zh="行政征收", en="levy"),
    "charge": Words(zh="行政收费", en="charge"),
    "confirmation": Words(zh="行政确认", en="confirmation"),
    "registration": Words(zh="行政登记", en="registration"),
    "payment": Words(zh="行政给付", en="payment"),
    "adjudication": Words(zh="行政裁决", en="adjudication"),
}
STAGES: Final = {
    "initiation": Words(zh="立案", en="initiation"),
    "investigation": Words(zh="调查取证", en="investigation"),
    "review": Words(zh="审核", en="review"),
    "decision": Words(zh="决定", en="decision"),
    "service": Words(zh="送达", en="service"),
    "enforcement": Words(zh="执行", en="enforcement"),
    "conclusion": Words(zh="结案", en="conclusion"),
}
KINDS: Final = {
    "document": Words(zh="文书", en="document"),
    "video": Words(zh="视频", en="video"),
    "audio": Words(zh="录音", en="sound"),
    "photo": Words(zh="照片", en="photo"),
    "unknown": Words(zh="其他", en="other"),
}
_UNKNOWN: Final = Words(zh="未知", en="unknown")


def act(code: str | None) -> Words:
    """Of an act; the code itself where it has no words."""
    return _of(ACTS, code)


def stage(code: str | None) -> Words:
    """Of a stage."""
    return _of(STAGES, code)


def kind(code: str | None) -> Words:
    """Of a thing in a volume."""
    return _of(KINDS, code)


def _of(words: dict[str, Words], code: str | None) -> Words:
    if code is None:
        return _UNKNOWN
    return words.get(code) or Words(zh=code, en=code)
