"""What is said of the policy of approvals, in both languages, help text too."""

from __future__ import annotations

from typing import Final

POLICY_EN: Final[dict[str, str]] = {
    "help.policy": "The rules of approvals: who may ask to see footage, and who decides.",
    "help.policy.show": "The rules in force.",
    "help.policy.check": "Say whether a file would do; every mistake with its line.",
    "help.policy.file": "A policy (docs/formats/policy.md)",
    "policy.head": "rule|relation|who may ask|decided by|longest|in force",
    "policy.own_unit": "own unit",
    "policy.other_unit": "another unit",
    "policy.outside": "outside the agency",
    "policy.duty": "by duty",
    "policy.emergency": "emergency",
    "policy.by.head": "head of the unit that recorded",
    "policy.by.county_head": "head of county level or above",
    "policy.by.duty": "at once, reviewed after",
    "policy.by.emergency": "at once and loud, reviewed after",
    "policy.hours": "{hours} h",
    "policy.comma": ", ",
}
POLICY_ZH: Final[dict[str, str]] = {
    "help.policy": "调阅审批规则:谁可以申请,由谁决定。",
    "help.policy.show": "现行规则。",
    "help.policy.check": "检查规则文件,逐条指出错误所在行。",
    "help.policy.file": "规则文件(docs/formats/policy.md)",
    "policy.head": "规则|关系|可申请者|由谁决定|最长期限|施行日期",
    "policy.own_unit": "本单位",
    "policy.other_unit": "其他单位",
    "policy.outside": "本机关以外",
    "policy.duty": "依职责",
    "policy.emergency": "紧急",
    "policy.by.head": "采集单位负责人",
    "policy.by.county_head": "县级以上负责人",
    "policy.by.duty": "当即开通,事后审查",
    "policy.by.emergency": "当即开通并告警,事后审查",
    "policy.hours": "{hours} 小时",
    "policy.comma": "、",
}
