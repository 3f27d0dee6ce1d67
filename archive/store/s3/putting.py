"""Putting a staged file: one version of one key, locked, and known to be these very bytes when it is done.

Holds: no call overwrites (versions only add), and nothing is believed that the server merely did not refuse. After a
put the version is looked at: its size, its lock, and its bytes: by the SHA-256 that the server says it keeps; where it
says none, by reading small objects back, and for large ones by the MD5s of the parts (the ETag, of what came in).
Where that is no MD5 either, the object is read back whole. Two writers of the same bytes may make two versions of them:
no harm, the oldest is the object. Sends no bytes that did not just hash to the digest.
"""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Semaphore
from typing import Any, Final

from archive.errors import FixityError
from archive.store.s3.client import S3
from archive.store.s3.errors import (
    BucketUnfitError,
    CallRefusedError,
    StoreRefusedError,
    StoreUnreachableError,
)
from archive.store.s3.reading import checked
from archive.store.s3.retention import Lock, lengthen, lock_of, place_hold
from archive.store.s3.versions import Version, oldest
from archive.store.staged import Staged

SINGLE: Final = 8 << 20  # bytes that go in one call, and are read back
_PART: Final = 8 << 20
_MOST_PARTS: Final = 9_000  # S3 takes 10,000
_AT_ONCE: Final = 10  # parts on their way
_TAKEN: Final = frozenset({"PreconditionFailed"})
_GONE: Final = "NoSuchUpload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the server said of a put."""

    version: str
    proved: bool  # by a SHA-256 that the server says it keeps
    etag: str | None = None  # which proves it, where the version has it


def put(s3: S3, staged: Staged, until: datetime) -> tuple[Version, bool]:
    """Make an object of a staged file.

    Args:
        s3: where.
        staged: the file; it stays.
        until: how long it is locked.

    Returns:
        Its version, and whether it was put now; else it was there already, and was read and compared.

    Raises:
        FixityError: the staged file, or what is there already, is not what it should be.
        BucketUnfitError: it was not kept as was asked.
        S3Error, OSError: it was not put, or nobody knows. The same again is always right.
    """
    there = oldest(s3, staged.digest)
    if there is None:
        sent = _sent(s3, staged, until)
        if sent is not None:
            return _looked_at(s3, staged, sent, until), True
        there = oldest(s3, staged.digest)
    if there is None:
        raise StoreUnreachableError(
            f"the S3 store says that object {staged.digest} is there, and that it is not"
        )
    if there.id == "null":
        raise BucketUnfitError(f"bucket {s3.bucket} gave no version: it keeps none any more")
    if checked(s3, staged.digest, there) != staged.size:
        raise FixityError(digest=staged.digest, actual="another size")
    return there, False


def _sent(s3: S3, staged: Staged, until: datetime) -> Sent | None:
    """Send it. None: somebody else's is there, or our own whose answer was lost."""
    last: CallRefusedError | None = None
    for _ in range(3):
        try:
            if staged.size <= SINGLE:
                return _single(s3, staged, until)
            return _Parts(s3, staged, until).send()
        except CallRefusedError as e:
            if e.said in _TAKEN:
                return None
            if e.said != _GONE:
                raise
            last = e  # an upload that somebody gave up, or that is done and whose answer was lost
            if oldest(s3, staged.digest) is not None:
                return None
    raise StoreUnreachableError(f"the S3 store forgets uploads: {last}") from last


def _lock(s3: S3, until: datetime) -> dict[str, Any]:
    asked = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    return asked | ({"ObjectLockLegalHoldStatus": "ON"} if s3.settings.legal_hold else {})


def _md5(data: bytes | memoryview) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def checksum_text(digest: bytes) -> str:
    """A digest as S3 headers have it."""
    return base64.b64encode(digest).decode()


def _single(s3: S3, staged: Staged, until: datetime) -> Sent | None:
    data = staged.path.read_bytes()
    digest = hashlib.sha256(data)
    if digest.hexdigest() != staged.digest:
        raise FixityError(digest=staged.digest, actual=digest.hexdigest())
    tries = 0

    def step() -> Any:
        nonlocal tries
        tries += 1
        if tries > 1 and oldest(s3, staged.digest) is not None:
            return None  # the answer was lost, not the bytes
        return s3.once(
            "put_object",
            Key=s3.key(staged.digest),
            Body=data,
            ContentMD5=checksum_text(_md5(data)),
            ChecksumSHA256=checksum_text(digest.digest()),
            ContentType="application/octet-stream",
            IfNoneMatch="*",
            **_lock(s3, until),
        )

    answer = s3.patiently("put_object", step)
    if answer is None:
        return None
    proved = answer.get("ChecksumSHA256") == checksum_text(digest.digest())
    return _sent_as(answer, proved=proved)


