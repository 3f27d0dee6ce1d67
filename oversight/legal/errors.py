"""Why legal review refuses. Codes O030-O039 in docs/errors.md."""

from __future__ import annotations

from oversight.errors import OversightError

_REFUSED = 4


class LegalError(OversightError):
    """Base: legal review refused. Nothing was recorded."""

    exit_status = _REFUSED


class ReviewNeededError(LegalError):
    """A major decision without a valid agreement of legal review. Nothing was recorded."""

    code = "O030"


class ReviewStateError(LegalError):
    """The review is not in the state that this needs. Nothing was recorded."""

    code = "O031"


class ReviewerRefusedError(LegalError):
    """The reviewer belongs to the case, asked for the review, or does not have it. Nothing was recorded."""

    code = "O032"


class ReviewAnswerError(LegalError):
    """An answer that does not say all it has to, or points to what was not reviewed. Nothing was recorded."""

    code = "O033"
    exit_status = 2


class ReviewChangedError(LegalError):
    """The case's documents or clips are others than those that were submitted. Nothing was recorded."""

    code = "O034"


class NothingToReviewError(LegalError):
    """The case has no document and no clip, or more than one review takes. Nothing was recorded."""

    code = "O035"


class UnknownReviewError(LegalError):
    """There is no such review. Nothing was recorded."""

    code = "O036"


class NotTheDeciderError(LegalError):
    """Who settles a dispute is named by the rules, and is neither of the two. Nothing was recorded."""

    code = "O037"


class IntentionError(LegalError):
    """An amount or a measure that no decision can have. Nothing was recorded."""

    code = "O038"
    exit_status = 2


class DecidedError(LegalError):
    """A decision of the case stands: what it is about is not said anew. Nothing was recorded."""

    code = "O039"
