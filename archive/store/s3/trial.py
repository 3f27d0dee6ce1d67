"""`doctor s3`: each thing that the store leans on, tried at the server itself.

Leaves one small object: nobody can remove what is locked, and a lock that was not tried proves nothing. It is locked
for a minute, and its key says what it is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from archive.store.s3.bucket import check_bucket
from archive.store.s3.client import S3
from archive.store.s3.errors import CallRefusedError, S3Error, StoreUnreachableError
from archive.store.s3.putting import abort, checksum_text
from archive.store.s3.retention import lengthen, lock_of, place_hold
from archive.store.s3.versions import Version, listed

LOCKED: Final = timedelta(minutes=1)
KEY: Final = "doctor-trial-"
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One thing that was tried."""

    name: str  # bucket, put, lock, delete, shorten, hold, parts, none_match, checksum
    ok: bool
    needed: bool = True  # else it is only told
    detail: str = ""
    away: bool = False  # nobody answered: nothing is known of it


def try_bucket(s3: S3) -> Iterator[Tried]:
    """Try everything, in order; what cannot go on without the step before is not tried."""
    s3.patience = _PATIENCE
    try:
        skew = check_bucket(s3)
    except S3Error as e:
        yield _failed("bucket", e)
        return
    yield Tried(name="bucket", ok=True, detail=f"{s3.bucket}, {skew:+.0f} s")
    key, data = f"{s3.prefix}{KEY}{secrets.token_hex(8)}", secrets.token_bytes(64)
    until = (datetime.now(UTC) + LOCKED).replace(microsecond=0)
    try:
        answer = _put(s3, key, data, until)
    except S3Error as e:
        yield _failed("put", e)
        return
    yield Tried(name="put", ok=True, detail=key)
    version = _version(s3, key)
    for name, step in (("lock", _locks), ("delete", _keeps), ("shorten", _holds)):
        yield _tried(name, step, s3, version, until)
    if s3.settings.legal_hold:
        yield _tried("hold", _holds_by_law, s3, version, until)
    yield _tried("parts", _parts, s3, version, until)
    same = checksum_text(hashlib.sha256(data).digest())
    yield Tried(name="checksum", ok=answer.get("ChecksumSHA256") == same, needed=False)
    yield _none_match(s3, key, data, until)


def _failed(name: str, error: S3Error) -> Tried:
    away = isinstance(error, StoreUnreachableError)
    return Tried(name=name, ok=False, detail=str(error), away=away)


def _put(s3: S3, key: str, data: bytes, until: datetime, **more: Any) -> Any:
    return s3.call(
        "put_object",
        Key=key,
        Body=data,
        ChecksumSHA256=checksum_text(hashlib.sha256(data).digest()),
        ContentMD5=checksum_text(hashlib.md5(data, usedforsecurity=False).digest()),
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
        **more,
    )


def _version(s3: S3, key: str) -> Version:
    return next(v for v in listed(s3, key) if not v.marker)


def _tried(
    name: str,
    step: Callable[[S3, Version, datetime], str],
    s3: S3,
    version: Version,
    until: datetime,
) -> Tried:
    """What a step finds wrong, or nothing."""
    try:
        wrong = step(s3, version, until)
    except S3Error as e:
        wrong = str(e)
    return Tried(name=name, ok=not wrong, detail=wrong)


def _locks(s3: S3, version: Version, until: datetime) -> str:
    lock = lock_of(s3, version)
    return "" if lock is not None and lock.holds(until) else f"asked for {until}, got {lock}"


def _keeps(s3: S3, version: Version, until: datetime) -> str:  # noqa: ARG001
    try:
        s3.call("delete_object", Key=version.key, VersionId=version.id)
    except S3Error:
        return ""
    return "a locked version could be deleted"


def _holds(s3: S3, version: Version, until: datetime) -> str:
    sooner = until - LOCKED / 2
    try:
        s3.call(
            "put_object_retention",
            Key=version.key,
            VersionId=version.id,
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": sooner},
        )
    except S3Error:
        later = until + timedelta(seconds=1)
        return "" if lengthen(s3, version, later) else "a lock could not be made longer"
    return "a lock could be shortened"


def _holds_by_law(s3: S3, version: Version, until: datetime) -> str:  # noqa: ARG001
    place_hold(s3, version, None)
    lock = lock_of(s3, version)
    return "" if lock is not None and lock.hold else "a legal hold was placed and is not there"


def _parts(s3: S3, version: Version, until: datetime) -> str:  # noqa: ARG001
    """Begins an upload in parts, sends one, gives it up."""
    answer = s3.call("create_multipart_upload", Key=version.key)
    try:
        s3.call(
            "upload_part",
            Key=version.key,
            UploadId=answer["UploadId"],
            PartNumber=1,
            Body=b"muniment",
        )
    finally:
        abort(s3, version.key, str(answer["UploadId"]))
    return ""


def _none_match(s3: S3, key: str, data: bytes, until: datetime) -> Tried:
    """Whether a put onto a taken key is refused. Where it is not, there is one version more, locked as the first."""
    try:
        _put(s3, key, data, until, IfNoneMatch="*")
    except CallRefusedError as e:
        return Tried(name="none_match", ok=e.said == "PreconditionFailed", needed=False)
    except S3Error as e:
        return Tried(name="none_match", ok=False, needed=False, detail=str(e))
    return Tried(name="none_match", ok=False, needed=False)
