"""The ledger when the power goes, when the disk answers with errors, when somebody meddles."""

from __future__ import annotations

import base64
import errno
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from archive.durable import Disk
from archive.errors import (
    ArchiveError,
    LedgerDamagedError,
    LedgerFailedError,
    LedgerRolledBackError,
    NoSpaceError,
)
from archive.ledger.note import Checkpoint
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from tests.fakes.disk import ERRORS, NEVER, FaultDisk, NotingDisk, SteppedDisk, power_cut
from tests.fakes.ledgers import ORIGIN, check_ledger, draft, new_ledger, numbers, outside, signer
from tests.fault.lab.runs import Lab

ROOT = Path(__file__).resolve().parents[2]


def write_some(root: Path, disk: Disk, acknowledged: list[int]) -> None:
    """Two batches and a publication after each; the second fills a tile."""
    with Ledger(root, signer(), disk=disk) as ledger:
        for start, count in ((1000, 2), (2000, 256)):
            drafts = [draft(n) for n in range(start, start + count)]
            acknowledged += [e.data["number"] for e in ledger.append(drafts)]
            ledger.publish()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of three entries, to be copied."""
    root = new_ledger(tmp_path_factory.mktemp("begun") / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(n) for n in range(3)])
    return root


def copy_of(begun: Path, root: Path) -> Path:
    shutil.copytree(begun, root)
    return root


def calls_of(root: Path) -> int:
    disk = SteppedDisk()
    write_some(root, disk, [])
    return disk.calls


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_cut_before_any_call_loses_nothing_that_was_acknowledged(
    begun: Path, memory_path: Path, lab: Lab, lose: bool
) -> None:
    calls = calls_of(copy_of(begun, memory_path / "whole"))
    assert calls > 60
    medium = "what was not synced is lost" if lose else "all that was written survives"
    with lab.row(
        area="disk",
        fault="power cut during appends",
        how=f"before a call of our own disk layer; {medium}",
    ) as row:
        for n in range(calls):
            root = copy_of(begun, memory_path / str(n))
            acknowledged = [0, 1, 2]
            with power_cut(n, lose=lose) as disk:
                write_some(root, disk, acknowledged)
            check_ledger(root, acknowledged)
            shutil.rmtree(root)
            row.saw("all that was acknowledged is there; an outside reader is satisfied")


@pytest.mark.slow
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("took_effect", [False, True], ids=["failed", "failed but took effect"])
def test_an_error_of_any_call_is_said_and_loses_nothing(
    begun: Path, memory_path: Path, lab: Lab, number: int, took_effect: bool
) -> None:
    calls = calls_of(copy_of(begun, memory_path / "whole"))
    said = 0
    kind = "after it took effect" if took_effect else "without effect"
    with lab.row(
        area="disk",
        fault=f"{errno.errorcode[number]} during appends",
        how=f"from a call of our own disk layer, {kind}",
    ) as row:
        for n in range(1, calls + 1):
            root = copy_of(begun, memory_path / str(n))
            acknowledged = [0, 1, 2]
            disk = FaultDisk(n, number, took_effect=took_effect)
            try:
                write_some(root, disk, acknowledged)
            except (ArchiveError, OSError):
                said += 1
            check_ledger(root, acknowledged)
            shutil.rmtree(root)
            row.saw("said, or made good; all that was acknowledged is there")
    assert said > calls // 2 or number == errno.ENOSPC


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("lose", [False, True])
def test_a_cut_while_a_ledger_is_made_leaves_one_that_opens_or_is_refused(
    memory_path: Path, lose: bool
) -> None:
    whole = SteppedDisk()
    new_ledger(memory_path / "whole", whole)
    for n in range(whole.calls):
        root = memory_path / str(n)
        with power_cut(n, lose=lose) as disk:
            new_ledger(root, disk)
        try:
            Ledger(root, signer()).close()
        except (LedgerRolledBackError, LedgerDamagedError):
            continue
        outside(root)


def test_entries_then_tiles_then_highest_signed_then_checkpoint(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    disk = NotingDisk()
    with Ledger(root, signer(), disk=disk) as ledger:
        ledger.publish()
        disk.notes.clear()
        ledger.append([draft(n) for n in range(257)])
        appended = len(disk.notes)
        ledger.publish()
    entries = str(root / "ledger/entries/000000000000")
    assert disk.notes[:appended] == [("write", entries), ("sync", entries)]
    notes = disk.notes[appended:]
    beside_tiles = (root / "ledger/tile.new").as_posix()
    last_tile = max(i for i, n in enumerate(notes) if n[0] == "replace" and "/tile/" in n[1])
    synced = [i for i, n in enumerate(notes) if n[0] == "sync_dir" and "/ledger/tile" in n[1]]
    highest = notes.index(("replace", str(root / "keys/highest-signed")))
    shown = notes.index(("replace", str(root / "ledger/checkpoint")))
    assert last_tile < min(synced) <= max(synced) < highest < shown
    for i, note in enumerate(notes):
        if note[0] == "replace":
            beside = beside_tiles if "/tile/" in note[1] else note[1] + ".new"
            last = {name: call for call, name in notes[:i] if call in {"write", "sync"}}
            assert {call for name, call in last.items() if name.startswith(beside)} == {"sync"}
    assert notes[highest : highest + 2][1] == ("sync_dir", str(root / "keys"))
    assert notes[shown + 1] == ("sync_dir", str(root / "ledger"))
    for index in ("0/000", "entries/000"):
        folder = (root / "ledger/tile" / index).parent
        assert ("sync_dir", str(folder)) in notes
        assert ("sync_dir", str(folder.parent)) in notes


def test_after_a_failed_sync_nothing_more_is_appended_by_this_process(tmp_path: Path) -> None:
    class FailsOnce(Disk):
        failing = False

        def sync(self, fd: int, *, mode: bool = False) -> None:
            if self.failing:
                self.failing = False
                raise OSError(errno.EIO, "I/O error")
            super().sync(fd, mode=mode)

    root = new_ledger(tmp_path / "a")
    disk = FailsOnce()
    ledger = Ledger(root, signer(), disk=disk)
    ledger.append([draft(0)])
    length = (root / "ledger/entries/000000000000").stat().st_size
    disk.failing = True
    with pytest.raises(LedgerFailedError):
        ledger.append([draft(1)])
    after = (root / "ledger/entries/000000000000").stat().st_size
    assert after > length
    for _ in range(2):
        with pytest.raises(LedgerFailedError, match="stopped earlier"):
            ledger.append([draft(2)])
        with pytest.raises(LedgerFailedError):
            ledger.publish()
    ledger.close()
    assert (root / "ledger/entries/000000000000").stat().st_size == after
    check_ledger(root, [0])


def test_a_batch_that_lacks_only_its_newline_never_comes_back(memory_path: Path) -> None:
    root = new_ledger(memory_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
        ledger.publish()
        length = (root / "ledger/entries/000000000000").stat().st_size
        ledger.append([draft(1), draft(2)])
        ledger.publish()
    file = root / "ledger/entries/000000000000"
    whole = file.read_bytes()
    checkpoint = _published_first(root)
    for cut in sorted({*range(length + 1, len(whole), 17), *range(len(whole) - 5, len(whole))}):
        torn = copy_of(root, memory_path / str(cut))
        _set_back(torn, whole[:cut], checkpoint)
        with Ledger(torn, signer()) as ledger:
            ledger.append([draft(7)])
            ledger.append([draft(8)])
        assert numbers(torn) == [0, 7, 8]
        check_ledger(torn, [0, 7, 8])
        shutil.rmtree(torn)


def _published_first(root: Path) -> Checkpoint:
    """The checkpoint over the first entry."""
    return Checkpoint(origin=ORIGIN, size=1, root=LedgerReader(root).entry(0).leaf)


def _set_back(root: Path, entries: bytes, checkpoint: Checkpoint) -> None:
    """As if the power had gone with these entries in the file and this checkpoint published."""
    (root / "ledger/entries/000000000000").write_bytes(entries)
    encoded = base64.b64encode(checkpoint.root).decode()
    (root / "keys/highest-signed").write_text(f"{checkpoint.size} {encoded}\n")
    (root / "ledger/checkpoint").write_bytes(signer().sign(checkpoint))


def test_a_seal_that_is_torn_anywhere_is_sealed_again(memory_path: Path) -> None:
    root = new_ledger(memory_path / "a")
    with Ledger(root, signer()) as ledger:
        ledger.append([draft(0)])
    file = root / "ledger/entries/000000000000"
    for torn in (b'{"half', b'{"a":1}\n', b"= bm90ZQ==", b"\0" * 50, b"\xff" * 80_000 + b"\n= x"):
        once = copy_of(root, memory_path / "once")
        before = file.read_bytes()
        (once / "ledger/entries/000000000000").write_bytes(before + torn)
        Ledger(once, signer()).close()
        sealed = (once / "ledger/entries/000000000000").read_bytes()
        assert sealed.startswith(before + torn)
        first = len(before + torn) + 1
        for cut in sorted(
            {*range(first, len(sealed), 9), *range(len(sealed) - 4, len(sealed) + 1)}
        ):
            twice = copy_of(root, memory_path / "twice")
            (twice / "ledger/entries/000000000000").write_bytes(sealed[:cut])
            with Ledger(twice, signer()) as ledger:
                ledger.append([draft(1)])
            assert numbers(twice) == [0, 1]
            with Ledger(twice, signer()) as ledger:
                ledger.append([draft(2)])
            assert numbers(twice) == [0, 1, 2]
            shutil.rmtree(twice)
        shutil.rmtree(once)


def test_what_a_dead_process_did_not_sync_is_synced_before_it_is_published(
    begun: Path, tmp_path: Path
) -> None:
    root = copy_of(begun, tmp_path / "a")
    ahead = copy_of(begun, tmp_path / "ahead")
    with Ledger(ahead, signer()) as ledger:
        ledger.append([draft(3)])
    entries = (ahead / "ledger/entries/000000000000").read_bytes()
    file = root / "ledger/entries/000000000000"

    disk = NotingDisk()
    with file.open("r+b") as unsynced:
        unsynced.write(entries)
    with Ledger(root, signer(), disk=disk):
        pass
    published = disk.notes.index(("replace", str(root / "keys/highest-signed")))
    assert ("sync", str(file)) in disk.notes[:published]
    assert outside(root).size == 4


def test_an_interrupted_batch_is_told_to_everyone_who_waited_for_it(tmp_path: Path) -> None:
    class Interrupted(Disk):
        def __init__(self) -> None:
            self.reached = threading.Event()
            self.go = threading.Event()
            self.armed = False

        def write(self, fd: int, data: bytes | memoryview) -> None:
            if self.armed:
                self.armed = False
                self.reached.set()
                self.go.wait(10)
                raise KeyboardInterrupt
            super().write(fd, data)

    root = new_ledger(tmp_path / "a")
    disk = Interrupted()
    answers: list[object] = []

    def append(number: int) -> None:
        try:
            answers.append(ledger.append([draft(number)]))
        except BaseException as e:  # noqa: BLE001 - the answer is what is asked for
            answers.append(e)

    ledger = Ledger(root, signer(), disk=disk)
    with ledger._turn:
        threads = [threading.Thread(target=append, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        while len(ledger._queue) < 4:
            time.sleep(0.001)
        disk.armed = True
        disk.go.set()
    for thread in threads:
        thread.join(10)
    ledger.close()
    assert len(answers) == 4
    assert all(isinstance(answer, BaseException) for answer in answers)
    check_ledger(root, [])


class FailsToShow(Disk):
    """Writes entries, and no tile or checkpoint once it is broken."""

    def __init__(self) -> None:
        self.broken = False
        self.tried = threading.Event()

    def create(self, path: Path, *, direct: bool = False) -> int:
        if self.broken:
            self.tried.set()
            raise OSError(errno.EIO, "Input/output error")
        return super().create(path, direct=direct)


def test_a_failure_in_the_background_is_told_when_the_ledger_is_closed(tmp_path: Path) -> None:
    root, disk = new_ledger(tmp_path / "a"), FailsToShow()
    ledger = Ledger(root, signer(), disk=disk)
    disk.broken = True
    ledger.append([draft(0)])
    assert disk.tried.wait(10)
    with pytest.raises(LedgerFailedError, match="Input/output error"):
        ledger.close()
    ledger.close()  # said once
    check_ledger(root, [0])


def test_a_failure_in_the_background_that_was_told_already_is_not_told_again(
    tmp_path: Path,
) -> None:
    root, disk = new_ledger(tmp_path / "a"), FailsToShow()
    with Ledger(root, signer(), disk=disk) as ledger:
        disk.broken = True
        ledger.append([draft(0)])
        assert disk.tried.wait(10)
        with pytest.raises(LedgerFailedError):
            ledger.publish()
    check_ledger(root, [0])


def test_a_full_disk_while_publishing_stops_no_appending(tmp_path: Path) -> None:
    class Full(Disk):
        full = False

        def create(self, path: Path, *, direct: bool = False) -> int:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().create(path, direct=direct)

    root = new_ledger(tmp_path / "a")
    disk = Full()
    with Ledger(root, signer(), disk=disk) as ledger:
        disk.full = True
        ledger.append([draft(0)])
        with pytest.raises(NoSpaceError):
            ledger.publish()
        ledger.append([draft(1)])
        assert outside(root).size == 0
        disk.full = False
        ledger.publish()
        assert outside(root).size == 2
    check_ledger(root, [0, 1])


def test_a_full_disk_while_appending_commits_nothing_and_appending_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    class Full(Disk):
        room = NEVER

        def write(self, fd: int, data: bytes | memoryview) -> None:
            super().write(fd, data[: self.room])
            if len(data) > self.room:
                raise OSError(errno.ENOSPC, "No space left on device")

    root = new_ledger(tmp_path / "a")
    disk = Full()
    with Ledger(root, signer(), disk=disk) as ledger:
        ledger.append([draft(0)])
        for disk.room in (0, 1, 20, 300):
            with pytest.raises(NoSpaceError):
                ledger.append([draft(1), draft(2)])
        disk.room = NEVER
        ledger.append([draft(3)])
        assert numbers(root) == [0, 3]
    check_ledger(root, [0, 3])


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_failed_opening_leaves_no_descriptor_open(begun: Path, tmp_path: Path) -> None:
    root = copy_of(begun, tmp_path / "a")
    (root / "ledger/entries/000000000000").write_bytes(b"muniment-ledger 1 other\n")
    for _ in range(2):
        before = open_descriptors()
        with pytest.raises(LedgerDamagedError):
            Ledger(root, signer())
        assert open_descriptors() == before


CHILD = """
import sys
from pathlib import Path
from archive.ledger.writer import Ledger
from tests.fakes.ledgers import draft, signer

