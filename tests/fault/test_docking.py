"""A docking when the power goes before any disk call, and when any disk call answers with an error.

After each: nothing that was acknowledged is lost, the audit finds nothing wrong before any other command, and the next
docking takes the rest.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from archive.audit import Full, audit
from archive.audit.report import Code
from archive.audit.shadow import CatalogueCheck
from archive.durable import Disk
from archive.errors import ArchiveError
from archive.opening import create_archive, open_archive
from archive.store.posix import path_of
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt
from tests.fakes.disk import CutDisk, FaultDisk, PowerCut, SteppedDisk
from tests.fault.lab.runs import Lab

CLIPS = {"a.mp4": b"a" * 10_000, "b.mp4": b"b" * (5 << 20), "c.txt": b"a" * 10_000}


def dock_all(root: Path, source: Path, disk: Disk) -> Receipt:
    with open_archive(root, write=True, disk=disk) as archive, FolderRecorder(source) as recorder:
        return dock(
            archive,
            recorder,
            serial="A1",
            officer="7",
            case=None,
            reread=False,
            actor="local-0",
        )


class NamingDisk(SteppedDisk):
    """Notes the names of the calls."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.names.append(name)
        return call(*args, **options)


def turning_points(names: list[str]) -> list[int]:
    """Where a call follows another kind of call than ever before, and every 25th: the rest repeats them."""
    seen: set[tuple[str, ...]] = set()
    points = set(range(0, len(names), 25))
    for n in range(len(names)):
        step = tuple(names[max(0, n - 1) : n + 1])
        if step not in seen:
            seen.add(step)
            points.add(n)
    return sorted(points)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[int]]:
    """An archive, a recorder, and the disk calls of a docking at which to fail."""
    folder = tmp_path_factory.mktemp("docking")
    root, source = folder / "archive", folder / "recorder"
    create_archive(root, origin="station.example/1")
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()  # made once and not in every copy: it is no call of the fake disk
    source.mkdir()
    for name, data in CLIPS.items():
        (source / name).write_bytes(data)
    disk = NamingDisk()
    shutil.copytree(root, folder / "whole")
    assert dock_all(folder / "whole", source, disk).whole
    assert len(disk.names) > 60
    return root, source, turning_points(disk.names)


def check_after(root: Path, source: Path) -> None:
    """The audit is clean before any other command; the next docking takes the rest."""
    report = audit(root, mode=Full())
    assert report.ok, report.findings
    receipt = dock_all(root, source, Disk())
    assert receipt.whole, receipt
    with open_archive(root, write=False) as archive:
        for clip in receipt.clips:
            assert clip.sha256 is not None
            assert path_of(archive.store.folder, clip.sha256).read_bytes() == CLIPS[clip.path]
        assert list(archive.store.incoming.iterdir()) == []
        assert archive.reader.size() == archive.reader.published().size


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("lose", [False, True], ids=["kept", "lost"])
def test_a_docking_survives_a_cut_before_any_disk_call(
    prepared: tuple[Path, Path, list[int]], memory_path: Path, lab: Lab, *, lose: bool
) -> None:
    root, source, calls = prepared
    (memory_path / "kept").mkdir()  # where the fake disk keeps what a cut gives back
    medium = "what was not synced is lost" if lose else "all that was written survives"
    with lab.row(
        area="disk",
        fault="power cut during a docking",
        how=f"before a call of our own disk layer; {medium}",
    ) as row:
        for n in lab.some(calls, short=40):
            copy = memory_path / str(n)
            shutil.copytree(root, copy)
            disk = CutDisk(cut_at=n, lose=lose)
            with suppress(PowerCut, ArchiveError, OSError):
                dock_all(copy, source, disk)
            disk._settle()
            check_after(copy, source)
            shutil.rmtree(copy)
            row.saw("the audit is clean, the next docking takes the rest")


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("took_effect", [False, True], ids=["failed", "took effect"])
def test_a_docking_survives_an_error_of_any_disk_call(
    prepared: tuple[Path, Path, list[int]], memory_path: Path, lab: Lab, *, took_effect: bool
) -> None:
    root, source, calls = prepared
    kind = "after it took effect" if took_effect else "without effect"
    with lab.row(
        area="disk", fault="EIO during a docking", how=f"from a call of our own disk layer, {kind}"
    ) as row:
        for n in lab.some([c + 1 for c in calls], short=40):
            copy = memory_path / str(n)
            shutil.copytree(root, copy)
            disk = FaultDisk(n, errno.EIO, took_effect=took_effect)
            receipt: Receipt | None = None
            with suppress(ArchiveError, OSError):
                receipt = dock_all(copy, source, disk)
            if disk.failed and "sync" in disk.failed:
                assert receipt is None or not receipt.whole, (
                    f"call {n}: {disk.failed} failed, and all was well"
                )
            check_after(copy, source)
            shutil.rmtree(copy)
            row.saw("never a whole receipt over a failed sync; the next docking takes the rest")


def test_a_full_disk_is_said_and_what_was_receipted_is_safe(
    prepared: tuple[Path, Path, list[int]], tmp_path: Path
) -> None:
    root, source, calls = prepared
    for n in [c + 1 for c in calls[::4]]:
        copy = tmp_path / str(n)
        shutil.copytree(root, copy)
        with suppress(ArchiveError, OSError):
            dock_all(copy, source, FaultDisk(n, errno.ENOSPC, took_effect=False))
        check_after(copy, source)
        shutil.rmtree(copy)


def test_no_descriptor_is_left_open_by_a_docking(
    prepared: tuple[Path, Path, list[int]], tmp_path: Path
) -> None:
    root, source, _ = prepared
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    dock_all(copy, source, Disk())
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        dock_all(copy, source, Disk())
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


@pytest.mark.usefixtures("compared_here")
def test_who_compares_here_finds_what_the_process_of_the_audit_finds(
    prepared: tuple[Path, Path, list[int]], tmp_path: Path
) -> None:
    root, source, _ = prepared
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    dock_all(copy, source, Disk())
    with open_archive(copy, write=True) as archive:
        archive.catalogue.catch_up()
    with closing(sqlite3.connect(copy / "catalogue.db", isolation_level=None)) as catalogue:
        catalogue.execute("UPDATE clips SET officer_id = 'another'")
    here = audit(copy, mode=Full())
    assert [f.code for f in here.findings] == [Code.CATALOGUE_DIFFERS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archive.audit.whole.CatalogueCheck", CatalogueCheck)
        assert audit(copy, mode=Full()).findings == here.findings
