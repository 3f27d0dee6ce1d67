"""What bringing data in and proposing links raise. Codes O060-O069, listed in docs/errors.md, never reused."""

from __future__ import annotations

from oversight.errors import OversightError

_SHOWN = 20


class ImportFileError(OversightError):
    """A file of dispatch or case data is malformed; mistakes are named with their line. Nothing was brought in."""

    code = "O060"

    def __init__(self, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"line {line}: {said}" for line, said in mistakes[:_SHOWN]))
        self.mistakes = mistakes


class LinkRulesError(OversightError):
    """linking.toml is malformed; every mistake is named with its line. Nothing is proposed by it."""

    code = "O061"

    def __init__(self, source: str, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"{source}:{line}: {said}" for line, said in mistakes))
        self.mistakes = mistakes


class NoProposalError(OversightError):
    """No link of this clip and case waits for a word. Nothing was done."""

    code = "O062"
    exit_status = 4


class ProposalTextError(OversightError):
    """A reason that is missing or too long. Nothing was done."""

    code = "O063"


class DispatchUnreadableError(OversightError):
    """dispatch.db cannot be read or written. Nothing was proposed."""

    code = "O064"
    retryable = True
    exit_status = 5

    def __init__(self, said: str, *, damaged: bool = False) -> None:
        super().__init__(said)
        self.damaged = damaged  # and not only out of reach
