"""Why a register refuses. Codes in docs/errors.md."""

from __future__ import annotations

from oversight.errors import OversightError

_REFUSED = 4


class RegisterError(OversightError):
    """Base: the register refused. Nothing was done."""

    exit_status = _REFUSED


class NotCertifiedError(RegisterError):
    """The officer holds no certificate of this kind that is valid at that moment. Nothing was done."""

    code = "O070"


class CertificateTextError(RegisterError):
    """A number, a day or a reason that a certificate cannot have. Nothing was done."""

    code = "O071"
    exit_status = 2


class CertificateTakenError(RegisterError):
    """The number is on another officer's certificate, or this very certificate is there already. Nothing was done."""

    code = "O072"


class NotRegisteredError(RegisterError):
    """The register knows no such officer, recorder or station. Nothing was done."""

    code = "O073"


class HandOverError(RegisterError):
    """The recorder is not with whoever gives it, or the moment lies before the last hand-over. Nothing was done."""

    code = "O074"


class DutyCheckError(RegisterError):
    """A measure or a moment that a check before duty cannot have. Nothing was done."""

    code = "O075"
    exit_status = 2
