"""A docking that salvages a clip: the power goes before any disk call, or any disk call answers with an error.

After each: the audit finds nothing wrong before any other command, what a receipt said was salvaged is there, the next
docking of the failing card salvages the same, and one of a card that is well again has the clip.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from archive.audit import Full, audit
from archive.durable import Disk
from archive.errors import ArchiveError
from archive.opening import create_archive, open_archive
from archive.store.posix import path_of
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt
from tests.fakes.disk import NEVER, CutDisk, FaultDisk, NotingDisk, PowerCut
from tests.fakes.recorders import PittedRecorder
from tests.fault.lab.runs import Lab

BAD = {b"b.mp4": [64 * 4096]}
CLIPS = {"a.mp4": b"a" * 10_000, "b.mp4": b"b" * (100 * 4096)}
COPY = CLIPS["b.mp4"][: 64 * 4096] + bytes(4096) + CLIPS["b.mp4"][65 * 4096 :]
DIGEST = hashlib.sha256(COPY).hexdigest()


def begins(args: tuple[Any, ...]) -> bool:
    """Whether a call is about the copy that a salvage makes."""
    return bool(args) and isinstance(args[0], Path) and args[0].name.startswith("s-")


class LateCutDisk(CutDisk):
    """Counts from where the salvage begins: before it, a thread publishes when it likes."""

    def __init__(self, after: int, *, lose: bool) -> None:
        super().__init__(lose=lose)
        self._after = after

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if self.cut_at == NEVER and begins(args):
            self.cut_at = self.calls + self._after
        return super()._step(name, call, *args, **options)


class LateFaultDisk(FaultDisk):
    """Counts from where the salvage begins."""

    def __init__(self, after: int, number: int) -> None:
        super().__init__(NEVER, number, took_effect=False)
        self._after = after

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if self._fail_at == NEVER and begins(args):
            self._fail_at = self.calls + 1 + self._after
        return super()._step(name, call, *args, **options)


def dock_all(root: Path, recorder: FolderRecorder, disk: Disk) -> Receipt:
    with open_archive(root, write=True, disk=disk) as archive, recorder:
        return dock(
            archive, recorder, serial="A1", officer="7", case=None, reread=False, actor="local-0"
        )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[int]]:
    """An archive, a recorder, and the disk calls, from the salvage on, at which to fail."""
    folder = tmp_path_factory.mktemp("salvage")
    root, source = folder / "archive", folder / "recorder"
    create_archive(root, origin="station.example/1")
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()  # made once and not in every copy: it is no call of the fake disk
    source.mkdir()
    for name, data in CLIPS.items():
        (source / name).write_bytes(data)
    shutil.copytree(root, folder / "whole")
    disk = NotingDisk()
    receipt = dock_all(folder / "whole", PittedRecorder(source, BAD), disk)
    assert salvaged(receipt) == DIGEST
    begin = next(n for n, (_, file) in enumerate(disk.notes) if Path(file).name.startswith("s-"))
    count = len(disk.notes) - begin
    assert count > 60
    return root, source, [*range(56), *range(56, count, 12)]


def salvaged(receipt: Receipt) -> str | None:
    (found,) = [clip.salvaged for clip in receipt.clips if clip.path == "b.mp4"]
    return found.sha256 if found else None


def check_after(root: Path, source: Path, receipt: Receipt | None) -> None:
    report = audit(root, mode=Full())
    assert report.ok, report.findings
    with open_archive(root, write=False) as archive:
        if receipt is not None and salvaged(receipt) is not None:
            assert path_of(archive.store.folder, DIGEST).read_bytes() == COPY
    assert salvaged(dock_all(root, PittedRecorder(source, BAD), Disk())) == DIGEST
    assert dock_all(root, FolderRecorder(source), Disk()).whole
    with open_archive(root, write=False) as archive:
        assert list(archive.store.incoming.iterdir()) == []
        named = [e.data for e in archive.reader.entries() if e.type == "clip.salvaged"]
        assert {data["salvaged"]["object"] for data in named} == {DIGEST}


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("lose", [False, True], ids=["kept", "lost"])
def test_a_salvage_survives_a_cut_before_any_disk_call(
    prepared: tuple[Path, Path, list[int]], memory_path: Path, lab: Lab, *, lose: bool
) -> None:
    root, source, calls = prepared
    (memory_path / "kept").mkdir()  # where the fake disk keeps what a cut gives back
    medium = "what was not synced is lost" if lose else "all that was written survives"
    with lab.row(
        area="disk",
        fault="power cut while a failing card is salvaged",
        how=f"before a call of our own disk layer; {medium}",
    ) as row:
        for n in lab.some(calls, short=25):
            copy = memory_path / str(n)
            shutil.copytree(root, copy)
            disk = LateCutDisk(n, lose=lose)
            with suppress(PowerCut, ArchiveError, OSError):
                dock_all(copy, PittedRecorder(source, BAD), disk)
            disk._settle()
            check_after(copy, source, None)
            shutil.rmtree(copy)
            row.saw("one salvaged clip, the same bytes")


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_salvage_survives_an_error_of_any_disk_call(
    prepared: tuple[Path, Path, list[int]], memory_path: Path, lab: Lab, number: int
) -> None:
    root, source, calls = prepared
    with lab.row(
        area="disk",
        fault=f"{errno.errorcode[number]} while a failing card is salvaged",
        how="from a call of our own disk layer",
    ) as row:
        for n in lab.some(calls[::2], short=20):
            copy = memory_path / str(n)
            shutil.copytree(root, copy)
            disk = LateFaultDisk(n, number)
            receipt: Receipt | None = None
            with suppress(ArchiveError, OSError):
                receipt = dock_all(copy, PittedRecorder(source, BAD), disk)
            check_after(copy, source, receipt)
            shutil.rmtree(copy)
            row.saw("one salvaged clip, the same bytes")
