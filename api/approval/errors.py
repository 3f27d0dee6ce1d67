"""What requests to see refuse. Codes P070-P079, listed in docs/errors.md, never reused."""

from __future__ import annotations

from api.errors import ApiError


class ApprovalError(ApiError):
    """Base: something about asking, granting or the policy. Nothing was done."""

    code = "P070"


class PolicyError(ApprovalError):
    """The policy is malformed; every mistake is named with its line."""

    code = "P071"
    status = 503

    def __init__(self, source: str, mistakes: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"{source}:{line}: {said}" for line, said in mistakes))
        self.mistakes = mistakes


class NoRuleError(ApprovalError):
    """No rule of the policy lets this role ask for this, for this purpose. Nothing was done."""

    code = "P072"
    status = 422


class PeriodError(ApprovalError):
    """The end lies in the past, or later than the rule's longest. Nothing was done."""

    code = "P073"
    status = 422


class NotYoursToDecideError(ApprovalError):
    """Somebody else decides on this: nobody decides on their own request. The attempt is in the ledger."""

    code = "P074"
    status = 403


class DecidedAlreadyError(ApprovalError):
    """The request is no longer in the state that this needs; the answer says in which. Nothing was done."""

    code = "P075"
    status = 409


class TooManyEmergenciesError(ApprovalError):
    """As many emergencies as the policy allows in 24 hours were taken; the head can grant more. Nothing was done."""

    code = "P077"
    status = 429


class AskedAlreadyError(ApprovalError):
    """The same is open or granted already. Nothing was done."""

    code = "P076"
    status = 409
