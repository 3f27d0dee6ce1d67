"""What oversight/ raises on purpose. Codes O001-O099, listed in docs/errors.md, never reused."""

from __future__ import annotations

from typing import ClassVar


class OversightError(Exception):
    """Base: a rule forbids it, or cannot be read."""

    code: ClassVar[str] = "O000"
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[int] = 2


class RuleFileError(OversightError):
    """A file of rules is malformed; every mistake is named with its line. None of its rules is in force."""

    code = "O001"

    def __init__(self, source: str, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"{source}:{line}: {said}" for line, said in mistakes))
        self.mistakes = mistakes


class NoRuleError(OversightError):
    """No rule in force on that day says anything about this."""

    code = "O002"
