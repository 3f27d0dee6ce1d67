"""Taking an object out of a bucket for good, all versions of its key (docs/formats/store.md, "Removal").

What always holds: no lock is made shorter, no hold lifted, no governance bypassed. A version that is locked, by
whoever, stays, and the server says so again when it is asked. The version that is the object goes last: until then it
is whole. Whoever brings the same bytes meanwhile either locks that version before it goes, and it stays, or finds it
gone and puts it anew. It decides nothing: that an entry says it is to go, is the caller's to know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from archive.errors import RemovalRefusedError
from archive.store.s3.errors import CallRefusedError, StoreRefusedError
from archive.store.s3.retention import Lock, lock_of
from archive.store.s3.trial import KEY as TRIAL
from archive.store.s3.versions import Version, listed

if TYPE_CHECKING:
    from archive.store.removing import Obstacle
    from archive.store.s3.client import S3

_NOT_THERE: Final = 404
_NO_RIGHT: Final = "the S3 store removes nothing here: this account needs s3:DeleteObjectVersion (docs/s3.md): {what}"


def obstacle(s3: S3, digest: str) -> tuple[Obstacle | None, datetime | None]:
    """Why an object cannot go now, and until when, where its locks end. Raises S3Error."""
    until = None
    for version in _versions(s3, digest):
        lock = None if version.marker else lock_of(s3, version)
        if lock is None:
            continue
        if lock.hold:
            return "bucket_hold", None
        if lock.until is not None and _is_locked(lock):
            until = lock.until if until is None else max(until, lock.until)
    return (None, None) if until is None else ("locked", until)


def may_remove(s3: S3) -> bool:
    """Whether this account may delete versions: tried with one that is not there. Raises S3Error: nobody answers."""
    try:
        s3.call("delete_object", Key=f"{s3.prefix}{TRIAL}none", VersionId="null")
    except CallRefusedError:
        return True  # it may, and the server says that there is no such version
    except StoreRefusedError:
        return False
    return True


def remove(s3: S3, digest: str) -> bool:
    """Delete every version, by its id, and look that all are gone.

    Returns:
        Whether it is gone; False: somebody locked it, or put it anew, meanwhile: it stays.

    Raises:
        RemovalRefusedError: the server refuses, and no lock is why. The object is there still; the same again is right.
        S3Error: as `S3.call`.
    """
    found = _versions(s3, digest)
    # Markers first, then from the newest on: as the server lists them.
    for version in sorted(found, key=lambda each: not each.marker):
        if not _delete(s3, version):
            return False
    gone = all(version.marker or lock_of(s3, version) is None for version in found)
    return gone and not _versions(s3, digest)


def _delete(s3: S3, version: Version) -> bool:
    """Whether it is gone; False: it is locked."""
    try:
        s3.call("delete_object", Key=version.key, VersionId=version.id)
    except StoreRefusedError as e:
        if isinstance(e, CallRefusedError) and e.status == _NOT_THERE:
            return True
        lock = None if version.marker else lock_of(s3, version)
        if lock is not None and (lock.hold or _is_locked(lock)):
            return False
        raise RemovalRefusedError(_NO_RIGHT.format(what=e)) from e
    return True


def _is_locked(lock: Lock) -> bool:
    return lock.mode is not None and lock.until is not None and lock.until > datetime.now(UTC)


def _versions(s3: S3, digest: str) -> list[Version]:
    key = s3.key(digest)
    return [version for version in listed(s3, key) if version.key == key]
