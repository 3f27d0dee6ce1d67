"""What a bucket must be before an archive trusts it. Tried, not believed.

Holds: after `check_bucket` the bucket keeps versions, has Object Lock, lets us begin an upload, and its clock is ours.
Leaves nothing behind: the upload that it begins to try the right to write is given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from archive.store.s3.client import S3
from archive.store.s3.errors import (
    BucketUnfitError,
    CallRefusedError,
    StoreClockError,
    StoreRefusedError,
)

MOST_SKEW: Final = 300.0  # seconds; the same for whoever looks at what a lock's end means
_PATIENCE: Final = 15.0  # seconds: somebody waits for a command to begin
_NONE: Final = "nothing could keep an object from being removed"


def check_bucket(s3: S3) -> float:
    """Look whether the bucket can hold an archive.

    Returns:
        Seconds that the server's clock is ahead of ours.

    Raises:
        BucketUnfitError: it keeps no versions, or has no Object Lock.
        StoreClockError: its clock is off.
        StoreRefusedError: it is not there, or we may not.
        StoreUnreachableError: it does not answer.
    """
    answer = _asked(s3, "get_bucket_versioning")
    skew = skew_of(answer)
    if abs(skew) > MOST_SKEW:
        raise StoreClockError(
            f"the S3 server's clock is {skew:+.0f} s off this machine's: set them right, or locks end at a wrong time"
        )
    if answer.get("Status") != "Enabled":
        raise BucketUnfitError(
            f"bucket {s3.bucket} keeps no versions: {_NONE}. Make a bucket with Object Lock (docs/s3.md)"
        )
    if not has_lock(s3):
        raise BucketUnfitError(
            f"bucket {s3.bucket} has no Object Lock: {_NONE}. Make a bucket with Object Lock (docs/s3.md)"
        )
    _try_upload(s3)
    return skew


def skew_of(answer: Mapping[str, Any]) -> float:
    """Seconds that the clock of who sent this answer is ahead of ours, to a second or two."""
    text = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    try:
        told = parsedate_to_datetime(text)
    except (TypeError, ValueError) as e:
        raise StoreClockError("the S3 server does not say what time it is") from e
    return (told - datetime.now(UTC)).total_seconds()


def has_lock(s3: S3) -> bool:
    """Whether Object Lock is on. Raises S3Error."""
    try:
        answer = s3.call("get_object_lock_configuration", patience=min(_PATIENCE, s3.patience))
    except CallRefusedError:
        return False  # "ObjectLockConfigurationNotFoundError", or a server that knows no locks
    found: str = answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled", "")
    return found == "Enabled"


def _asked(s3: S3, operation: str) -> Any:
    try:
        return s3.call(operation, patience=min(_PATIENCE, s3.patience))
    except CallRefusedError as e:
        raise StoreRefusedError(f"the S3 store refuses ({operation}): {e}") from e


def _try_upload(s3: S3) -> None:
    """The right to write, without writing an object that nobody could remove."""
    key = s3.prefix + "trial"
    try:
        upload = s3.call("create_multipart_upload", patience=min(_PATIENCE, s3.patience), Key=key)[
            "UploadId"
        ]
        s3.call(
            "abort_multipart_upload", patience=min(_PATIENCE, s3.patience), Key=key, UploadId=upload
        )
    except CallRefusedError as e:
        raise StoreRefusedError(f"the S3 store refuses to be written: {e}") from e
