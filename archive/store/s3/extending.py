"""Locks that would end while an object is still needed are made longer, and legal holds placed where asked for.

Nothing here shortens a lock, lets one end or lifts a hold.

Every object that an entry names is needed, but what lawful disposal gave up, and what an approved one waits for: the
caller says which that is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from archive.opening import Archive
from archive.store.s3.client import S3
from archive.store.s3.errors import S3Error
from archive.store.s3.retention import lengthen, lock_of, needs_longer, place_hold, term_end
from archive.store.s3.store import S3Store
from archive.store.s3.versions import DIGEST, Version, listed

_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """What was done."""

    looked_at: int = 0
    longer: int = 0  # locks that were made longer, or holds placed
    failed: tuple[str, ...] = ()  # digests whose lock could not be looked at or made longer


def extend(
    archive: Archive,
    *,
    now: datetime | None = None,
    awaited: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Extended:
    """Make locks longer of which a quarter of the term is over; where objects are files there is nothing to do.

    Args:
        archive: of which; its catalogue is caught up here.
        now: for the term's end.
        awaited: digests whose lock an approved disposal waits for: let it end.
        progress: told how many objects were looked at.

    Raises:
        S3Error: the bucket cannot be listed.
        ArchiveError: the catalogue cannot be asked.
    """
    if not isinstance(archive.store, S3Store):
        return Extended()
    archive.catalogue.catch_up()
    s3, days = archive.store.s3, archive.store.settings.retain_days
    moment = now or datetime.now(UTC)
    named = (v for v in _objects(s3) if _is_needed(archive, _digest(s3, v), awaited))
    looked_at, longer, failed = 0, 0, []
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lock") as pool:
        for version, done in pool.map(lambda v: (v, _extend_one(s3, v, days, moment)), named):
            looked_at += 1
            longer += done is True
            if done is None:
                failed.append(_digest(s3, version))
            if progress is not None:
                progress(looked_at)
    return Extended(looked_at=looked_at, longer=longer, failed=tuple(failed))


def _is_needed(archive: Archive, digest: str, awaited: Collection[str]) -> bool:
    if digest in awaited or not archive.catalogue.is_named(digest):
        return False
    return not archive.removals.removed([digest]) or bool(archive.removals.needed([digest]))


def _extend_one(s3: S3, version: Version, days: int, now: datetime) -> bool | None:
    """Whether it was made longer; None: that failed, and the audit will say what its lock is."""
    try:
        lock = lock_of(s3, version)
        if lock is None:
            return None
        held = place_hold(s3, version, lock)
        if not needs_longer(lock, days, now=now):
            return held
        return lengthen(s3, version, term_end(days, now=now))
    except S3Error:
        return None


def _objects(s3: S3) -> Iterator[Version]:
    """The version of each key that is the object: of one key the newest come first."""
    last: Version | None = None
    for version in listed(s3, s3.prefix):
        if version.marker or not DIGEST.fullmatch(_digest(s3, version)):
            continue
        if last is not None and last.key != version.key:
            yield last
        last = version
    if last is not None:
        yield last


def _digest(s3: S3, version: Version) -> str:
    return version.key.removeprefix(s3.prefix)
