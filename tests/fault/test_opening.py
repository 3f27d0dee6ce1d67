"""Making and opening an archive: at any cut, on a full disk, on a wrong one."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from archive.durable import Disk
from archive.errors import (
    ArchiveError,
    LedgerDamagedError,
    LedgerRolledBackError,
    MediumRefusedError,
    NoSpaceError,
    NotAnArchiveError,
    NotEmptyError,
)
from archive.events import Event
from archive.ledger.entry import Draft
from archive.opening import Archive, create_archive, open_archive
from archive.store.medium import check_medium
from tests.fakes.disk import ERRORS, FaultDisk, PowerCut, SteppedDisk, power_cut
from tests.fakes.outsider import check_log
from tests.fakes.stores import check_named, interim

ORIGIN = "station1.test.invalid/archive"


def make(root: Path, disk: Disk | None = None) -> Path:
    root.mkdir()
    (root.parent / "kept").mkdir(exist_ok=True)
    create_archive(root, origin=ORIGIN, unit="一大队", disk=disk)
    return root


def check_archive(root: Path) -> None:
    """It opens, takes an event with text, and a stranger agrees."""
    check_named(root)
    with open_archive(root, write=True) as archive:
        note(archive, "after")
        archive.ledger.publish()
        last = list(archive.reader.entries())[-1]
    assert last.subject == "after"
    seen = check_log(root / "ledger", (root / "keys/ledger.vkey").read_text())
    assert seen.entries[-1] == last.raw
    check_named(root)
    assert interim(root / "store") == []


def note(archive: Archive, subject: str) -> None:
    archive.record([Event(type="x", subject=subject, actor="local-0", text={"reason": "因为"})])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made") / "a")


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_cut_while_an_archive_is_made_leaves_a_whole_one_or_none(
    memory_path: Path, lose: bool
) -> None:
    whole = SteppedDisk()
    make(memory_path / "whole", whole)
    for n in range(whole.calls):
        root = memory_path / str(n)
        with power_cut(n, lose=lose) as disk:
            make(root, disk)
        try:
            open_archive(root, write=False).close()
        except NotAnArchiveError:
            if any(root.iterdir()):
                with pytest.raises(NotEmptyError):
                    create_archive(root, origin=ORIGIN)
        else:
            check_archive(root)
        shutil.rmtree(root)


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_cut_while_an_archive_is_opened_and_used_harms_nothing(
    made: Path, memory_path: Path, lose: bool
) -> None:
    def use(root: Path, disk: Disk) -> None:
        with open_archive(root, write=True, disk=disk) as archive:
            note(archive, "used")

    (memory_path / "kept").mkdir()
    whole = SteppedDisk()
    use(shutil.copytree(made, memory_path / "whole"), whole)
    for n in range(whole.calls):
        root = shutil.copytree(made, memory_path / str(n))
        with power_cut(n, lose=lose) as disk:
            use(root, disk)
        check_archive(root)
        shutil.rmtree(root)


@pytest.mark.slow
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("took_effect", [False, True], ids=["failed", "failed but took effect"])
def test_an_error_while_an_archive_is_opened_is_said_and_harms_nothing(
    made: Path, memory_path: Path, number: int, took_effect: bool
) -> None:
    def use(root: Path, disk: Disk) -> None:
        with open_archive(root, write=True, disk=disk) as archive:
            note(archive, "used")

    whole = SteppedDisk()
    use(shutil.copytree(made, memory_path / "whole"), whole)
    for n in range(1, whole.calls + 1):
        root = shutil.copytree(made, memory_path / str(n))
        with suppress(ArchiveError, OSError):
            use(root, FaultDisk(n, number, took_effect=took_effect))
        check_archive(root)
        shutil.rmtree(root)


@pytest.mark.parametrize(
    ("lacking", "number"),
    [("sync", errno.EINVAL), ("sync_dir", errno.EINVAL), ("link", errno.EPERM)],
)
def test_a_medium_without_what_every_promise_stands_on_is_refused(
    tmp_path: Path, lacking: str, number: int
) -> None:
    class Lacking(SteppedDisk):
        armed = False

        def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
            if self.armed and name == lacking:
                raise OSError(number, os.strerror(number))
            return call(*args, **options)

    disk = Lacking()
    disk.armed = True
    (tmp_path / "a" / "store" / "incoming").mkdir(parents=True)
    with pytest.raises(MediumRefusedError, match="does not work"):
        check_medium(tmp_path / "a" / "store" / "incoming", disk)
    assert interim(tmp_path / "a" / "store") == []


def test_a_medium_whose_link_overwrites_is_refused(tmp_path: Path) -> None:
    class Overwriting(Disk):
        def link(self, source: Path, target: Path) -> None:
            shutil.copy(source, target)

    with pytest.raises(MediumRefusedError, match="overwritten"):
        create_archive(tmp_path / "a", origin=ORIGIN, disk=Overwriting())


def test_what_a_kill_leaves_of_the_medium_check_goes_at_the_next_opening(
    made: Path, tmp_path: Path
) -> None:
    class Killed(Disk):
        def sync_dir(self, path: Path) -> None:
            if path.name.startswith("w-"):
                raise PowerCut
            super().sync_dir(path)

        def unlink(self, path: Path) -> None:
            if "medium" in path.name:
                raise PowerCut
            super().unlink(path)

    root = shutil.copytree(made, tmp_path / "a")
    with pytest.raises(PowerCut):
        open_archive(root, write=True, disk=Killed())
    assert interim(root / "store") != []
    open_archive(root, write=True).close()
    assert interim(root / "store") == []


def test_an_opening_that_fails_leaves_no_descriptor_open(made: Path, tmp_path: Path) -> None:
    root = shutil.copytree(made, tmp_path / "a")
    (root / "keys/highest-signed").unlink()
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    for _ in range(2):
        with pytest.raises(LedgerRolledBackError):
            open_archive(root, write=True)
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before


def test_two_keys_that_are_no_pair_sign_nothing(made: Path, tmp_path: Path) -> None:
    root, other = shutil.copytree(made, tmp_path / "a"), make(tmp_path / "b")
    shutil.copy(other / "keys/ledger.key", root / "keys/ledger.key")
    with pytest.raises(LedgerDamagedError, match="pair"):
        open_archive(root, write=True)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff" * 100])
def test_a_key_that_cannot_be_read_is_said(made: Path, tmp_path: Path, content: bytes) -> None:
    root = shutil.copytree(made, tmp_path / "a")
    (root / "keys/ledger.key").write_bytes(content)
    with pytest.raises(NotAnArchiveError, match="signing key"):
        open_archive(root, write=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for piece in (1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * piece)
    return ballast


def repeat(action: Callable[[], object]) -> None:
    for _ in range(2000):
        action()


@pytest.mark.slow
def test_on_a_full_disk_the_ledger_goes_on_for_a_while_then_says_so_and_recovers(
    small_disk: Path,
) -> None:
    root = make(small_disk / "a")
    draft = Draft(type="x", subject="s", actor="local-0", data={"filler": "x" * 2000})
    with open_archive(root, write=True) as archive:
        before = archive.ledger.size
        ballast = fill(small_disk)
        for _ in range(20):
            archive.ledger.append([draft])
        archive.ledger.publish()
        with pytest.raises(NoSpaceError, match="full"):
            repeat(lambda: note(archive, "text"))
        with pytest.raises(NoSpaceError, match="full"):
            repeat(lambda: archive.ledger.append([draft]))
        size = archive.ledger.size
    assert size > before + 20
    check_named(root)
    with suppress(NoSpaceError), open_archive(root, write=True) as archive:
        assert archive.ledger.size == size
    ballast.unlink()
    check_archive(root)


@pytest.mark.slow
def test_an_archive_is_not_made_on_a_full_disk(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(NoSpaceError, match="full"):
        create_archive(small_disk / "a", origin=ORIGIN)
