"""What is wrong with a token, or with the way to one. Nothing here is about the archive's own disk."""

from __future__ import annotations

from typing import Final

from archive.errors import MACHINE, ArchiveError

# Each word is listed in docs/timestamps.md; a test holds the two equal. Never reused.
CODES: Final = frozenset(
    {
        "accuracy",  # the token says a worse accuracy than one second
        "certificate",  # the certificate may not stamp: extended key usage, key usage, key, name
        "chain",  # it does not lead to the pinned root
        "expired",  # a certificate was not valid at the token's time
        "imprint",  # over something else
        "malformed",  # no DER, or not of the form that the standards ask
        "modified",  # granted, but not as asked (grantedWithMods)
        "nonce",  # an answer to another request
        "policy",  # under another policy than was asked for
        "redirected",  # the server sends elsewhere
        "refused",  # the authority says no
        "revocation",  # revocation data that are of somebody else, or malformed
        "revoked",  # the certificate was revoked
        "root",  # the pinned root cannot be read, or is none
        "signature",  # the signature is wrong
        "slow",  # no answer in time
        "time",  # more than ten minutes from this machine's clock, which is in step
        "too_large",  # more bytes than an answer may have
        "type",  # the answer is no timestamp: a web page, an error
        "unreachable",  # no connection, or it broke
    }
)


class TokenError(Exception):
    """A token, or an authority's answer, that is not believed. Nothing was kept.

    Args:
        code: one of `CODES`.
        reason: one sentence for people.
    """

    def __init__(self, code: str, reason: str) -> None:
        if code not in CODES:
            raise ValueError(code)
        super().__init__(reason)
        self.code = code
        self.reason = reason


class NoTimeError(ArchiveError):
    """No authority gave a timestamp. Nothing was recorded; the archive goes on without."""

    code = "A096"
    exit_status = MACHINE
    retryable = True
