"""How long an object's version stays locked, and legal holds. No call here can shorten a lock or lift one.

COMPLIANCE: the server itself refuses whoever asks for less, its own account too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from archive.store.s3.client import S3
from archive.store.s3.errors import CallRefusedError, StoreRefusedError
from archive.store.s3.versions import Version

_RENEWED: Final = 0.75  # of the term: what is left when a lock is made longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a version's lock is."""

    mode: str | None  # COMPLIANCE, GOVERNANCE, or none
    until: datetime | None
    hold: bool = False  # legal hold

    def holds(self, until: datetime) -> bool:
        """Whether nobody with S3 rights can take it away before then."""
        return self.mode == "COMPLIANCE" and self.until is not None and self.until >= until


def term_end(retain_days: int, *, now: datetime | None = None) -> datetime:
    """Until when something put now is locked; in whole seconds, as servers keep it."""
    end = (now or datetime.now(UTC)) + timedelta(days=retain_days, seconds=1)
    return end.replace(microsecond=0)


def lock_of(s3: S3, version: Version) -> Lock | None:
    """A version's lock; None where the version is not there any more. Raises S3Error."""
    try:
        head: Any = s3.call("head_object", Key=version.key, VersionId=version.id)
    except CallRefusedError as e:
        if e.status == 404:
            return None
        raise StoreRefusedError(
            f"the S3 store does not say how {version.key} is locked: {e}"
        ) from e
    return Lock(
        mode=head.get("ObjectLockMode"),
        until=head.get("ObjectLockRetainUntilDate"),
        hold=head.get("ObjectLockLegalHoldStatus") == "ON",
    )


def place_hold(s3: S3, version: Version, lock: Lock | None) -> bool:
    """Place a legal hold, where the settings ask for it; it stays, whatever becomes of the lock's term.

    Args:
        s3: where.
        version: what.
        lock: what its lock is, as far as that is known already.

    Returns:
        Whether it was placed now.

    Raises:
        StoreRefusedError: the server refuses, or the version is gone.
        S3Error: as `S3.call`.
    """
    if not s3.settings.legal_hold:
        return False
    lock = lock or lock_of(s3, version)
    if lock is not None and lock.hold:
        return False
    try:
        s3.call(
            "put_object_legal_hold",
            Key=version.key,
            VersionId=version.id,
            LegalHold={"Status": "ON"},
        )
    except CallRefusedError as e:
        raise StoreRefusedError(
            f"the S3 store places no legal hold on {version.key}: {e}; see store.s3.legal_hold"
        ) from e
    return True


def needs_longer(lock: Lock, retain_days: int, *, now: datetime | None = None) -> bool:
    """Whether a lock is to be made longer: a quarter of its term is over, or it is none of ours."""
    left = timedelta(days=retain_days * _RENEWED)
    return not lock.holds((now or datetime.now(UTC)) + left)


def lengthen(s3: S3, version: Version, until: datetime) -> bool:
    """Lock a version until then, where its lock ends before.

    Returns:
        Whether it was made longer; a lock that is as long stays as it is.

    Raises:
        StoreRefusedError: the server refuses, or the version is gone.
        S3Error: as `S3.call`.
    """
    lock = lock_of(s3, version)
    if lock is not None and lock.holds(until):
        return False
    if lock is not None and lock.until is not None:
        until = max(until, lock.until)  # a GOVERNANCE lock of somebody's may be longer
    try:
        s3.call(
            "put_object_retention",
            Key=version.key,
            VersionId=version.id,
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until},
        )
    except CallRefusedError as e:
        raise StoreRefusedError(f"the S3 store does not lock {version.key} for longer: {e}") from e
    return True
