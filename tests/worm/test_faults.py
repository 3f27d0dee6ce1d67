"""Between us and the bucket anything may happen: nothing is believed that was not proved, nothing staged is lost."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.settings.model import S3Settings
from archive.store.s3 import leftovers
from archive.store.s3.client import S3
from archive.store.s3.errors import StoreRefusedError, StoreUnreachableError
from archive.store.s3.store import S3Store
from archive.store.s3.versions import listed
from archive.store.staged import Staged
from tests.fakes.s3_proxy import S3Proxy
from tests.lab.rgw import Rgw
from tests.worm.conftest import StoreAt

LARGE = 18 << 20


@pytest.fixture
def far(bucket: S3Settings, proxy: S3Proxy, store_at: StoreAt) -> S3Store:
    """A store behind the proxy."""
    return store_at(S3Settings(bucket=bucket.bucket, endpoint=proxy.url, retain_days=1))


def stage(store: S3Store, data: bytes) -> Staged:
    path = store.incoming / "clip"
    path.write_bytes(data)
    return Staged(path=path, digest=hashlib.sha256(data).hexdigest(), size=len(data))


def uploads(s3: S3) -> list[object]:
    return list(s3.call("list_multipart_uploads").get("Uploads", ()))


def busy(proxy: S3Proxy, data: bytes) -> None:  # noqa: ARG001
    proxy.busy = 4


def cut_in_the_middle(proxy: S3Proxy, data: bytes) -> None:
    proxy.cut_requests += [len(data) // 2, 5 << 20]


def answer_lost(proxy: S3Proxy, data: bytes) -> None:  # noqa: ARG001
    proxy.lose_answer_to.append(b"PUT /")


def flipped(proxy: S3Proxy, data: bytes) -> None:
    proxy.flip.append(data[100:116])


@pytest.mark.parametrize("size", [100_000, LARGE])
@pytest.mark.parametrize("fault", [busy, cut_in_the_middle, answer_lost, flipped])
def test_a_put_through_a_bad_network_is_one_version_of_the_right_bytes(
    far: S3Store, proxy: S3Proxy, fault: Callable[[S3Proxy, bytes], None], size: int
) -> None:
    item = stage(far, os.urandom(size))
    fault(proxy, item.path.read_bytes())
    try:
        far.commit([item], -1)
    except StoreRefusedError:
        # Bytes that changed on the way are refused by their signature; the same again is right.
        assert fault is flipped
        assert not list(listed(far.s3, ""))
        far.commit([item], -1)
    assert [v.size for v in listed(far.s3, "")] == [size]
    assert far.check(item.digest) == size
    assert not uploads(far.s3)


def test_a_lost_answer_to_the_end_of_an_upload_makes_no_second_version(
    far: S3Store, proxy: S3Proxy
) -> None:
    item = stage(far, os.urandom(LARGE))
    proxy.lose_answer_to.append(b"<CompleteMultipartUpload")
    far.commit([item], -1)
    assert proxy.cuts
    assert len(list(listed(far.s3, ""))) == 1
    assert far.check(item.digest) == LARGE


def test_a_read_goes_on_where_its_connection_was_cut(far: S3Store, proxy: S3Proxy) -> None:
    item = stage(far, os.urandom(LARGE))
    far.commit([item], -1)
    proxy.cut_all()
    proxy.cut_answers += [3 << 20, 1 << 20, 100]
    assert far.read_back(item.digest) == (item.digest, LARGE)
    assert proxy.cuts == 3


def test_while_the_server_is_away_nothing_staged_is_lost_and_the_next_try_goes_on(
    far: S3Store, proxy: S3Proxy, bucket: S3Settings, store_at: StoreAt
) -> None:
    item = stage(far, os.urandom(1000))
    proxy.close()
    with pytest.raises(StoreUnreachableError, match="What was staged waits"):
        far.commit([item], -1)
    assert item.path.exists()
    assert store_at(bucket).commit([item], -1)[0].created


def test_a_server_that_stays_away_for_a_while_is_waited_for(far: S3Store, server: Rgw) -> None:
    item = stage(far, os.urandom(1000))
    server.pause()
    threading.Timer(1.5, server.resume).start()
    assert far.commit([item], -1)[0].created


def test_uploads_that_nobody_will_end_are_given_up_and_others_are_not(
    s3_store: S3Store,
) -> None:
    s3, digest = s3_store.s3, "ab" * 32
    for key in (digest, "somebody-elses"):
        s3.call("create_multipart_upload", Key=key)
    assert leftovers.abort_old(s3) == 0, "they may be going on"
    assert leftovers.abort_old(s3, now=datetime.now(UTC) + timedelta(days=2)) == 1
    assert len(uploads(s3)) == 1
    s3.call("create_multipart_upload", Key=digest)
    leftovers.abort_of(s3, digest)
    assert len(uploads(s3)) == 1


def test_a_file_that_is_not_what_it_was_staged_as_is_not_put(s3_store: S3Store) -> None:
    for size in (1000, LARGE):
        item = stage(s3_store, os.urandom(size))
        wrong = Staged(path=item.path, digest="00" * 32, size=size)
        with pytest.raises(Exception, match="now hashes to"):
            s3_store.commit([wrong], -1)
    assert not list(listed(s3_store.s3, ""))
    assert not uploads(s3_store.s3)


def test_the_cache_keeps_to_its_room_and_what_is_in_use(s3_store: S3Store, tmp_path: Path) -> None:
    from archive.store.s3.cache import Cache

    with s3_store.writing() as writing:
        digests = [s.digest for s in writing.put([b"a" * 600, b"b" * 600, b"c" * 600])]
    cache = Cache(tmp_path / "copies", most=1000)

    def copy(digest: str) -> Path:
        with cache.copy(s3_store.s3, digest, s3_store.version(digest)) as path:
            return path

    with cache.copy(s3_store.s3, digests[0], s3_store.version(digests[0])) as used:
        second, third = copy(digests[1]), copy(digests[2])
        assert used.read_bytes() == b"a" * 600
    assert not second.exists()
    third.chmod(0o600)
    third.write_bytes(b"spoilt")
    assert copy(digests[2]).read_bytes() == b"c" * 600
