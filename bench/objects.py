"""Putting large clips into an S3 bucket: ours, which locks and proves each, against boto3's bare `upload_fileobj`.

The same one-node Ceph for both, started for this and ended after; where it is not installed this is not run.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]

from archive.settings.model import S3Settings
from archive.store.s3.client import S3, Credentials
from archive.store.s3.putting import put
from archive.store.s3.reading import checked
from archive.store.s3.retention import term_end
from archive.store.s3.versions import oldest
from archive.store.staged import Staged
from bench.harness import (
    BenchError,
    NotRunError,
    Options,
    Report,
    Sample,
    alternate,
    best,
    seconds,
    timed,
)
from tests.lab.rgw import ACCESS_KEY, SECRET_KEY, Rgw

_PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "ceph")


def bench_objects(options: Options) -> Report:
    """Put large clips, and read one back."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        raise NotRunError(f"no S3 server here: {', '.join(missing)} not installed")
    size = 20_000_000 if options.quick else 300_000_000
    short = Path(tempfile.mkdtemp(prefix="rgw-"))  # sockets lie in it
    server = Rgw(short)
    try:
        server.start()
        return _bench(options, server, size)
    finally:
        server.stop()
        shutil.rmtree(short, ignore_errors=True)


def _bench(options: Options, server: Rgw, size: int) -> Report:
    settings = S3Settings(bucket="bench", endpoint=server.endpoint, retain_days=1)
    s3 = S3(settings, credentials=Credentials(access_key=ACCESS_KEY, secret_key=SECRET_KEY))
    s3.call("create_bucket", ObjectLockEnabledForBucket=True)
    theirs = boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=settings.region,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    contenders: dict[str, Callable[[], Sample]] = {
        "boto3": partial(_theirs, theirs, options.folder, size),
        "ours": partial(_ours, s3, options.folder, size),
    }
    runs = alternate(contenders, options.rounds)
    rates = {name: [size / s / 1e6 for s in seconds(samples)] for name, samples in runs.items()}
    report = Report()
    against = ("boto3 upload_fileobj", rates["boto3"])
    report.compare("s3-put-large", rates["ours"], "MB/s", against=against, best=max, least=0.9)
    clip: Staged = best(runs["ours"]).output
    version = oldest(s3, clip.digest)
    if version is None:
        raise BenchError("what was put is not there")
    took = timed(lambda: checked(s3, clip.digest, version)).seconds
    report.add("s3-read-and-hash", size / took / 1e6, "MB/s")
    return report


def _clip(folder: Path, size: int) -> Staged:
    """Other bytes each time: what is there is not put again."""
    path, data = folder / "clip", secrets.token_bytes(1 << 20)
    hasher = hashlib.sha256()
    with path.open("wb") as file:
        for number in range(-(-size // len(data))):
            piece = (number.to_bytes(8, "big") + data)[: min(len(data), size - number * len(data))]
            file.write(piece)
            hasher.update(piece)
    return Staged(path=path, digest=hasher.hexdigest(), size=size)


def _ours(s3: S3, folder: Path, size: int) -> Sample:
    clip = _clip(folder, size)
    took = timed(lambda: put(s3, clip, term_end(1)))
    return Sample(seconds=took.seconds, cpu=took.cpu, output=clip)


def _theirs(client: Any, folder: Path, size: int) -> Sample:
    clip = _clip(folder, size)

    def upload() -> None:
        with clip.path.open("rb") as file:
            client.upload_fileobj(file, "bench", clip.digest)

    return timed(upload)
