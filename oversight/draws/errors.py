"""What draws raise. Codes O066-O069, listed in docs/errors.md, never reused."""

from __future__ import annotations

from oversight.errors import OversightError


class DrawTextError(OversightError):
    """A seed, a number, a period or a score that a draw cannot have. Nothing was done."""

    code = "O066"


class NothingToDrawError(OversightError):
    """No case was closed in that time. Nothing was done."""

    code = "O067"
    exit_status = 4


class UnknownDrawError(OversightError):
    """There is no such draw, or the case was not drawn. Nothing was done."""

    code = "O068"
    exit_status = 4


class SheetError(OversightError):
    """sheet.toml is malformed; every mistake is named with its line. Nothing is scored by it."""

    code = "O069"

    def __init__(self, source: str, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"{source}:{line}: {said}" for line, said in mistakes))
        self.mistakes = mistakes
