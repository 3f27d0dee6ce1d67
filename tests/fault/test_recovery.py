"""What killed writers leave in `incoming/` is taken in by the next one, whenever that is killed in turn."""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from archive.durable import Disk
from archive.errors import ArchiveBusyError, ArchiveError
from archive.events import Event, record
from archive.ledger.entry import Entry
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from archive.recovery import take_in
from archive.store.area import Area, new_area, recorder_area
from archive.store.posix import PosixStore, Writing
from tests.fakes.disk import ERRORS, FaultDisk, NotingDisk, SteppedDisk, power_cut
from tests.fakes.ledgers import new_ledger, outside, signer
from tests.fakes.stores import check_named, interim, named, objects


class Opened:
    """Store and ledger of one root, on one disk."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self.root = root
        self.disk = disk
        self.store = PosixStore(root / "store", disk=disk)
        self.ledger = Ledger(root, signer(), disk=disk)

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    def take_in(self) -> int:
        return take_in(
            self.store,
            self.disk,
            is_named=lambda digest: digest in named(self.root),
            record=lambda events: record(self, events),
            station="station-x",
        )


def event(number: int, **text: Any) -> Event:
    return Event(
        type="test.done",
        subject="clip-x",
        actor="local-0",
        data={"number": number},
        text={"title": f"标题 {number}", **text},
    )


def new_root(root: Path) -> Path:
    new_ledger(root)
    (root / "store/incoming").mkdir(parents=True)
    return root


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_root(tmp_path_factory.mktemp("begun") / "a")
    with Opened(root, Disk()) as opened:
        record(opened, [event(0)])
    return root


@pytest.fixture
def left(begun: Path, memory_path: Path) -> Path:
    """Objects that no entry names, half a write, a recorder's part; all of killed writers."""
    root = shutil.copytree(begun, memory_path / "left")
    store = PosixStore(root / "store")
    with Area(store.incoming, new_area(), Disk()) as area:
        writing = Writing(store, area)
        writing.put([b"linked one", b"linked two"])
        (area.path / "half").write_bytes(b"never linked")
    with Area(store.incoming, recorder_area("SN1"), Disk()) as area:
        (area.path / "0.part").write_bytes(b"for the next docking")
        (area.path / "0.journal").write_bytes(b"")
    return root


def write_some(root: Path, disk: Disk, acknowledged: list[int]) -> None:
    with Opened(root, disk) as opened:
        for n in (1, 2):
            acknowledged += [e.data["number"] for e in record(opened, [event(n), event(n + 100)])]


def recover(root: Path, disk: Disk) -> None:
    with Opened(root, disk) as opened:
        opened.take_in()


def check_recovered(root: Path, acknowledged: list[int]) -> None:
    check_named(root)
    recover(root, Disk())
    check_named(root)
    assert objects(root / "store").keys() == named(root)
    assert not [p for p in interim(root / "store") if p.parent.name.startswith("w-")]
    outside(root)
    with Opened(root, Disk()) as opened:
        entries = [e.data.get("number") for e in _entries(opened)]
    assert [n for n in entries if n in acknowledged] == acknowledged


def _entries(opened: Opened) -> list[Entry]:
    return list(LedgerReader(opened.root).entries())


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_cut_while_events_are_recorded_leaves_no_entry_without_its_text(
    begun: Path, memory_path: Path, lose: bool
) -> None:
    whole = SteppedDisk()
    write_some(shutil.copytree(begun, memory_path / "whole"), whole, [])
    for n in range(whole.calls):
        root = shutil.copytree(begun, memory_path / str(n))
        acknowledged = [0]
        with power_cut(n, lose=lose) as disk:
            write_some(root, disk, acknowledged)
        check_recovered(root, acknowledged)
        shutil.rmtree(root)


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_cut_while_taking_in_is_taken_in_by_the_next(
    left: Path, memory_path: Path, lose: bool
) -> None:
    whole = SteppedDisk()
    recover(_copy_with_links(left, memory_path / "whole"), whole)
    for n in range(whole.calls):
        root = _copy_with_links(left, memory_path / str(n))
        with power_cut(n, lose=lose) as disk:
            recover(root, disk)
        check_recovered(root, [0])
        for data in (b"linked one", b"linked two"):
            assert hashlib.sha256(data).hexdigest() in named(root)
        shutil.rmtree(root)


