"""What docs/formats/store.md promises to everybody, on each medium that this machine has."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.durable import Disk
from archive.store.area import Area, recorder_area
from archive.store.medium import check_medium
from archive.store.part import Part
from archive.store.posix import PosixStore, Staged
from tests.fakes.stores import aligned, objects

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
CHECK = """
cd "$1/sha256" && find . -type f | while read -r f; do
  [ "$(sha256sum < "$f" | cut -d' ' -f1)" = "$(basename "$f")" ] || echo "changed: $f"
done
"""


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PosixStore]:
    with tempfile.TemporaryDirectory(dir=MEMORY if request.param == "memory" else tmp_path) as name:
        folder = Path(name)
        (folder / "incoming").mkdir()
        yield PosixStore(folder)


def test_the_medium_is_fit(store: PosixStore) -> None:
    check_medium(store.incoming, Disk())
    assert list(store.incoming.iterdir()) == []


def test_anybody_checks_the_store_with_sha256sum(store: PosixStore) -> None:
    with store.writing() as writing:
        stored = writing.put([b"", b"one", b"two" * 5000])

    def check() -> str:
        done = subprocess.run(
            ["sh", "-c", CHECK, "sh", str(store.folder)], check=True, capture_output=True, text=True
        )
        return done.stdout

    assert check() == ""
    path = store.path(stored[1].digest)
    path.chmod(0o644)
    path.write_bytes(b"One")
    assert check().endswith(f"/{stored[1].digest}\n")


def test_a_large_object_comes_in_directly_and_reads_back_the_same(store: PosixStore) -> None:
    data = os.urandom((3 << 20) + 17)
    with Area(store.incoming, recorder_area("SN1"), store.disk) as area:
        descriptor = store.file_system()
        part = Part(area.path / "x.part", store.disk)
        for at in range(0, len(data), 1 << 20):
            part.write(aligned(data[at : at + (1 << 20)]))
        part.finish()
        item = Staged(path=part.path, digest=hashlib.sha256(data).hexdigest(), size=len(data))
        (stored,) = store.commit([item], descriptor)
        (again,) = store.commit([item], descriptor)
        os.close(descriptor)
        assert (stored.created, again.created) == (True, False)
        area.remove(part.path)
    assert store.check(stored.digest) == len(data)
    assert objects(store.folder).keys() == {stored.digest}
    assert list(store.incoming.iterdir()) == []


def test_two_writers_of_the_same_bytes_make_one_object(store: PosixStore) -> None:
    with store.writing() as one, store.writing() as two:
        (first,) = one.put([b"same"])
        (second,) = two.put([b"same"])
    assert (first.created, second.created) == (True, False)
    assert store.path(first.digest).stat().st_nlink == 1
