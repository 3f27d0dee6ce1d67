"""A removal while the same bytes are on their way in: at whichever moment, what an entry names is there after."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.durable import Disk
from archive.errors import MissingObjectError
from archive.events import Event, drafts
from archive.opening import Archive, open_archive
from archive.store.posix import PosixStore
from archive.store.removing import LEAVING
from archive.store.staged import Stored
from archive.store.writing import Writing
from tests.fakes.disposing import approved, carried, classify, ingest, new_archive

DATA = b"the same bytes" * 40
DIGEST = hashlib.sha256(DATA).hexdigest()


class Meddling(Disk):
    """Lets somebody else act right before a call of a removal: the n-th of all that touch names."""

    def __init__(self) -> None:
        self.at, self.calls = -1, 0
        self.act: Callable[[], None] = lambda: None

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            self.at = -1
            self.act()

    def link(self, source: Path, target: Path) -> None:
        self._step()
        super().link(source, target)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)

    def sync_dir(self, path: Path) -> None:
        self._step()
        super().sync_dir(path)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive with one clip, and the approved disposal of it."""
    folder = tmp_path_factory.mktemp("arriving")
    with new_archive(folder / "archive") as archive:
        clips = ingest(archive, folder / "card", {"one.mp4": DATA})
        classify(archive, list(clips.values()), "ordinary")
        disposal = approved(archive)
        archive.catalogue.catch_up()
    return folder / "archive", disposal


@pytest.fixture
def made(prepared: tuple[Path, str], tmp_path: Path) -> Iterator[tuple[Archive, Meddling, str]]:
    disk = Meddling()
    shutil.copytree(prepared[0], tmp_path / "archive")
    with open_archive(tmp_path / "archive", write=True, disk=disk) as archive:
        yield archive, disk, prepared[1]
        disk.at = -1


def name_it(archive: Archive, writing: Writing, stored: Stored) -> None:
    event = Event(
        type="object.set_aside",
        subject=archive.settings.station,
        actor="local-0",
        data={
            "set_aside": {"object": stored.digest, "size": stored.size},
            "why": "no_entry",
        },
    )
    archive.ledger.append(drafts(writing, [event]))


@pytest.mark.parametrize("n", range(1, 28, 2))
def test_bytes_that_are_named_at_any_moment_of_a_removal_are_there_after(
    made: tuple[Archive, Meddling, str], n: int
) -> None:
    archive, disk, disposal = made
    entered: list[int] = []

    def arrive() -> None:
        # Somebody else's own store: its calls are none of the removal's.
        other = PosixStore(archive.store.folder)
        with other.writing() as writing:
            name_it(archive, writing, writing.put([DATA])[0])
        entered.append(archive.reader.size() - 1)

    calls = disk.calls
    disk.at, disk.act = calls + n, arrive
    done = carried(archive, disposal)
    if not entered:
        assert done.ended
        return
    # Whether the disposal had seen the other's entry or not.
    assert archive.store.check(DIGEST) == len(DATA)
    assert archive.removals.needed([DIGEST]) == {DIGEST}
    assert not (archive.store.folder / LEAVING).exists()


@pytest.mark.parametrize("n", range(1, 28, 3))
def test_bytes_that_are_on_their_way_at_any_moment_are_there_when_they_are_named(
    made: tuple[Archive, Meddling, str], n: int
) -> None:
    archive, disk, disposal = made
    other = PosixStore(archive.store.folder)
    with other.writing() as writing:
        stored: list[Stored] = []

        def arrive() -> None:
            stored.append(writing.put([DATA])[0])

        disk.at, disk.act = disk.calls + n, arrive
        carried(archive, disposal)
        disk.at = -1
        if not stored:
            arrive()
        name_it(archive, writing, stored[0])
    assert archive.store.check(DIGEST) == len(DATA)
    with open_archive(archive.root, write=True) as again:
        assert again.store.check(DIGEST) == len(DATA)


def test_an_object_that_is_immutable_or_has_another_name_stays(
    made: tuple[Archive, Meddling, str],
) -> None:
    archive, _, disposal = made
    path = archive.store.file(DIGEST)
    assert path is not None
    other = archive.store.incoming / "w-00000000000000000000000000000000"
    other.mkdir()
    (other / "1").hardlink_to(path)
    assert set(carried(archive, disposal).kept.values()) == {"arriving"}
    assert archive.store.check(DIGEST) == len(DATA)


def test_what_is_gone_is_missing_to_who_reads_the_store(
    made: tuple[Archive, Meddling, str],
) -> None:
    archive, _, disposal = made
    assert carried(archive, disposal).ended
    with pytest.raises(MissingObjectError):
        archive.store.size(DIGEST)


class Snatched(Disk):
    """An object whose name is taken goes before anybody looks at it."""

    def link(self, source: Path, target: Path) -> None:
        if target.name == DIGEST and target.exists():
            target.unlink()
            raise FileExistsError(17, "File exists", str(target))
        super().link(source, target)


def test_an_object_that_goes_while_its_bytes_come_again_is_there_after(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    with PosixStore(tmp_path).writing() as writing:
        writing.put([DATA])
    store = PosixStore(tmp_path, disk=Snatched())
    with store.writing() as writing:
        assert writing.put([DATA])[0].created
    assert store.check(DIGEST) == len(DATA)
