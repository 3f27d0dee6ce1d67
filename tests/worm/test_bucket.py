"""A bucket that cannot hold an archive is refused at the start, with the reason, and nothing is put there."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import SettingsError
from archive.settings.model import S3Settings
from archive.store.s3.address import parse_address
from archive.store.s3.bucket import check_bucket
from archive.store.s3.client import S3, Credentials, credentials_of
from archive.store.s3.errors import (
    BucketUnfitError,
    StoreClockError,
    StoreRefusedError,
    StoreUnreachableError,
)
from archive.store.s3.trial import KEY, try_bucket
from archive.store.s3.versions import listed
from tests.fakes.s3_proxy import S3Proxy
from tests.lab.rgw import Rgw
from tests.worm.conftest import make_bucket


def test_a_bucket_with_versions_and_locks_is_fit_and_nothing_is_left_in_it(
    bucket: S3Settings,
) -> None:
    s3 = S3(bucket, patience=5)
    assert abs(check_bucket(s3)) < 5
    assert not list(listed(s3, ""))
    assert not s3.call("list_multipart_uploads").get("Uploads")


def test_a_bucket_without_versions_or_locks_is_refused(server: Rgw) -> None:
    settings = make_bucket(server.endpoint, lock=False)
    s3 = S3(settings, patience=5)
    with pytest.raises(BucketUnfitError, match="keeps no versions"):
        check_bucket(s3)
    s3.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(BucketUnfitError, match="no Object Lock"):
        check_bucket(s3)


def test_a_bucket_that_is_gone_is_named(server: Rgw) -> None:
    settings = S3Settings(bucket="never-made", endpoint=server.endpoint)
    with pytest.raises(StoreRefusedError, match="no bucket never-made"):
        check_bucket(S3(settings, patience=5))


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        (Credentials(access_key="EVIDENCEKEY", secret_key="wrong"), "secret key is wrong"),
        (Credentials(access_key="nobody", secret_key="x"), "does not know this access key"),
    ],
)
def test_wrong_credentials_are_said_and_not_shown(
    bucket: S3Settings, credentials: Credentials, said: str
) -> None:
    with pytest.raises(StoreRefusedError, match=said) as caught:
        check_bucket(S3(bucket, credentials=credentials, patience=5))
    assert credentials.secret_key not in str(caught.value).replace("wrong:", "").replace(said, "")
    assert "secret" not in repr(credentials)


def test_credentials_come_from_the_environment_or_from_systemd(tmp_path: Path) -> None:
    here = credentials_of({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
    assert (here.access_key, here.secret_key, here.token) == ("a", "b", None)
    (tmp_path / "s3-access-key").write_text("c\n")
    (tmp_path / "s3-secret-key").write_text("d\n")
    there = credentials_of({"CREDENTIALS_DIRECTORY": os.fspath(tmp_path)})
    assert (there.access_key, there.secret_key) == ("c", "d")
    with pytest.raises(StoreRefusedError, match="no credentials"):
        credentials_of({"AWS_ACCESS_KEY_ID": "only half"})


def test_a_server_that_does_not_answer_is_said_to_be_away(server: Rgw) -> None:
    nobody = S3Proxy(server.port)
    nobody.close()
    with pytest.raises(StoreUnreachableError):
        S3(S3Settings(bucket="x-y-z", endpoint=nobody.url), patience=0.2).call("list_objects_v2")


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_server_whose_clock_is_off_is_refused(
    bucket: S3Settings, proxy: S3Proxy, hours: int
) -> None:
    proxy.skew = timedelta(hours=hours)
    settings = S3Settings(bucket=bucket.bucket, endpoint=proxy.url)
    with pytest.raises(StoreClockError, match=r"[+-]3[56]\d\d s off"):
        check_bucket(S3(settings, patience=5))


def test_the_trial_says_what_this_server_honours_and_leaves_one_locked_object(
    bucket: S3Settings,
) -> None:
    s3 = S3(bucket)
    tried = {t.name: t for t in try_bucket(s3)}
    assert [t.name for t in tried.values() if t.needed and not t.ok] == []
    assert set(tried) >= {"bucket", "put", "lock", "delete", "shorten", "parts"}
    # What Ceph is known to ignore; the store does not lean on either.
    assert not tried["none_match"].ok
    assert not tried["checksum"].ok
    assert all(v.key.startswith(KEY) for v in listed(s3, ""))


def test_a_bucket_is_named_by_an_address() -> None:
    found = parse_address("s3://evidence/unit-7?endpoint=https://s3.example&retain=400%20days")
    assert found == S3Settings(
        bucket="evidence", prefix="unit-7/", endpoint="https://s3.example", retain_days=400
    )
    assert parse_address("s3://evidence") == S3Settings(bucket="evidence")


@pytest.mark.parametrize(
    "address",
    [
        "https://evidence",
        "s3://",
        "s3://key:secret@evidence",
        "s3://evidence?retane=1%20day",
        "s3://evidence?retain=soon",
        "s3://evidence?region=a&region=b",
        "s3://e?endpoint=ftp://x",
    ],
)
def test_an_address_that_means_nothing_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        parse_address(address)
