"""Which version of a key is the object: the oldest that is no delete marker.

Under Object Lock nobody with S3 rights can take away or replace the version that was put first while its lock runs;
later ones and delete markers only lie on top. So the oldest is what we put, whoever wrote after. (An administrator of
the server can do more: docs/s3.md. That is what the ledger's `version` and the audit are for.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.store.s3.client import S3

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one key."""

    key: str
    id: str
    size: int
    newest: bool
    marker: bool  # a delete marker: no bytes
    time: datetime


def listed(s3: S3, prefix: str) -> Iterator[Version]:
    """All versions of all keys that begin with this; of one key objects, the newest first, then delete markers.

    Raises:
        S3Error: as `S3.call`.
    """
    at: dict[str, str] = {}
    while True:
        page = s3.call("list_object_versions", Prefix=prefix, **at)
        found = [_version(item, marker=False) for item in page.get("Versions", ())]
        found += [_version(item, marker=True) for item in page.get("DeleteMarkers", ())]
        # Two lists in one answer; within a key the server's order of versions is kept.
        yield from sorted(found, key=lambda v: v.key)
        if not page.get("IsTruncated"):
            return
        at = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def oldest(s3: S3, digest: str) -> Version | None:
    """The version that is the object; None where there is none. Raises S3Error."""
    found = None
    for version in listed(s3, s3.key(digest)):
        if version.key == s3.key(digest) and not version.marker:
            found = version
    return found


def _version(item: dict[str, object], *, marker: bool) -> Version:
    time, size = item["LastModified"], item.get("Size", 0)
    if not isinstance(time, datetime) or not isinstance(size, int):
        raise TypeError("an answer of another form")
    return Version(
        key=str(item["Key"]),
        id=str(item["VersionId"]),
        size=size,
        newest=bool(item.get("IsLatest")),
        marker=marker,
        time=time,
    )
