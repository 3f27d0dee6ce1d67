"""What every store promises: the same tests for files on a disk and for objects in a bucket."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from archive.errors import MissingObjectError
from archive.store.area import hold_new_area
from archive.store.posix import PosixStore
from archive.store.protocol import Store
from archive.store.staged import Staged
from archive.store.writing import Writing

LARGE = 17 << 20  # several parts, the last one short


@pytest.fixture(params=["posix", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "s3":
        found: Store = request.getfixturevalue("s3_store")
        return found
    (tmp_path / "store" / "incoming").mkdir(parents=True)
    return PosixStore(tmp_path / "store")


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def staged(store: Store, data: bytes, *, name: str = "x") -> Staged:
    path = store.incoming / name
    path.write_bytes(data)
    path.chmod(0o444)
    return Staged(path=path, digest=digest_of(data), size=len(data))


def put(store: Store, *pieces: bytes) -> list[str]:
    with store.writing() as writing:
        return [stored.digest for stored in writing.put(pieces)]


def test_what_was_put_is_read_back_by_its_digest(store: Store) -> None:
    small, empty = put(store, b"evidence", b"")
    assert (small, empty) == (digest_of(b"evidence"), digest_of(b""))
    assert store.read(small) == b"evidence"
    assert store.read(empty) == b""
    assert store.check(small) == store.size(small) == 8
    assert not list(store.incoming.iterdir()), "the names in incoming go"


def test_the_same_bytes_are_one_object_and_the_second_writer_is_told(store: Store) -> None:
    with store.writing() as writing:
        first, other = writing.put([b"twice", b"once"])
        again = writing.put([b"twice"])[0]
    assert (first.created, other.created, again.created) == (True, True, False)
    assert first.digest == again.digest


def test_a_large_clip_is_committed_whole_and_read_from_any_place(store: Store) -> None:
    data = os.urandom(LARGE)
    item = staged(store, data)
    file_system = store.file_system()
    (stored,) = store.commit([item], file_system)
    store.disk.close(file_system)
    assert stored.created
    assert item.path.exists(), "the staged file is its owner's to remove"
    pieces: list[int] = []
    assert store.read_back(item.digest, told=pieces.append) == (item.digest, LARGE)
    assert sum(pieces) == LARGE
    with store.open(item.digest) as file:
        for place in (LARGE - 100, 0, 9 << 20):
            file.seek(place)
            assert file.read(100) == data[place : place + 100]
    with store.open_range(item.digest, 1000, 5000) as file:
        assert file.read(4000) == data[1000:5000]
    with store.local(item.digest) as path:
        assert path.read_bytes() == data


def test_a_program_that_needs_a_file_gets_one_twice(store: Store) -> None:
    (digest,) = put(store, b"for a parser")
    for _ in range(2):
        with store.local(digest) as path:
            assert path.read_bytes() == b"for a parser"


def test_what_another_program_wrote_is_adopted(store: Store) -> None:
    with store.writing() as writing:
        path = writing.new_path()
        path.write_bytes(b"a poster")
        stored = writing.adopt(path)
    assert store.read(stored.digest) == b"a poster"


@pytest.mark.parametrize("how", ["open", "read", "check", "size", "read_back"])
def test_an_object_that_is_not_there_is_said_to_be_missing(store: Store, how: str) -> None:
    nowhere = digest_of(b"never put")
    with pytest.raises(MissingObjectError, match=nowhere):
        getattr(store, how)(nowhere)
    with pytest.raises(MissingObjectError, match=nowhere), store.local(nowhere):
        pass


def test_what_a_killed_writer_committed_is_known_and_what_it_did_not_is_not(store: Store) -> None:
    with hold_new_area(store.incoming, store.disk) as area:
        (stored,) = Writing(store, area).put([b"committed"])
        (name,) = area.names()
        found = store.committed(name)
        assert found is not None
        assert (found.digest, found.size) == (stored.digest, 9)
        store.sync_names([found])
        whole = area.path / "whole"
        whole.write_bytes(b"staged, not committed")
        whole.chmod(0o444)
        part = area.path / "part"
        part.write_bytes(b"committed")
        assert store.committed(whole) is None
        assert store.committed(part) is None, "it may be written to still"
        for path in area.names():
            area.remove(path)


def test_an_error_in_the_block_leaves_the_names_for_whoever_comes_next(store: Store) -> None:
    with pytest.raises(AssertionError), store.writing() as writing:
        assert not writing.put([b"no entry names it yet"])
    (area,) = store.incoming.iterdir()
    assert [path.read_bytes() for path in area.iterdir()] == [b"no entry names it yet"]
