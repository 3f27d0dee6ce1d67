"""The store, taken through anything, against a dict: nothing is overwritten, nothing is lost."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from archive.durable import Disk
from archive.errors import FixityError, MissingObjectError
from archive.store.area import Area, new_area
from archive.store.posix import PosixStore, Writing
from tests.fakes.stores import objects

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
contents = st.binary(max_size=40)


class StoreMachine(RuleBasedStateMachine):
    """One store and what has been put into it."""

    digests: Bundle[str] = Bundle("digests")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        (self.folder / "incoming").mkdir()
        self.store = PosixStore(self.folder)
        self.model: dict[str, bytes] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(target=digests, data=contents)
    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        with self.store.writing() as writing:
            (stored,) = writing.put([data])
        assert (stored.digest, stored.size) == (digest, len(data))
        assert stored.created == (digest not in self.model)
        self.model[digest] = data
        return digest

    @rule(pieces=st.lists(contents, max_size=4))
    def put_many_or_adopt(self, pieces: list[bytes]) -> None:
        with self.store.writing() as writing:
            stored = writing.put(pieces[1:])
            for piece in pieces[:1]:
                path = writing.new_path()
                path.write_bytes(piece)
                stored.insert(0, writing.adopt(path))
        self.model |= {s.digest: piece for s, piece in zip(stored, pieces, strict=True)}

    @rule(data=contents)
    def put_and_be_killed_before_the_entry(self, data: bytes) -> None:
        area = Area(self.store.incoming, new_area(), Disk())
        (stored,) = Writing(self.store, area).put([data])
        (name,) = area.names()
        linked = self.store.committed(name)
        assert (linked is not None) == stored.created
        area.close()
        assert area.path.exists()
        self.model[stored.digest] = data

    @rule(digest=digests)
    def read(self, digest: str) -> None:
        assert self.store.read(digest) == self.model[digest]
        assert self.store.check(digest) == len(self.model[digest])
        with self.store.open(digest) as file:
            assert file.read() == self.model[digest]

    @rule(data=st.binary(min_size=41, max_size=50))
    def read_what_is_not_there(self, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        with pytest.raises(MissingObjectError):
            self.store.read(digest)
        with pytest.raises(MissingObjectError):
            self.store.check(digest)

    @rule(digest=digests, data=contents)
    def damage_is_found_and_mended_from_a_backup(self, digest: str, data: bytes) -> None:
        path = self.store.path(digest)
        path.chmod(0o644)
        path.write_bytes(data + b"!")
        if data + b"!" != self.model[digest]:
            with pytest.raises(FixityError):
                self.store.read(digest)
            with pytest.raises(FixityError):
                self.store.check(digest)
        path.write_bytes(self.model[digest])
        path.chmod(0o444)

    @invariant()
    def the_store_is_the_model(self) -> None:
        found = objects(self.folder) if (self.folder / "sha256").exists() else {}
        assert {digest: path.read_bytes() for digest, path in found.items()} == self.model


StoreMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestStoreMachine = StoreMachine.TestCase
