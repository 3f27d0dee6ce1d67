from __future__ import annotations

import hashlib
from pathlib import Path

from archive.audit.hashing import Hasher, object_path
from archive.audit.names import Names
from archive.audit.objects import ObjectCheck, ObjectFacts, Task


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
