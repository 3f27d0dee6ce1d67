"""`store.immutable`: objects that root cannot change, and an archive that works on with them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.attributes import APPEND_ONLY, IMMUTABLE, attributes, set_attributes
from archive.audit import Full, audit
from archive.durable import Disk
from archive.errors import MediumRefusedError
from archive.opening import Archive, create_archive, open_archive
from archive.store import immutable
from archive.store.area import Area
from archive.store.posix import PosixStore, Staged
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt
from oversight.disposal.carrying import Carried
from tests.fakes.disposing import approved, carried, classify, ingest, with_people
from tests.fakes.stores import check_named, interim, objects


class StoppedError(BaseException):
    """The process was killed here."""


class StoppingDisk(Disk):
    """Is killed where it should make an object immutable."""

    def set_attributes(self, fd: int, wanted: int) -> None:
        if wanted & IMMUTABLE:
            raise StoppedError
        super().set_attributes(fd, wanted)


def of(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY)
    try:
        return attributes(fd)
    finally:
        os.close(fd)


def set_free(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            continue
        if of(path) & (IMMUTABLE | APPEND_ONLY):
            fd = os.open(path, os.O_RDONLY)
            set_attributes(fd, attributes(fd) & ~(IMMUTABLE | APPEND_ONLY))
            os.close(fd)


def wanting(folder: Path) -> Path:
    """An archive whose settings ask for the attributes."""
    path = folder / "archive"
    create_archive(path, origin="station.example/1")
    with (path / "muniment.toml").open("a") as settings:
        settings.write("\n[store]\nimmutable = true\n")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """On a medium with attributes. Where the temporary files' has none, conftest.py leaves out who asks for this."""
    path = wanting(tmp_path)
    yield path
    set_free(path)


def docking(archive: Archive, folder: Path) -> Receipt:
    with FolderRecorder(folder) as source:
        return dock(
            archive, source, serial="A1", officer=None, case=None, reread=False, actor="local-0"
        )


def fill(folder: Path, **clips: bytes) -> None:
    for name, data in clips.items():
        (folder / f"{name}.mp4").write_bytes(data)


def free_objects(root: Path, known: frozenset[str]) -> set[str]:
    return {d for d, p in objects(root / "store").items() if not of(p) & IMMUTABLE} - known


@pytest.fixture
def first(root: Path) -> frozenset[str]:
    """What `init` made, before the setting was there."""
    return frozenset(objects(root / "store"))


def test_objects_of_a_docking_cannot_be_changed_by_root_and_entries_only_grow(
    root: Path, recorder: Path, first: frozenset[str]
) -> None:
    fill(recorder, a=b"a" * 100_000, b=b"b", same=b"b")
    with open_archive(root, write=True) as archive:
        receipt = docking(archive, recorder)
    assert receipt.whole
    assert free_objects(root, first) == set()
    assert interim(root / "store") == []
    clip = next(p for p in objects(root / "store").values() if p.stat().st_size == 100_000)
    entries = next((root / "ledger" / "entries").iterdir())
    tries: list[Callable[[], object]] = [
        clip.unlink,
        lambda: clip.chmod(0o644),
        lambda: clip.open("ab"),
        lambda: clip.rename(root / "elsewhere"),
        lambda: os.truncate(entries, 0),
        lambda: entries.open("r+b"),
        entries.unlink,
        lambda: entries.rename(entries.with_name("elsewhere")),
        lambda: clip.parent.rename(root / "elsewhere"),
        clip.parent.parent.rmdir,
    ]
    for attempt in tries:
        with pytest.raises(PermissionError):
            attempt()
    append_only = [entries, entries.parent, *clip.parents[:3]]
    assert [path for path in append_only if not of(path) & APPEND_ONLY] == []


def test_the_archive_works_on_knows_its_clips_is_audited_and_rebuilt(
    root: Path, recorder: Path, first: frozenset[str]
) -> None:
    fill(recorder, a=b"a" * 1000)
    with open_archive(root, write=True) as archive:
        docking(archive, recorder)
        fill(recorder, b=b"a" * 1000, c=b"c")
        again = docking(archive, recorder)
    assert sorted(clip.status for clip in again.clips) == ["ingested", "ingested", "known"]
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        archive.catalogue.rebuild()
    assert audit(root, mode=Full()).findings == ()
    assert free_objects(root, first) == set()
    check_named(root)


def test_who_is_killed_before_the_attribute_leaves_a_note_for_the_next(
    root: Path, recorder: Path, first: frozenset[str]
) -> None:
    fill(recorder, a=b"a" * 1000)
    with (
        pytest.raises(StoppedError),
        open_archive(root, write=True, disk=StoppingDisk()) as archive,
    ):
        docking(archive, recorder)
    assert free_objects(root, first) != set()
    assert audit(root, mode=Full()).findings == ()
    with open_archive(root, write=True) as archive:
        docking(archive, recorder)
    assert free_objects(root, first) == set()
    assert interim(root / "store") == []


