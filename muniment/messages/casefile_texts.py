"""What is said of case files, stages and subjects, in both languages, help text too."""

from __future__ import annotations

from typing import Final

CASEFILE_EN: Final[dict[str, str]] = {
    "stage.initiation": "initiation",
    "stage.investigation": "investigation",
    "stage.review": "review",
    "stage.decision": "decision",
    "stage.service": "service",
    "stage.enforcement": "enforcement",
    "stage.conclusion": "conclusion",
    "act.permit": "permit",
    "act.penalty": "penalty",
    "act.compulsion": "compulsion",
    "act.inspection": "inspection",
    "act.levy": "levy",
    "act.charge": "charge",
    "act.confirmation": "confirmation",
    "act.registration": "registration",
    "act.payment": "payment",
    "act.adjudication": "adjudication",
}
CASEFILE_ZH: Final[dict[str, str]] = {
    "stage.initiation": "立案",
    "stage.investigation": "调查取证",
    "stage.review": "审核",
    "stage.decision": "决定",
    "stage.service": "送达",
    "stage.enforcement": "执行",
    "stage.conclusion": "结案",
    "act.permit": "行政许可",
    "act.penalty": "行政处罚",
    "act.compulsion": "行政强制",
    "act.inspection": "行政检查",
    "act.levy": "行政征收",
    "act.charge": "行政收费",
    "act.confirmation": "行政确认",
    "act.registration": "行政登记",
    "act.payment": "行政给付",
    "act.adjudication": "行政裁决",
}
