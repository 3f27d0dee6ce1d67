"""What a transfer refuses. Codes O090-O095, listed in docs/errors.md, never reused."""

from __future__ import annotations

from oversight.errors import OversightError

_REFUSED = 4


class NotClosedError(OversightError):
    """The case is open: only a closed one is handed over. Nothing was done."""

    code = "O090"


class TransferTextError(OversightError):
    """A name, a fonds or a reason that a transfer cannot have, or that is missing. Nothing was done."""

    code = "O091"


class CodeRuleError(OversightError):
    """transfer.toml is malformed; every mistake is named with its line. No archival code is given by it."""

    code = "O092"

    def __init__(self, source: str, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"{source}:{line}: {said}" for line, said in mistakes))
        self.mistakes = mistakes


class ReceiptError(OversightError):
    """No receipt of a transfer of this case, a second one, or signed by nobody. Nothing was recorded."""

    code = "O093"
    exit_status = _REFUSED


class TransferPlaceError(OversightError):
    """The name is taken, or it is no place for a transfer. Nothing was written."""

    code = "O094"


class TransferFolderError(OversightError):
    """There is no transfer in this folder. Nothing was checked."""

    code = "O095"