@pytest.mark.slow
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("took_effect", [False, True], ids=["failed", "failed but took effect"])
def test_an_error_while_taking_in_is_said_and_made_good_by_the_next(
    left: Path, memory_path: Path, number: int, took_effect: bool
) -> None:
    whole = SteppedDisk()
    recover(_copy_with_links(left, memory_path / "whole"), whole)
    for n in range(1, whole.calls + 1):
        root = _copy_with_links(left, memory_path / str(n))
        with suppress(ArchiveError, OSError):
            recover(root, FaultDisk(n, number, took_effect=took_effect))
        check_recovered(root, [0])
        shutil.rmtree(root)


def _copy_with_links(source: Path, target: Path) -> Path:
    """A copy in which one file with two names is one file with two names again."""
    shutil.copytree(source, target)
    digests = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in interim(source / "store")}
    for digest, path in digests.items():
        final = target / "store/sha256" / digest[:2] / digest[2:4] / digest
        if final.exists():
            copied = target / path.relative_to(source)
            copied.unlink()
            copied.hardlink_to(final)
    return target


def test_what_was_linked_gets_an_entry_and_what_was_not_goes(left: Path) -> None:
    recover(left, Disk())
    assert {hashlib.sha256(d).hexdigest() for d in (b"linked one", b"linked two")} <= named(left)
    assert [p.name for p in interim(left / "store")] == ["0.journal", "0.part"]
    before = len(named(left))
    recover(left, Disk())
    assert len(named(left)) == before


def test_the_names_of_what_was_linked_are_synced_before_the_entry_that_names_it(left: Path) -> None:
    disk = NotingDisk()
    recover(left, disk)
    entry = disk.notes.index(("write", str(left / "ledger/entries/000000000000")))
    store = PosixStore(left / "store")
    for data in (b"linked one", b"linked two"):
        path = store.path(hashlib.sha256(data).hexdigest())
        for folder in path.parents[:3]:
            assert ("sync_dir", str(folder)) in disk.notes[:entry]
    (first_gone, *_) = (
        i for i, n in enumerate(disk.notes) if n[0] == "unlink" and "/incoming/w-" in n[1]
    )
    synced = disk.notes.index(("sync", str(left / "ledger/entries/000000000000")))
    assert entry < synced < first_gone


def test_an_area_that_somebody_holds_is_left_alone(left: Path) -> None:
    store = PosixStore(left / "store")
    (held,) = (p for p in store.incoming.iterdir() if p.name.startswith("w-"))
    with Area(store.incoming, held.name, Disk()):
        recover(left, Disk())
        assert len(list(held.iterdir())) == 3


def test_junk_in_incoming_stops_no_opening_and_leads_nobody_out(left: Path, tmp_path: Path) -> None:
    store = PosixStore(left / "store")
    outside_file = tmp_path / "outside"
    outside_file.write_bytes(b"not ours")
    (area,) = (p for p in store.incoming.iterdir() if p.name.startswith("w-"))
    (area / "a folder" / "deeper").mkdir(parents=True)
    (area / "a link").symlink_to(outside_file)
    (store.incoming / "w-link").symlink_to(tmp_path)
    (store.incoming / "a file").write_bytes(b"")
    for _ in range(2):
        recover(left, Disk())
    assert outside_file.read_bytes() == b"not ours"
    assert (area / "a folder").is_dir()
    assert not (area / "a link").is_symlink()


def test_who_looks_for_leftovers_stops_nobody_who_begins_to_write(
    begun: Path, tmp_path: Path
) -> None:
    looking: list[Area] = []

    class LookedInto(Disk):
        """Somebody takes hold of the first areas between their making and our lock."""

        def make_dirs_synced(self, path: Path) -> None:
            super().make_dirs_synced(path)
            if path.name.startswith("w-") and len(looking) < 3:
                looking.append(Area(path.parent, path.name, Disk()))

    root = shutil.copytree(begun, tmp_path / "a")
    with Opened(root, LookedInto()) as opened:
        record(opened, [event(1)])
    assert len(looking) == 3
    for area in looking:
        area.close()
    assert list((root / "store/incoming").iterdir()) == []
    check_named(root)


def test_a_docking_waits_for_who_only_looks_into_its_recorders_area(tmp_path: Path) -> None:
    area = Area(tmp_path, recorder_area("SN1"), Disk())
    with pytest.raises(ArchiveBusyError):
        Area(tmp_path, recorder_area("SN1"), Disk())
    threading.Timer(0.1, area.close).start()
    Area(tmp_path, recorder_area("SN1"), Disk(), patience=10).close()
