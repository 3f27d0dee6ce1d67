"""What the client raises. A refusal carries the service's own stable code (docs/errors.md)."""

from __future__ import annotations


class ClientError(Exception):
    """Base."""


class NotReachedError(ClientError):
    """The service was not reached, or the connection broke. What was asked may have happened all the same."""


class AnswerError(ClientError):
    """What answered is not this service, or a version that this client cannot read."""


class DigestError(ClientError):
    """Bytes came that are not those of the digest. They were removed."""


class RefusedError(ClientError):
    """The service said no."""

    def __init__(
        self, status: int, code: str, detail: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code} ({status}): {detail}")
        self.status, self.code, self.detail = status, code, detail
        self.retry_after = retry_after  # seconds; None where trying again does not help