def _sent_as(answer: Any, *, proved: bool, etag: str | None = None) -> Sent | None:
    """None where the answer names no version: Ceph's second answer to the same end of an upload."""
    found = answer.get("VersionId")
    return Sent(version=str(found), proved=proved, etag=etag) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part as it went."""

    number: int
    etag: str
    hash: bytes  # SHA-256 where the server keeps that, else MD5
    told: str | None  # SHA-256 that the server says it has

    def as_named(self) -> dict[str, Any]:
        """As the call that ends the upload names it."""
        named: dict[str, Any] = {"PartNumber": self.number, "ETag": self.etag}
        return named | ({"ChecksumSHA256": self.told} if self.told else {})


class _Parts:
    """One upload in parts."""

    def __init__(self, s3: S3, staged: Staged, until: datetime) -> None:
        self._s3, self._staged, self._until = s3, staged, until
        self._key = s3.key(staged.digest)
        self._keeps_sha256 = False
        self._size = max(_PART, -(-staged.size // _MOST_PARTS // _PART) * _PART)

    def send(self) -> Sent | None:
        """All of it. Raises CallRefusedError, S3Error, FixityError, OSError; the upload is given up then."""
        answer = self._s3.call(
            "create_multipart_upload",
            Key=self._key,
            ContentType="application/octet-stream",
            ChecksumAlgorithm="SHA256",
            **_lock(self._s3, self._until),
        )
        upload = str(answer["UploadId"])
        # A server that says nothing of the algorithm that was asked for does not know it (Ceph).
        self._keeps_sha256 = answer.get("ChecksumAlgorithm") == "SHA256"
        try:
            parts = self._send_parts(upload)
            done = self._s3.call(
                "complete_multipart_upload",
                Key=self._key,
                UploadId=upload,
                MultipartUpload={"Parts": [part.as_named() for part in parts]},
                IfNoneMatch="*",
            )
        except BaseException:
            abort(self._s3, self._key, upload)
            raise
        hashes = b"".join(part.hash for part in parts)
        if not self._keeps_sha256:
            return _sent_as(done, proved=False, etag=f"{_md5(hashes).hex()}-{len(parts)}")
        whole = checksum_text(hashlib.sha256(hashes).digest())
        return _sent_as(done, proved=done.get("ChecksumSHA256") == f"{whole}-{len(parts)}")

    def _send_parts(self, upload: str) -> list[_Part]:
        hasher, room = hashlib.sha256(), Semaphore(_AT_ONCE + 1)
        futures: list[Future[_Part]] = []
        with (
            ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="part") as pool,
            self._open() as file,
        ):
            try:
                while data := file.read(self._size):
                    room.acquire()
                    if any(f.done() and f.exception() for f in futures):
                        break
                    future = pool.submit(self._send_part, upload, len(futures) + 1, data)
                    future.add_done_callback(lambda _: room.release())
                    futures.append(future)
                    hasher.update(data)
            finally:
                pool.shutdown(wait=True, cancel_futures=False)
        parts = [future.result() for future in futures]
        if hasher.hexdigest() != self._staged.digest:
            raise FixityError(digest=self._staged.digest, actual=hasher.hexdigest())
        return parts

    def _open(self) -> Any:
        return Path(self._staged.path).open("rb", buffering=0)

    def _send_part(self, upload: str, number: int, data: bytes) -> _Part:
        if self._keeps_sha256:
            hashed = hashlib.sha256(data).digest()
            named = {"ChecksumSHA256": checksum_text(hashed)}
        else:
            hashed = _md5(data)
            named = {"ContentMD5": checksum_text(hashed)}
        answer = self._s3.call(
            "upload_part",
            Key=self._key,
            UploadId=upload,
            PartNumber=number,
            Body=data,
            **named,
        )
        told = answer.get("ChecksumSHA256")
        return _Part(number=number, etag=answer["ETag"], hash=hashed, told=told)


def _looked_at(s3: S3, staged: Staged, sent: Sent, until: datetime) -> Version:
    """Look at what was put. Raises FixityError, BucketUnfitError, S3Error."""
    key = s3.key(staged.digest)
    try:
        head = s3.call("head_object", Key=key, VersionId=sent.version)
    except CallRefusedError as e:
        raise BucketUnfitError(f"object {staged.digest} was put, and is not there: {e}") from e
    found = head["ContentLength"]
    if found != staged.size:
        raise FixityError(digest=staged.digest, actual=f"{found} bytes, not {staged.size}")
    version = Version(
        key=key, id=sent.version, size=found, newest=True, marker=False, time=head["LastModified"]
    )
    lock = Lock(
        mode=head.get("ObjectLockMode"),
        until=head.get("ObjectLockRetainUntilDate"),
        hold=head.get("ObjectLockLegalHoldStatus") == "ON",
    )
    place_hold(s3, version, lock)
    if not lock.holds(until):
        # Ceph drops the lock that an upload in parts was begun with, and takes it now.
        lengthen(s3, version, until)
        again = lock_of(s3, version)
        if again is None or not again.holds(until):
            raise BucketUnfitError(
                f"object {staged.digest} was put, and is not locked until {until.isoformat()}: the server ignores locks"
            )
    if not sent.proved and head.get("ETag", "").strip('"') != sent.etag:
        checked(s3, staged.digest, version)
    return version


def abort(s3: S3, key: str, upload: str) -> None:
    """Give up an upload, as far as can be: what stays goes when somebody looks for leftovers."""
    try:
        s3.call("abort_multipart_upload", patience=0, Key=key, UploadId=upload)
    except (StoreRefusedError, StoreUnreachableError):
        return
