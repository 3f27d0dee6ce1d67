"""What is said of deadlines, in both languages, help text too."""

from __future__ import annotations

from typing import Final

OVERSEEING_EN: Final[dict[str, str]] = {
    "help.oversight": "What the three systems ask for: deadlines, digests, reasons.",
    "help.oversight.deadlines": "What is near or missed; of one case, all that is due of it.",
    "help.oversight.case": "Number of a case; all of them without it",
    "help.oversight.missed": "Only what is missed",
    "help.oversight.digest": "What is near or missed, unit by unit.",
    "help.oversight.unit": "Of this unit; of all without it",
    "help.oversight.excuse": "State why something is late, where the rule allows it for that.",
    "help.oversight.subject": "Id of a clip, or number of a case",
    "help.oversight.kind": "Which of the rule's excuses, from 0 (`rules show --json`)",
    "help.oversight.reason": "Why, in words",
    "help.oversight.rule": "Id of the deadline; of a clip `upload` without it",
    "oversight.head": "state|what|of|unit|due|rule",
    "oversight.agency": "The agency",
    "oversight.counts": "{missed} missed, {nearing} near",
    "oversight.nothing": "Nothing is near or missed.",
    "oversight.provisional": "(provisional)",
}
OVERSEEING_ZH: Final[dict[str, str]] = {
    "help.oversight": "三项制度的期限、摘要和逾期理由。",
    "help.oversight.deadlines": "临近和逾期的事项;指定案件时列出该案全部期限。",
    "help.oversight.case": "案件编号;不写则为全部",
    "help.oversight.missed": "只列逾期的",
    "help.oversight.digest": "按单位列出临近和逾期的事项。",
    "help.oversight.unit": "只列该单位;不写则为全部",
    "help.oversight.excuse": "规则允许时,说明逾期理由。",
    "help.oversight.subject": "片段 ID 或案件编号",
    "help.oversight.kind": "规则列明的第几种情形,从 0 起(见 rules show --json)",
    "help.oversight.reason": "具体理由",
    "help.oversight.rule": "期限的 id;片段不写则为 upload",
    "oversight.head": "状态|事项|对象|单位|截止|规则",
    "oversight.agency": "本机关",
    "oversight.counts": "逾期 {missed} 项,临近 {nearing} 项",
    "oversight.nothing": "没有临近或逾期的事项。",
    "oversight.provisional": "(暂定)",
}