def test_an_object_that_another_writer_has_a_name_for_is_left_to_that_one(root: Path) -> None:
    with open_archive(root, write=True) as archive:
        store = PosixStore(archive.store.folder, disk=archive.disk)
        with Area(store.incoming, "w-" + "1" * 32, archive.disk) as one:
            with Area(store.incoming, "w-" + "2" * 32, archive.disk) as two:
                staged = []
                for area in (one, two):
                    path = area.path / "x"
                    path.write_bytes(b"x")
                    path.chmod(0o444)
                    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
                    staged.append(Staged(path=path, digest=digest, size=1))
                assert [store.link(item).created for item in staged] == [True, False]
                two.remove(staged[1].path)
            assert not of(store.path(digest)) & IMMUTABLE
            one.remove(staged[0].path)
        assert of(store.path(digest)) & IMMUTABLE


def test_a_setting_that_is_taken_back_leaves_what_is_protected_and_protects_no_more(
    root: Path, recorder: Path
) -> None:
    fill(recorder, a=b"a")
    with open_archive(root, write=True) as archive:
        docking(archive, recorder)
    settings = root / "muniment.toml"
    settings.write_text(settings.read_text().replace("immutable = true", "immutable = false"))
    before = free_objects(root, frozenset())
    fill(recorder, b=b"a", c=b"c")
    with open_archive(root, write=True) as archive:
        receipt = docking(archive, recorder)
    assert receipt.whole
    assert len(free_objects(root, frozenset()) - before) > 0


def test_without_the_right_the_archive_is_not_opened_to_write(root: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs the Debian package util-linux (setpriv)")
    command = [sys.executable, "-m", "muniment", f"--root={root}", "--lang=en", "case", "open", "1"]
    dropped = ["setpriv", "--bounding-set=-linux_immutable", "--inh-caps=-linux_immutable"]
    done = subprocess.run(
        [*dropped, *command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 5
    assert "CAP_LINUX_IMMUTABLE" in done.stderr
    assert done.stderr.rstrip().endswith("[A051]")
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


def test_a_file_system_without_attributes_is_refused() -> None:
    folder = Path("/sys/kernel")
    with pytest.raises(MediumRefusedError, match="cannot have immutable files"):
        immutable.check(folder)


def test_an_archive_that_wants_attributes_opens_exactly_where_there_are_some(
    tmp_path: Path, has_attributes: bool
) -> None:
    path = wanting(tmp_path)
    objects_before = objects(path / "store")
    if has_attributes:
        open_archive(path, write=True).close()
    else:
        with pytest.raises(MediumRefusedError, match="cannot have immutable files"):
            open_archive(path, write=True)
    assert objects(path / "store") == objects_before
    open_archive(path, write=False).close()
    set_free(path)


def disposed(root: Path, card: Path) -> tuple[Carried, Path, Path]:
    """One of two immutable objects is disposed of: what came of it, and where they lie."""
    files = {"one.mp4": b"one" * 100, "two.mp4": b"two" * 100}
    with with_people(open_archive(root, write=True)) as archive:
        clips = ingest(archive, card, files)
        paths = [archive.store.file(hashlib.sha256(data).hexdigest()) for data in files.values()]
        one, two = (path for path in paths if path is not None)
        assert of(one) & of(two) & IMMUTABLE
        assert of(one.parent) & APPEND_ONLY
        classify(archive, [clips["one.mp4"]], "ordinary")
        return carried(archive, approved(archive)), one, two


def test_a_disposal_takes_the_attribute_from_what_goes_and_gives_its_folder_its_own_back(
    root: Path, tmp_path: Path
) -> None:
    before = set((root / "store" / "sha256").rglob("*"))  # made before the setting was on
    done, one, two = disposed(root, tmp_path / "card")
    assert (done.ended, done.kept) == (True, {})
    assert done.lifted == 2, "the clip, and the text object with its name"
    assert not one.exists()
    assert of(one.parent) & APPEND_ONLY
    assert of(two) & IMMUTABLE
    every = [path for path in (root / "store" / "sha256").rglob("*") if path.is_file()]
    assert all(of(path) & IMMUTABLE for path in every if path not in before)
    assert audit(root, mode=Full()).ok


def test_what_somebody_made_immutable_by_hand_stays_and_says_so(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    create_archive(root, origin="station.example/1")
    with with_people(open_archive(root, write=True)) as archive:
        clips = ingest(archive, tmp_path / "card", {"one.mp4": b"one"})
        classify(archive, list(clips.values()), "ordinary")
        disposal = approved(archive)
        path = archive.store.file(hashlib.sha256(b"one").hexdigest())
        assert path is not None
        try:
            fd = os.open(path, os.O_RDONLY)
            set_attributes(fd, attributes(fd) | IMMUTABLE)
            os.close(fd)
            done = carried(archive, disposal)
            assert set(done.kept.values()) == {"immutable"}
            assert path.read_bytes() == b"one"
        finally:
            set_free(root)


def test_an_object_that_is_needed_after_all_gets_its_attribute_back(root: Path) -> None:
    data = b"the same bytes"
    digest = hashlib.sha256(data).hexdigest()
    with open_archive(root, write=True) as archive:
        with archive.store.writing() as writing:
            writing.put([data])
        path = archive.store.file(digest)
        assert path is not None
        assert of(path) & IMMUTABLE
        assert archive.store.remove([digest], needed=set) == {digest}
        assert of(path) & IMMUTABLE
        assert of(path.parent) & APPEND_ONLY
        assert archive.store.check(digest) == len(data)
