"""An archive's objects in an S3 bucket, as the audit looks at them: listed with all versions, read as they were put.

Holds: nothing is written there. The version that is judged is the one that the ledger names; where no entry names one,
the oldest. What lies beside or upon it (delete markers, other versions, keys that are no digest) is a finding.
"""

from __future__ import annotations

import errno
import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from archive.audit.report import Code, Finding
from archive.errors import ArchiveError
from archive.ledger.reader import LedgerReader
from archive.settings.model import S3Settings
from archive.store.s3.client import S3
from archive.store.s3.errors import S3Error
from archive.store.s3.reading import S3File
from archive.store.s3.retention import lock_of
from archive.store.s3.trial import KEY as TRIAL
from archive.store.s3.versions import DIGEST, Version, listed

_SLACK: Final = timedelta(minutes=10)  # between two clocks, and a put and its lock
_PATIENCE: Final = 30.0


@dataclass(slots=True)
class Bucket:
    """One bucket's objects."""

    s3: S3
    versions: dict[bytes, list[Version]] = field(default_factory=dict)  # newest first
    staged: set[bytes] = field(default_factory=set)  # digests of what waits in `incoming/`
    named: dict[bytes, list[str]] = field(default_factory=dict)  # versions, as entries say
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, settings: S3Settings) -> Bucket:
        """The bucket of an archive. Raises S3Error: no credentials."""
        return cls(S3(settings, patience=_PATIENCE))

    def where(self, key: str) -> str:
        """A key, for people."""
        return f"s3://{self.s3.bucket}/{key}"

    def list(self, root: Path) -> None:
        """List everything; objects first, then what waits in `incoming/`. Raises S3Error, OSError."""
        for version in listed(self.s3, self.s3.prefix):
            name = version.key.removeprefix(self.s3.prefix)
            if DIGEST.fullmatch(name):
                self.versions.setdefault(bytes.fromhex(name), []).append(version)
            elif not name.startswith(TRIAL):
                self._find(Code.FOREIGN_FILE, version.key, "the key is no digest")
        for path in (root / "store" / "incoming").glob("*/*"):
            self._note_staged(path)

    def list_one(self, digest: bytes) -> None:
        """Look again for one object: it may have come after the bucket was listed. Raises S3Error."""
        key = self.s3.key(digest.hex())
        if found := [v for v in listed(self.s3, key) if v.key == key]:
            self.versions[digest] = found

    def _note_staged(self, path: Path) -> None:
        try:
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and not status.st_mode & 0o222:
                with path.open("rb") as file:
                    self.staged.add(hashlib.file_digest(file, "sha256").digest())
        except FileNotFoundError:
            return  # its entry came

    def read_names(self, root: Path, size: int) -> None:
        """Which versions entries name. Raises ArchiveError: the ledger cannot be read."""
        for entry in LedgerReader(root).entries(0, size):
            for digest, version in _versions_in(entry.data):
                known = self.named.setdefault(digest, [])
                if version not in known:
                    known.append(version)

    def version(self, digest: bytes) -> Version | None:
        """What is judged of an object; None where it is not there."""
        objects = [v for v in self.versions.get(digest, ()) if not v.marker]
        named = self.named.get(digest)
        if named is None:
            return objects[-1] if objects else None
        return next((v for v in reversed(objects) if v.id in named), None)

    def look(self, digest: bytes) -> Iterator[tuple[Code, str]]:
        """What is wrong around an object that is there, bytes apart. Raises S3Error."""
        version = self.version(digest)
        if version is None:
            return
        for other in self.versions[digest]:
            if other.marker:
                yield Code.OBJECT_HIDDEN, "a delete marker lies on it: plain readers do not see it"
            elif other.id != version.id and other.id not in self.named.get(digest, ()):
                yield Code.OBJECT_OTHER_VERSION, f"beside version {version.id} there is {other.id}"
        lock = lock_of(self.s3, version)
        if lock is None:
            yield Code.OBJECT_MISSING, f"version {version.id} went while it was looked at"
            return
        wanted = max(
            datetime.now(UTC),
            version.time + timedelta(days=self.s3.settings.retain_days) - _SLACK,
        )
        if not lock.holds(wanted):
            until = "" if lock.until is None else f" until {lock.until.isoformat()}"
            said = f"{lock.mode or 'not at all'}{until}"
            yield (
                Code.OBJECT_UNLOCKED,
                f"its lock is {said}; it has to be COMPLIANCE until {wanted:%Y-%m-%d} at least",
            )

        if self.s3.settings.legal_hold and not lock.hold:
            yield Code.OBJECT_UNLOCKED, "there is no legal hold on it, as store.s3.legal_hold asks"

    def open(self, digest: bytes) -> S3File:
        """The bytes of the version that is judged. Raises OSError: it is not there."""
        version = self.version(digest)
        if version is None:
            raise FileNotFoundError(2, "it is not in the bucket")
        return S3File(self.s3, digest.hex(), version, stop=version.size)

    def held(self) -> dict[bytes, int]:
        """Sizes of what is judged, of all objects that are there."""
        found = ((digest, self.version(digest)) for digest in self.versions)
        return {digest: version.size for digest, version in found if version is not None}

    def lost(self, digest: bytes) -> str:
        """Why a named object is missing, as far as one can tell."""
        named, there = self.named.get(digest), self.versions.get(digest)
        if there is None:
            return "it is not in the bucket; a locked object can only be removed by the server's administrator"
        if named is None:
            return "only delete markers are left of it"
        others = ", ".join(v.id for v in there if not v.marker) or "none"
        return (
            f"version {', '.join(named)} is not in the bucket (there: {others});"
            " only the server's administrator can do that"
        )

    def _find(self, code: Code, key: str, detail: str) -> None:
        self.findings.append(Finding(code=code, where=self.where(key), detail=detail))


def _versions_in(value: Any) -> Iterator[tuple[bytes, str]]:
    if isinstance(value, dict):
        digest, version = value.get("object"), value.get("version")
        if isinstance(digest, str) and isinstance(version, str) and DIGEST.fullmatch(digest):
            yield bytes.fromhex(digest), version
        for member in value.values():
            yield from _versions_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from _versions_in(member)


@contextmanager
def failing_as_a_disk() -> Iterator[None]:
    """What is not there is judged as what a disk cannot read; a server that is away or refuses is nobody's damage.

    Raises:
        OSError: EIO where the object itself cannot be had; ENOTCONN where the server does not give it now.
    """
    try:
        yield
    except S3Error as e:
        raise OSError(errno.ENOTCONN, str(e)) from e
    except ArchiveError as e:
        raise OSError(errno.EIO, str(e)) from e
