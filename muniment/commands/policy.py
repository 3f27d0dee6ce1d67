"""`policy show|check`: the rules of approvals that are in force, and whether a file would do in their place."""

from __future__ import annotations

from pathlib import Path

from api.approval.errors import PolicyError
from api.approval.policy import ASKERS, Policy
from api.approval.policy_reading import policy_of, read_policy
from api.approval.showing import policy_document
from api.messages import name_of
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading


def show_policy(asked: Asked) -> Answer:
    """The policy in force. Raises PolicyError."""
    with reading(asked) as archive:
        return _answer(asked, policy_of(archive.root))


def check_policy(asked: Asked, file: Path) -> Answer:
    """Whether a file is a policy; every mistake with its line is a finding. Raises WrongUsageError: not to be read."""
    try:
        data = file.read_bytes()
    except OSError as e:
        raise WrongUsageError(f"{file} cannot be read: {e.strerror}") from e
    try:
        return _answer(asked, read_policy(data, file.name))
    except PolicyError as e:
        mistakes = [{"line": line, "reason": said} for line, said in e.mistakes]
        reason = {"code": e.code, "reason": str(e)}
        return Answer(
            document={"ok": False, "mistakes": mistakes, "error": reason},
            text="\n".join(f"{printable(file.name)}:{m['line']}: {m['reason']}" for m in mistakes),
            status=1,
        )


def _answer(asked: Asked, policy: Policy) -> Answer:
    rows = [
        [
            rule.id,
            asked.words(f"policy.{rule.relation}"),
            asked.words("policy.comma").join(
                name_of(asked.language, "role", role) for role in ASKERS if role in rule.roles
            ),
            asked.words(f"policy.by.{rule.decided_by}"),
            asked.words("policy.hours", hours=int(rule.longest.total_seconds() // 3600)),
            rule.in_force.isoformat(),
        ]
        for rule in policy.rules
    ]
    lines = [policy.zh if asked.language == "zh" else policy.en, policy.digest]
    lines += table(asked.words("policy.head").split("|"), rows)
    return Answer(document=policy_document(policy), text="\n".join(lines))
