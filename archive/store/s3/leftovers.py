"""Uploads in parts that nobody will end: their parts take room that no listing of objects shows.

Only those of our own keys: below the prefix, and named by a digest (or by the trial of `bucket.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from archive.store.s3.client import S3
from archive.store.s3.errors import CallRefusedError
from archive.store.s3.putting import abort
from archive.store.s3.versions import DIGEST

OLD: Final = timedelta(days=1)  # no clip takes so long
_TRIAL: Final = "trial"


def abort_old(s3: S3, *, now: datetime | None = None) -> int:
    """Give up uploads that began more than a day ago; how many. Raises S3Error."""
    before = (now or datetime.now(UTC)) - OLD
    count = 0
    for upload in _uploads(s3, s3.prefix):
        name = upload["Key"].removeprefix(s3.prefix)
        if upload["Initiated"] < before and (DIGEST.fullmatch(name) or name == _TRIAL):
            abort(s3, upload["Key"], upload["UploadId"])
            count += 1
    return count


def abort_of(s3: S3, digest: str) -> None:
    """Give up uploads of an object whose writer is dead. Raises S3Error."""
    for upload in list(_uploads(s3, s3.key(digest))):
        if upload["Key"] == s3.key(digest):
            abort(s3, upload["Key"], upload["UploadId"])


def _uploads(s3: S3, prefix: str) -> Iterator[dict[str, Any]]:
    at: dict[str, str] = {}
    while True:
        try:
            page = s3.call("list_multipart_uploads", Prefix=prefix, **at)
        except CallRefusedError:
            return  # a server that does not list them: its own rules clear them away
        yield from page.get("Uploads", ())
        if not page.get("IsTruncated"):
            return
        at = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
