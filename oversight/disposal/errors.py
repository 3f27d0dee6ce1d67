"""What a disposal refuses. Codes O050-O059."""

from __future__ import annotations

from oversight.errors import OversightError

_REFUSED = 4


class NothingDueError(OversightError):
    """No clip is past its retention. Nothing was proposed."""

    code = "O050"
    exit_status = _REFUSED


class DisposalStateError(OversightError):
    """There is no such disposal, or it is not in the state for this step. Nothing was done."""

    code = "O051"
    exit_status = _REFUSED


class OnePersonError(OversightError):
    """Two different people dispose: who proposed it does not approve it. Nothing was done."""

    code = "O052"
    exit_status = _REFUSED


class DisposalListError(OversightError):
    """The list of a disposal is not what was proposed. Nothing was removed."""

    code = "O053"
    exit_status = 1


class UnknownCategoryError(OversightError):
    """No retention rule in force has this id. Nothing was done."""

    code = "O054"


class ClockApartError(OversightError):
    """The clock is days from the newest outside timestamp: nobody knows what is due. Nothing was done."""

    code = "O055"
    exit_status = _REFUSED
