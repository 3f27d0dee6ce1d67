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


class ListFileError(OversightError):
    """A list is malformed; every mistake is named with its line. None of it was taken."""

    code = "O020"

    def __init__(self, source: str, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"{source}:{line}: {said}" for line, said in mistakes[:20]))
        self.mistakes = mistakes


class ListRefusedError(OversightError):
    """The version would leave a gap, or two versions would be in force on one day. Nothing was done."""

    code = "O021"
    exit_status = 4


class UnknownListError(OversightError):
    """There is no such list, version or draft. Nothing was done."""

    code = "O022"
    exit_status = 4


class SamePersonError(OversightError):
    """Who drafted a list does not publish it: another person does. Nothing was done."""

    code = "O023"
    exit_status = 4


class CheckPlaceError(OversightError):
    """A stretch of time, a code or a clip that nothing can have stopped at. Nothing was done."""

    code = "O024"
