"""Why publication refuses. Codes O040-O049 in docs/errors.md."""

from __future__ import annotations

from oversight.errors import OversightError

_REFUSED = 4


class PublicationError(OversightError):
    """Base: publication refused. Nothing was recorded."""

    exit_status = _REFUSED


class PublicationStateError(PublicationError):
    """The publication is not in the state that this needs, or one of the same is under way. Nothing was recorded."""

    code = "O040"


class UnknownPublicationError(PublicationError):
    """There is no such publication. Nothing was recorded."""

    code = "O041"


class PublicationTextError(PublicationError):
    """A text, a mark or a reason that a publication cannot have. Nothing was recorded."""

    code = "O042"
    exit_status = 2


class PrivacyLeftError(PublicationError):
    """What is to be public still says something that it must not. Nothing was recorded."""

    code = "O043"


class SamePublisherError(PublicationError):
    """Who proposed or checked a publication does not approve it: another person does. Nothing was recorded."""

    code = "O044"


class NotDecidedError(PublicationError):
    """The case has no decision that stands: there is nothing to publish. Nothing was recorded."""

    code = "O045"


class SecretRecordError(PublicationError):
    """A state secret is not redacted, it is not published: decline it. Nothing was recorded."""

    code = "O046"


class PublicFolderError(PublicationError):
    """What is public cannot be written or read. The ledger has it; writing it again makes it anew."""

    code = "O047"
    exit_status = 5
    retryable = True


class PlatformError(PublicationError):
    """The upper platform is away or answers nonsense. Nothing is lost: it is sent again."""

    code = "O048"
    exit_status = 5
    retryable = True


class ReportError(PublicationError):
    """The year is not over, or there is no such figure. Nothing was recorded."""

    code = "O049"
