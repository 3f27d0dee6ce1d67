"""A release when the power goes before any disk call, and when any disk call answers with an error.

The one property: whatever is gone from the recorder lies in the archive that is left, whole, with the entry that says
it was read back, below the intent to erase it; and the audit finds nothing wrong.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from archive.audit import Full, audit
from archive.durable import Disk
from archive.errors import ArchiveError
from archive.opening import Archive, create_archive, open_archive
from archive.store.posix import path_of
from ingest.docking import dock
from ingest.readback import verify
from ingest.receipt import Receipt
from ingest.release import Released, release
from tests.fakes.disk import CutDisk, FaultDisk, PowerCut
from tests.fakes.releasing import NotedRecorder
from tests.fault.lab.runs import Lab
from tests.fault.test_docking import NamingDisk, turning_points

CLIPS = {f"{n}.mp4": b"%d" % n * 300_000 for n in range(3)} | {"same.mp4": b"0" * 300_000}
KNOWN = "known.mp4"


def secured(archive: Archive, source: NotedRecorder) -> Receipt:
    receipt = dock(
        archive, source, serial="A1", officer=None, case=None, reread=False, actor="local-0"
    )
    verify(archive, receipt.docking, actor="local-0")
    return receipt


def dock_and_release(root: Path, source: NotedRecorder, disk: Disk) -> Released:
    with open_archive(root, write=True, disk=disk) as archive:
        receipt = secured(archive, source)
        return release(archive, source, receipt, policy="after-verify", actor="local-0")


def new_source(folder: Path) -> NotedRecorder:
    folder.mkdir()
    for name, data in CLIPS.items():
        (folder / name).write_bytes(data)
    return NotedRecorder(folder)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[int]]:
    """An archive that knows one clip, a recorder, and the disk calls of a docking with release at which to fail."""
    folder = tmp_path_factory.mktemp("release")
    root, card = folder / "archive", folder / "card"
    create_archive(root, origin="station.example/1")
    with new_source(card) as source, open_archive(root, write=True) as archive:
        (card / KNOWN).write_bytes(b"known" * 1000)
        for name in CLIPS:
            (card / name).rename(folder / name)
        secured(archive, source)
        for name in CLIPS:
            (folder / name).rename(card / name)
    disk = NamingDisk()
    shutil.copytree(root, folder / "whole")
    shutil.copytree(card, folder / "whole-card")
    first: list[int] = []
    with NotedRecorder(folder / "whole-card", lambda _: first.append(len(disk.names))) as source:
        done = dock_and_release(folder / "whole", source, disk)
    assert (done.erased, done.kept) == (len(CLIPS) + 1, [])
    # Before the first erasure a few of each kind; from then on, and shortly before, every call.
    near = range(first[0] - 12, len(disk.names))
    assert len(near) > 30
    return root, card, sorted({*turning_points(disk.names)[::3], *near})


def check_what_went(root: Path, source: NotedRecorder, card: Path) -> None:
    """What is gone from the recorder is held."""
    report = audit(root, mode=Full())
    assert report.ok, report.findings
    names = {*CLIPS, KNOWN}
    gone = {name for name in names if not (source_folder(source) / name).exists()}
    assert gone == set(source.erased)
    with open_archive(root, write=True) as archive:
        entries = list(archive.reader.entries())
        verified = {e.data["original"]["object"] for e in entries if e.type == "clip.verified"}
        assert not gone or any(e.type == "release.started" for e in entries)
        for name in gone:
            content = (card / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            assert digest in verified
            assert path_of(archive.store.folder, digest).read_bytes() == content
        told = [e for e in entries if e.type == "recorder.erased"]
        assert len(told) <= len(gone)


def source_folder(source: NotedRecorder) -> Path:
    return source._root.path


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("lose", [False, True], ids=["kept", "lost"])
def test_nothing_that_went_is_lost_by_a_cut_before_any_disk_call(
    prepared: tuple[Path, Path, list[int]], memory_path: Path, lab: Lab, *, lose: bool
) -> None:
    root, card, calls = prepared
    (memory_path / "kept").mkdir()  # where the fake disk keeps what a cut gives back
    some = 0
    medium = "what was not synced is lost" if lose else "all that was written survives"
    with lab.row(
        area="disk",
        fault="power cut while a recorder is erased",
        how=f"before a call of our own disk layer; {medium}",
    ) as row:
        for n in lab.some(calls, short=40):
            copy, its_card = memory_path / str(n), memory_path / f"card-{n}"
            shutil.copytree(root, copy)
            shutil.copytree(card, its_card)
            disk = CutDisk(cut_at=n, lose=lose)
            with NotedRecorder(its_card) as source:
                with suppress(PowerCut, ArchiveError, OSError):
                    dock_and_release(copy, source, disk)
                disk._settle()
                check_what_went(copy, source, card)
                some += len(source.erased) > 0
            shutil.rmtree(copy)
            shutil.rmtree(its_card)
            row.saw("what is gone from the recorder is held, verified and named")
    assert some > 10


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("took_effect", [False, True], ids=["failed", "took effect"])
def test_nothing_that_went_is_lost_by_an_error_of_any_disk_call(
    prepared: tuple[Path, Path, list[int]], memory_path: Path, lab: Lab, *, took_effect: bool
) -> None:
    root, card, calls = prepared
    kind = "after it took effect" if took_effect else "without effect"
    with lab.row(
        area="disk",
        fault="EIO while a recorder is erased",
        how=f"from a call of our own disk layer, {kind}",
    ) as row:
        for n in lab.some([c + 1 for c in calls], short=40):
            copy, its_card = memory_path / str(n), memory_path / f"card-{n}"
            shutil.copytree(root, copy)
            shutil.copytree(card, its_card)
            with NotedRecorder(its_card) as source:
                with suppress(ArchiveError, OSError):
                    dock_and_release(copy, source, FaultDisk(n, errno.EIO, took_effect=took_effect))
                check_what_went(copy, source, card)
            shutil.rmtree(copy)
            shutil.rmtree(its_card)
            row.saw("what is gone from the recorder is held, verified and named")
