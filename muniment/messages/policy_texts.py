"""What is said of the policy of approvals, in both languages, help text too."""

from __future__ import annotations

from typing import Final

POLICY_EN: Final[dict[str, str]] = {
    "help.policy": "The rules of approvals: who may ask to see footage, and who decides.",
    "help.policy.show": "The rules in force.",
    "help.policy.check": "Say whether a file would do; every mistake with its line.",
    "help.policy.file": "A policy (docs/formats/policy.md)",
    "policy.head": "rule|relation|who may ask|decided by|longest|in force",
}
POLICY_ZH: Final[dict[str, str]] = {
    "help.policy": "调阅审批规则:谁可以申请,由谁决定。",
    "help.policy.show": "现行规则。",
    "help.policy.check": "检查规则文件,逐条指出错误所在行。",
    "help.policy.file": "规则文件(docs/formats/policy.md)",
    "policy.head": "规则|关系|可申请者|由谁决定|最长期限|施行日期",
}
