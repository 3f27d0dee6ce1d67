"""What the S3 store raises on purpose. Staged files stay in `incoming/` whichever it is.

S3Error
├─ StoreUnreachableError   it does not answer, or says that it is busy: the same again, later
├─ StoreRefusedError       it answers, and says no: credentials, rights, a bucket that is gone
│  └─ CallRefusedError     it says no for a reason that depends on the call: its caller may know better
├─ BucketUnfitError        it cannot promise what an archive needs: no versions, no locks
└─ StoreClockError         its clock and ours are far apart: locks would end at a wrong time
"""

from __future__ import annotations

from archive.errors import MACHINE, ArchiveError


class S3Error(ArchiveError):
    """Base: the bucket."""

    exit_status = MACHINE


class StoreUnreachableError(S3Error):
    """The S3 server does not answer, or is too busy. What was staged waits on the local disk."""

    code = "A052"
    retryable = True


class StoreRefusedError(S3Error):
    """The S3 server refuses: credentials, rights, or the bucket is gone. What was staged waits."""

    code = "A053"


class CallRefusedError(StoreRefusedError):
    """The S3 server refuses a call, and says why with a word of its own. What was staged waits."""

    code = "A053"

    def __init__(self, said: str, status: int, message: str) -> None:
        super().__init__(f"the S3 store refuses: {said or status} {message}".rstrip())
        self.said = said  # the server's own error code
        self.status = status


class BucketUnfitError(S3Error):
    """The bucket has no versions or no Object Lock, or does not keep what it was asked to. Nothing was recorded."""

    code = "A054"


class StoreClockError(S3Error):
    """The clocks of the S3 server and of this machine are too far apart. Nothing was put."""

    code = "A055"