start = int(sys.argv[2])
with Ledger(Path(sys.argv[1]), signer()) as ledger:
    print("ready", flush=True)
    for n in range(start, start + int(sys.argv[3])):
        for entry in ledger.append([draft(n)]):
            print(entry.data["number"], flush=True)
"""


def child(root: Path, start: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root), str(start), str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    acknowledged: list[int] = []
    for start in range(0, 50_000, 10_000):
        with child(root, start, 10_000) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.03 + start / 200_000)
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.read().split("\n")[:-1]
        acknowledged += [int(line) for line in lines]
        outside(root)
        there = check_ledger(root, acknowledged)
        acknowledged = [n for n in there if n < 1_000_000]
        acknowledged += [n for n in numbers(root) if n >= 1_000_000]
        acknowledged = numbers(root)
    assert len(acknowledged) > 5


@pytest.mark.slow
def test_two_processes_append_at_once_and_each_entry_is_there_once(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    with child(root, 0, 150) as one, child(root, 10_000, 150) as two:
        while one.poll() is None or two.poll() is None:
            outside(root)
            time.sleep(0.02)
        assert (one.returncode, two.returncode) == (0, 0)
    there = numbers(root)
    assert [n for n in there if n < 10_000] == list(range(150))
    assert [n for n in there if n >= 10_000] == list(range(10_000, 10_150))
    assert outside(root).size == 300
    check_ledger(root, there)


@pytest.mark.slow
def test_many_threads_append_at_once_while_a_stranger_and_a_reader_look_on(tmp_path: Path) -> None:
    root = new_ledger(tmp_path / "a")
    problems: list[BaseException] = []

    def append(start: int) -> None:
        try:
            for n in range(start, start + 60):
                (entry,) = ledger.append([draft(n)])
                assert entry.data["number"] == n
        except BaseException as e:  # noqa: BLE001 - told by the test's thread
            problems.append(e)

    with Ledger(root, signer()) as ledger:
        threads = [threading.Thread(target=append, args=(1000 * t,)) for t in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            outside(root)
            sum(1 for _ in LedgerReader(root).entries())
    assert problems == []
    assert sorted(numbers(root)) == sorted(1000 * t + n for t in range(8) for n in range(60))
    assert outside(root).size == 480
