from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.settings.model import S3Settings
from archive.store.s3.client import S3
from archive.store.s3.store import S3Store
from tests.fakes.s3_proxy import S3Proxy
from tests.lab.rgw import ACCESS_KEY, SECRET_KEY, Rgw

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Rgw]:
    """One S3 server for the suite: it takes a quarter of a minute to start."""
    folder = Path(tempfile.mkdtemp(prefix="rgw-"))  # sockets lie in it: a short path
    rgw = Rgw(folder)
    try:
        rgw.start()
        yield rgw
    finally:
        rgw.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def proxy(server: Rgw) -> Iterator[S3Proxy]:
    made = S3Proxy(server.port)
    yield made
    made.close()


def make_bucket(endpoint: str, *, lock: bool = True) -> S3Settings:
    """A bucket of its own."""
    settings = S3Settings(bucket=f"bucket-{next(_NUMBERS)}", endpoint=endpoint, retain_days=1)
    S3(settings, patience=30).call("create_bucket", ObjectLockEnabledForBucket=lock)
    return settings


@pytest.fixture
def bucket(server: Rgw) -> S3Settings:
    return make_bucket(server.endpoint)


StoreAt = Callable[[S3Settings], S3Store]


@pytest.fixture
def store_at(tmp_path: Path) -> StoreAt:
    """A store on a bucket, with a local folder of this test."""

    def make(settings: S3Settings) -> S3Store:
        (tmp_path / "store" / "incoming").mkdir(parents=True, exist_ok=True)
        return S3Store(tmp_path / "store", settings, patience=5)

    return make


@pytest.fixture
def s3_store(bucket: S3Settings, store_at: StoreAt) -> S3Store:
    return store_at(bucket)
