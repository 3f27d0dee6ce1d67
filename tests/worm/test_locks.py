"""WORM: what is put cannot be taken away or replaced by anybody with S3 rights, and is read as it was put."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.audit.bucket import Bucket
from archive.errors import FixityError, MissingObjectError
from archive.settings.model import S3Settings
from archive.store.s3.errors import StoreRefusedError
from archive.store.s3.retention import lengthen, lock_of, needs_longer, term_end
from archive.store.s3.store import S3Store
from archive.store.s3.versions import listed, oldest
from archive.store.staged import Staged
from tests.lab.rgw import Rgw
from tests.worm.conftest import StoreAt


def put(store: S3Store, data: bytes = b"evidence") -> str:
    with store.writing() as writing:
        return writing.put([data])[0].digest


@pytest.mark.parametrize("size", [8, 9 << 20])
def test_an_object_is_locked_for_as_long_as_the_settings_say(s3_store: S3Store, size: int) -> None:
    before = datetime.now(UTC)
    path = s3_store.incoming / "clip"
    path.write_bytes(b"e" * size)
    digest = hashlib.sha256(b"e" * size).hexdigest()
    s3_store.commit([Staged(path=path, digest=digest, size=size)], -1)
    lock = lock_of(s3_store.s3, s3_store.version(digest))
    assert lock is not None
    assert lock.holds(before + timedelta(days=1))
    assert lock.mode == "COMPLIANCE"


def test_nobody_deletes_a_version_or_shortens_its_lock(s3_store: S3Store) -> None:
    digest = put(s3_store)
    s3, version = s3_store.s3, s3_store.version(digest)
    named = {"Key": version.key, "VersionId": version.id}
    with pytest.raises(StoreRefusedError):
        s3.call("delete_object", **named)
    with pytest.raises(StoreRefusedError):
        s3.call("delete_object", BypassGovernanceRetention=True, **named)
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(hours=1)}
    with pytest.raises(StoreRefusedError):
        s3.call("put_object_retention", Retention=sooner, **named)
    assert s3_store.check(digest) == 8


def test_a_lock_is_made_longer_and_never_shorter(s3_store: S3Store) -> None:
    version = s3_store.version(put(s3_store))
    longer = term_end(30)
    assert lengthen(s3_store.s3, version, longer)
    assert not lengthen(s3_store.s3, version, term_end(2)), "it is long enough"
    lock = lock_of(s3_store.s3, version)
    assert lock is not None
    assert lock.until == longer
    assert not needs_longer(lock, 30)
    assert needs_longer(lock, 100)


def test_putting_the_same_again_makes_the_lock_longer_and_no_second_version(
    bucket: S3Settings, s3_store: S3Store, store_at: StoreAt
) -> None:
    digest = put(s3_store)
    longer = S3Settings(bucket=bucket.bucket, endpoint=bucket.endpoint, retain_days=9)
    other = store_at(longer)
    put(other)
    assert len(list(listed(other.s3, ""))) == 1
    lock = lock_of(other.s3, other.version(digest))
    assert lock is not None
    assert lock.holds(datetime.now(UTC) + timedelta(days=8))


@pytest.mark.parametrize("size", [8, 9 << 20])
def test_a_legal_hold_is_on_every_object_where_the_settings_ask_for_it(
    bucket: S3Settings, store_at: StoreAt, size: int
) -> None:
    store = store_at(replace(bucket, legal_hold=True))
    path = store.incoming / "clip"
    path.write_bytes(b"h" * size)
    digest = hashlib.sha256(b"h" * size).hexdigest()
    store.commit([Staged(path=path, digest=digest, size=size)], -1)
    lock = lock_of(store.s3, store.version(digest))
    assert lock is not None
    assert lock.hold


def test_a_hold_that_is_missing_is_found_and_placed_and_never_lifted(
    bucket: S3Settings, s3_store: S3Store, store_at: StoreAt
) -> None:
    digest = put(s3_store)
    held = replace(bucket, legal_hold=True)
    audited = Bucket.of(held)
    audited.list_one(bytes.fromhex(digest))
    found = [detail for _, detail in audited.look(bytes.fromhex(digest))]
    assert any("legal hold" in detail for detail in found)
    assert put(store_at(held)) == digest
    assert not list(audited.look(bytes.fromhex(digest)))
    assert put(s3_store) == digest, "an archive that asks for no hold"
    lock = lock_of(s3_store.s3, s3_store.version(digest))
    assert lock is not None
    assert lock.hold


def test_what_lies_on_an_object_does_not_hide_it(
    bucket: S3Settings, s3_store: S3Store, store_at: StoreAt
) -> None:
    digest = put(s3_store)
    s3 = s3_store.s3
    s3.call("put_object", Key=s3.key(digest), Body=b"something else")
    s3.call("delete_object", Key=s3.key(digest))
    assert [v.marker for v in listed(s3, "")] == [False, False, True]
    fresh = store_at(bucket)
    assert fresh.read(digest) == b"evidence"
    assert fresh.version(digest) == oldest(s3, digest)
    assert put(fresh) == digest, "nothing is put again"
    assert len(list(listed(s3, ""))) == 3


def test_a_key_that_somebody_took_first_is_an_incident_and_nothing_is_believed(
    s3_store: S3Store,
) -> None:
    digest = hashlib.sha256(b"evidence").hexdigest()
    s3_store.s3.call("put_object", Key=digest, Body=b"not it")
    with pytest.raises(FixityError):
        put(s3_store)
    with pytest.raises(FixityError):
        s3_store.read(digest)


def test_an_administrator_of_the_server_can_and_it_is_seen(
    server: Rgw, bucket: S3Settings, s3_store: S3Store
) -> None:
    digest = put(s3_store)
    where = (f"--bucket={bucket.bucket}", f"--object={digest}")
    server.admin("object", "rm", *where, f"--object-version={s3_store.version(digest).id}")
    with pytest.raises(MissingObjectError):
        s3_store.check(digest)
