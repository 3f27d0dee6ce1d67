"""Lawful destruction in a bucket: a lock is waited for and never bypassed, and what goes is gone with every version."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import holds
from archive.audit import audit
from archive.errors import MissingObjectError
from archive.opening import Archive
from archive.settings.model import S3Settings
from archive.store.s3.client import S3
from archive.store.s3.extending import extend
from archive.store.s3.retention import lock_of
from archive.store.s3.store import S3Store
from archive.store.s3.versions import Version, listed
from oversight.disposal.awaiting import awaited
from tests.fakes.disposing import (
    ACTOR,
    WHY,
    approved,
    book,
    carried,
    classify,
    ingest,
    later,
    new_archive,
)
from tests.lab.rgw import Rgw
from tests.worm.conftest import make_bucket

FILES = {"one.mp4": b"one" * 100, "two.mp4": b"two" * 100}
ONE = hashlib.sha256(FILES["one.mp4"]).hexdigest()


class StoppedError(BaseException):
    """The process was killed here."""


class Meddling(S3):
    """Lets something happen right before the n-th call of an operation."""

    operation = ""
    left = 0

    def before(self, operation: str, act: Callable[[], None], *, n: int = 1) -> None:
        self.operation, self.act, self.left = operation, act, n

    def call(self, operation: str, **arguments: Any) -> Any:
        if operation == self.operation and not str(arguments.get("Key", "")).endswith("none"):
            self.left -= 1
            if self.left == 0:
                self.act()
        return super().call(operation, **arguments)


def stop() -> None:
    raise StoppedError


def store_of(archive: Archive) -> S3Store:
    assert isinstance(archive.store, S3Store)
    return archive.store


def meddled(store: S3Store) -> Meddling:
    """The same bucket, with somebody in between."""
    store._s3 = meddling = Meddling(store.settings, patience=5)
    return meddling


@pytest.fixture
def settings(server: Rgw) -> S3Settings:
    return make_bucket(server.endpoint)


@pytest.fixture
def locked(settings: S3Settings, tmp_path: Path) -> Iterator[Archive]:
    """An archive whose objects are locked for a day."""
    with new_archive(tmp_path / "archive", s3=settings) as found:
        yield found


@pytest.fixture
def archive(locked: Archive) -> Archive:
    """One whose objects are locked for a second from now on."""
    store_of(locked).settings = replace(store_of(locked).settings, retain_days=0)
    return locked


def disposal_of_one(archive: Archive, folder: Path) -> tuple[str, str]:
    """The clip, and the approved disposal of it; locks of a second are over."""
    clips = ingest(archive, folder / "card", FILES)
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = approved(archive)
    if not store_of(archive).settings.retain_days:
        time.sleep(2.2)
    return clips["one.mp4"], disposal


def versions(archive: Archive, digest: str) -> list[Version]:
    s3 = store_of(archive).s3
    return list(listed(s3, s3.key(digest)))


def done_entries(archive: Archive) -> int:
    return sum(entry.type == "disposal.done" for entry in archive.reader.entries())


def test_what_is_locked_is_put_off_until_then_and_stays_on_the_list(
    locked: Archive, tmp_path: Path
) -> None:
    clip, disposal = disposal_of_one(locked, tmp_path)
    done = carried(locked, disposal)
    assert (done.done, done.kept, done.ended) == ([], {}, False)
    assert done.put_off[clip].code == "locked"
    until = done.put_off[clip].until
    assert until is not None
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(days=1, seconds=2)
    row = locked.catalogue.disposal(disposal)
    assert row is not None
    assert row.state == "approved"
    assert done_entries(locked) == 0
    assert locked.store.check(ONE) == len(FILES["one.mp4"])


def test_what_no_lock_keeps_goes_with_every_version_and_is_proved_gone(
    archive: Archive, tmp_path: Path
) -> None:
    clip, disposal = disposal_of_one(archive, tmp_path)
    store = store_of(archive)
    with store.local(ONE):
        pass
    store.s3.call("put_object", Key=store.s3.key(ONE), Body=b"on top")
    store.s3.call("delete_object", Key=store.s3.key(ONE))
    assert len(versions(archive, ONE)) == 3
    done = carried(archive, disposal)
    assert (done.done, done.put_off, done.waiting, done.ended) == ([clip], {}, set(), True)
    assert versions(archive, ONE) == []
    with pytest.raises(MissingObjectError):
        archive.store.size(ONE)
    assert not list((archive.root / "cache").rglob(f"{ONE}*")), "nor a copy on the local disk"
    # Its name is in no version of any object any more, its neighbour's is in one.
    every = [v for v in listed(store.s3, store.s3.prefix) if not v.marker]
    held = [store.s3.call("get_object", Key=v.key, VersionId=v.id)["Body"].read() for v in every]
    assert not any(b"one.mp4" in data for data in held)
    assert sum(b"two.mp4" in data for data in held) == 1
    # Locks of a second are no locks to it; else there is nothing.
    assert {str(f.code) for f in audit(archive.root).findings} <= {"object_unlocked"}


def test_a_legal_hold_in_the_bucket_keeps_it_until_somebody_there_lifts_it(
    archive: Archive, tmp_path: Path
) -> None:
    clip, disposal = disposal_of_one(archive, tmp_path)
    store = store_of(archive)
    version = store.version(ONE)
    named = {"Key": version.key, "VersionId": version.id}
    store.s3.call("put_object_legal_hold", LegalHold={"Status": "ON"}, **named)
    off = carried(archive, disposal).put_off
    assert (off[clip].code, off[clip].until) == ("bucket_hold", None)
    store.s3.call("put_object_legal_hold", LegalHold={"Status": "OFF"}, **named)
    assert carried(archive, disposal).done == [clip]
    assert versions(archive, ONE) == []


def test_a_version_that_somebody_else_locked_on_top_is_waited_for_too(
    archive: Archive, tmp_path: Path
) -> None:
    clip, disposal = disposal_of_one(archive, tmp_path)
    s3, until = store_of(archive).s3, datetime.now(UTC) + timedelta(days=3)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    s3.call("put_object", Key=s3.key(ONE), Body=b"on top", **lock)
    off = carried(archive, disposal).put_off[clip]
    assert off.code == "locked"
    assert off.until is not None
    assert abs(off.until - until) < timedelta(seconds=2)
    assert len(versions(archive, ONE)) == 2


def test_an_account_that_may_delete_nothing_is_told_before_anything_is_given_up(
    archive: Archive, tmp_path: Path
) -> None:
    clip, disposal = disposal_of_one(archive, tmp_path)
    s3 = store_of(archive).s3
    everything = f"arn:aws:s3:::{s3.bucket}/*"
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": [everything],
    }
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    s3.call("put_bucket_policy", Policy=json.dumps(policy))
    assert carried(archive, disposal).put_off[clip].code == "no_right"
    assert done_entries(archive) == 0
    s3.call("delete_bucket_policy")
    assert carried(archive, disposal).ended


@pytest.mark.parametrize("n", [1, 2])
def test_who_is_killed_while_versions_go_ends_it_the_next_time(
    archive: Archive, tmp_path: Path, n: int
) -> None:
    clip, disposal = disposal_of_one(archive, tmp_path)
    store = store_of(archive)
    store.s3.call("put_object", Key=store.s3.key(ONE), Body=b"on top")
    meddled(store).before("delete_object", stop, n=n)
    with pytest.raises(StoppedError):
        carried(archive, disposal)
    assert done_entries(archive) == 1
    store._s3 = S3(store.settings, patience=5)
    done = carried(archive, disposal)
    assert (done.done, done.ended, done_entries(archive)) == ([clip], True, 1)
    assert versions(archive, ONE) == []


def test_bytes_that_come_again_while_they_go_are_there_after(
    archive: Archive, tmp_path: Path
) -> None:
    _, disposal = disposal_of_one(archive, tmp_path)
    other = S3Store(archive.root / "store", replace(store_of(archive).settings, retain_days=1))

    def arrive() -> None:
        with other.writing() as writing:
            writing.put([FILES["one.mp4"]])

    # Its owner looked before, and locks it first: the server then refuses to delete it.
    meddled(store_of(archive)).before("delete_object", arrive)
    done = carried(archive, disposal)
    assert done.waiting >= {ONE}
    assert not done.ended
    assert other.check(ONE) == len(FILES["one.mp4"])


def test_bytes_that_go_before_who_brings_them_again_has_locked_them_are_put_anew(
    archive: Archive, tmp_path: Path
) -> None:
    disposal_of_one(archive, tmp_path)
    other = S3Store(archive.root / "store", replace(store_of(archive).settings, retain_days=1))
    s3 = store_of(archive).s3

    def go() -> None:
        for version in versions(archive, ONE):
            s3.call("delete_object", Key=version.key, VersionId=version.id)

    meddled(other).before("put_object_retention", go)
    with other.writing() as writing:
        assert writing.put([FILES["one.mp4"]])[0].created
    assert other.check(ONE) == len(FILES["one.mp4"])


def test_locks_that_an_approved_disposal_waits_for_are_made_no_longer_and_all_others_are(
    locked: Archive, tmp_path: Path
) -> None:
    clip, disposal = disposal_of_one(locked, tmp_path)
    store, now = store_of(locked), datetime.now(UTC)
    waits = awaited(locked, book(), now=later())
    assert ONE in waits
    assert hashlib.sha256(FILES["two.mp4"]).hexdigest() not in waits
    before = lock_of(store.s3, store.version(ONE))
    assert extend(locked, now=now + timedelta(days=1), awaited=waits).longer > 0
    assert lock_of(store.s3, store.version(ONE)) == before
    other = lock_of(store.s3, store.version(hashlib.sha256(FILES["two.mp4"]).hexdigest()))
    assert other is not None
    assert other.holds(now + timedelta(days=1, hours=12))
    # A hold that is placed has them lengthened again.
    holds.place(locked, about=clip, actor=ACTOR, reason=WHY)
    assert awaited(locked, book(), now=later()) == frozenset()
    assert carried(locked, disposal).kept == {clip: "hold"}
