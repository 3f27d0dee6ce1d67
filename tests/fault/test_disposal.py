"""A disposal when the power goes before any disk call, and when any disk call answers with an error.

After each: what was not to go is there byte for byte, the audit finds nothing wrong before any other command, and the
same call again ends what was begun: then what was to go is nowhere.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from archive import holds
from archive.audit import Full, audit
from archive.durable import Disk
from archive.errors import ArchiveError
from archive.opening import open_archive
from archive.store.posix import path_of
from oversight.disposal.errors import DisposalStateError
from tests.fakes.disk import CutDisk, FaultDisk, PowerCut
from tests.fakes.disposing import ACTOR, WHY, approved, carried, classify, ingest, new_archive
from tests.fault.lab.runs import Lab
from tests.fault.test_docking import NamingDisk, turning_points

GOING = {f"going{n}.mp4": b"%d" % n * 30_000 for n in range(3)} | {"twice.mp4": b"0" * 30_000}
STAYING = {"held.mp4": b"held" * 9_000, "unsorted.mp4": b"unsorted" * 5_000}


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def carry(root: Path, disposal: str, disk: Disk) -> None:
    with open_archive(root, write=True, disk=disk) as archive:
        carried(archive, disposal)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[int]]:
    """An archive with an approved disposal, and the disk calls at which to fail."""
    folder = tmp_path_factory.mktemp("disposal")
    root = folder / "archive"
    with new_archive(root) as archive:
        clips = ingest(archive, folder / "card", GOING | STAYING)
        classify(archive, [clips[name] for name in (*GOING, "held.mp4")], "ordinary")
        disposal = approved(archive)
        holds.place(archive, about=clips["held.mp4"], actor=ACTOR, reason=WHY)
        archive.catalogue.catch_up()
    disk = NamingDisk()
    shutil.copytree(root, folder / "whole")
    carry(folder / "whole", disposal, disk)
    check_after(folder / "whole", disposal)
    return root, disposal, sorted({*turning_points(disk.names), *range(40, len(disk.names))})


def check_after(root: Path, disposal: str) -> bool:
    """Nothing is lost, nothing is found; then it is ended. Whether something had gone before."""
    for data in STAYING.values():
        assert path_of(root / "store", digest_of(data)).read_bytes() == data
    report = audit(root, mode=Full())
    assert report.ok, report.findings
    gone = [not path_of(root / "store", digest_of(data)).exists() for data in GOING.values()]
    with open_archive(root, write=True) as archive:
        with suppress(DisposalStateError):  # ended before the fault
            assert carried(archive, disposal).ended
        row = archive.catalogue.disposal(disposal)
        assert row is not None
        assert (row.state, row.done, row.kept) == ("ended", len(GOING), 1)
        archive.catalogue.rebuild()
        found = archive.catalogue.disposal(disposal)
        assert found == row
    for data in GOING.values():
        assert not path_of(root / "store", digest_of(data)).exists()
    held = [path.read_bytes() for path in (root / "store").rglob("*") if path.is_file()]
    for name in GOING:
        assert not any(name.encode() in data for data in held)
    for name in STAYING:
        assert sum(name.encode() in data for data in held) == 1
    assert not (root / "store" / "leaving").exists()
    report = audit(root, mode=Full())
    assert report.ok, report.findings
    assert not report.interrupted
    return any(gone)


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("lose", [False, True], ids=["kept", "lost"])
def test_a_disposal_loses_nothing_by_a_cut_before_any_disk_call(
    prepared: tuple[Path, str, list[int]], memory_path: Path, lab: Lab, *, lose: bool
) -> None:
    root, disposal, calls = prepared
    (memory_path / "kept").mkdir()  # where the fake disk keeps what a cut gives back
    some = 0
    medium = "what was not synced is lost" if lose else "all that was written survives"
    with lab.row(
        area="disk",
        fault="power cut while a disposal is carried out",
        how=f"before a call of our own disk layer; {medium}",
    ) as row:
        for n in lab.some(calls, short=25):
            copy = memory_path / str(n)
            shutil.copytree(root, copy)
            disk = CutDisk(cut_at=n, lose=lose)
            with suppress(PowerCut, ArchiveError, OSError):
                carry(copy, disposal, disk)
            disk._settle()
            some += check_after(copy, disposal)
            shutil.rmtree(copy)
            row.saw("what stays is there, what went is named, the next call ends it")
    assert some > 3


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("compared_here")
@pytest.mark.parametrize("took_effect", [False, True], ids=["failed", "took effect"])
def test_a_disposal_loses_nothing_by_an_error_of_any_disk_call(
    prepared: tuple[Path, str, list[int]], memory_path: Path, lab: Lab, *, took_effect: bool
) -> None:
    root, disposal, calls = prepared
    kind = "after it took effect" if took_effect else "without effect"
    with lab.row(
        area="disk",
        fault="EIO while a disposal is carried out",
        how=f"from a call of our own disk layer, {kind}",
    ) as row:
        for n in lab.some([call + 1 for call in calls], short=25):
            copy = memory_path / str(n)
            shutil.copytree(root, copy)
            with suppress(ArchiveError, OSError):
                carry(copy, disposal, FaultDisk(n, errno.EIO, took_effect=took_effect))
            check_after(copy, disposal)
            shutil.rmtree(copy)
            row.saw("what stays is there, what went is named, the next call ends it")
