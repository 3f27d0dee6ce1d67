from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from archive.audit.bucket import failing_as_a_disk
from archive.audit.errors import AuditFailedError
from archive.audit.hashing import Hasher, object_path
from archive.audit.names import Names
from archive.audit.objects import ObjectCheck, ObjectFacts, Task
from archive.errors import MissingObjectError
from archive.store.s3.errors import CallRefusedError, StoreUnreachableError


def held(root: Path, data: bytes) -> bytes:
    digest = hashlib.sha256(data).digest()
    path = root / object_path(digest)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return digest


def check(root: Path, *tasks: Task) -> ObjectFacts:
    names, facts = Names(), ObjectFacts()
    for index, task in enumerate(tasks):
        names.add((0, task.digest, task.size, task.sm3, b""), index)
    with Hasher(root) as hasher:
        ObjectCheck(root, names, lambda index: f"clip-{index}", facts).hash_all(
            list(tasks), hasher, lambda _done, _total: None
        )
    return facts


def test_an_object_that_the_medium_cannot_read_is_a_finding(tmp_path: Path) -> None:
    good = held(tmp_path, b"good")
    bad = hashlib.sha256(b"bad").digest()
    (tmp_path / object_path(bad)).mkdir(parents=True)  # read(2) fails on it, as on a bad sector
    facts = check(tmp_path, Task(good, 4, "", {}), Task(bad, 3, "", {}))
    assert [(str(f.code), f.where, f.subject) for f in facts.findings] == [
        ("object_unreadable", object_path(bad), "clip-1")
    ]
    assert (facts.checked, facts.bytes) == (1, 4)


def test_another_sm3_is_a_finding(tmp_path: Path) -> None:
    digest = held(tmp_path, b"both")
    right = hashlib.new("sm3", b"both").hexdigest()
    assert check(tmp_path, Task(digest, 4, right, {})).findings == []
    facts = check(tmp_path, Task(digest, 4, "0" * 64, {}))
    assert [str(f.code) for f in facts.findings] == ["object_sm3_differs"]


def test_an_object_that_goes_while_it_is_checked_is_missing(tmp_path: Path) -> None:
    facts = check(tmp_path, Task(hashlib.sha256(b"gone").digest(), 4, "", {}))
    assert [str(f.code) for f in facts.findings] == ["object_missing"]


def test_names_keep_the_first_size_and_tell_who_disagrees() -> None:
    names = Names()
    digest = b"d" * 32
    names.add((0, digest, -1, "", b""), 1)
    names.add((0, digest, 5, "", b"r" * 32), 2)
    names.add((0, digest, 6, "", b"r" * 32), 3)
    assert names.size(digest) == 5
    assert (names.first(digest), names.last(digest)) == (1, 3)
    assert names.disagreed == [(3, digest)]
    assert names.rows(digest) == {b"r" * 32: 2}


class Failing(Hasher):
    """A store whose every object answers with one error."""

    def __init__(self, root: Path, error: OSError) -> None:
        super().__init__(root)
        self._error = error

    def _open(self, digest: bytes) -> int:
        del digest
        raise self._error


def failing(root: Path, number: int, count: int) -> ObjectFacts:
    names, facts, tasks = Names(), ObjectFacts(), []
    for index in range(count):
        task = Task(hashlib.sha256(b"%d" % index).digest(), 4, "", {})
        names.add((0, task.digest, task.size, task.sm3, b""), index)
        tasks.append(task)
    with Failing(root, OSError(number, os.strerror(number))) as hasher:
        ObjectCheck(root, names, lambda _: "", facts).hash_all(
            tasks, hasher, lambda _done, _total: None
        )
    return facts


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EMFILE]
)
def test_what_is_not_the_object_s_fault_is_no_finding(tmp_path: Path, number: int) -> None:
    with pytest.raises(AuditFailedError, match="cannot be checked here"):
        failing(tmp_path, number, 2)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOENT])
def test_a_few_bad_sectors_are_findings_and_a_disk_that_reads_nothing_is_none(
    tmp_path: Path, number: int
) -> None:
    assert len(failing(tmp_path, number, 10).findings) == 10
    with pytest.raises(AuditFailedError, match="the store is not there: 11 objects"):
        failing(tmp_path, number, 40)


def test_only_what_a_server_has_not_is_damage() -> None:
    with pytest.raises(OSError, match="does not answer") as away, failing_as_a_disk():
        raise StoreUnreachableError("it does not answer")
    with pytest.raises(OSError, match="refuses") as refused, failing_as_a_disk():
        raise CallRefusedError("AccessDenied", 403, "no")
    with pytest.raises(OSError, match="gone") as gone, failing_as_a_disk():
        raise MissingObjectError("the version is gone")
    found = [one.value.errno for one in (away, refused, gone)]
    assert found == [errno.ENOTCONN, errno.ENOTCONN, errno.EIO]
