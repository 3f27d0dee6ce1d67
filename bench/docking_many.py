"""Twenty-five recorders docked at once, against 25 `cp` and against what the disk writes when it does nothing else.

The recorders lie in memory where it has room, as the recorders of a station do not lie on its disk; else they are
read before. `station` is one process with a thread for each, up to the last receipt; `processes` are as many
`muniment dock` as there are recorders, whole, each with its start and its read-back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench.commands import need_command, new_archive
from bench.data import clear, make_recorder, need_room
from bench.harness import PYTHON, BenchError, Options, Report, Sample, alternate, run, seconds

RECORDERS: Final = 25
_CLIPS: Final = 4  # of each
_WRITING: Final = Path(__file__).with_name("writing.py")
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the kernel's; a folder of ours is made in it
# Shell text: what it is about stands in the environment.
_COPIES: Final = (
    'for each in "$SOURCE"/*; do (cp -r "$each" "$TARGET/" && sync) & pids="$pids $!"; done; '
    "for pid in $pids; do wait $pid || exit 1; done"
)
_DOCKS: Final = (
    'for each in "$SOURCE"/*; do '
    '"$PROGRAM" -m muniment --root "$TARGET" dock "$each" --no-derive > "$OUT" & pids="$pids $!"; '
    "done; for pid in $pids; do wait $pid || exit 1; done"
)


def bench_docks(options: Options) -> Report:
    """Each has four clips of 25 MB."""
    report, folder = Report(), options.folder
    size = 20_000 if options.quick else 25_000_000
    recorders = 4 if options.quick else RECORDERS
    total = recorders * _CLIPS * size
    need_command(folder)
    need_room(folder, 2 * total)
    with _recorders(folder, recorders, size) as source:
        runs: dict[str, Callable[[], Sample]] = {
            "station": partial(_station, folder, source),
            "processes": partial(_processes, folder, source),
            "cp": partial(_copies, folder, source),
            "disk": partial(_disk, folder, recorders * _CLIPS, size),
        }
        samples = alternate(runs, options.rounds)
    station = [float(sample.output["seconds"]) for sample in samples["station"]]
    disk = [float(sample.output["seconds"]) for sample in samples["disk"]]
    speed = [[total / each / 1e6 for each in found] for found in (station, disk)]
    name = f"docks-{recorders}"
    written = ("writing alone, two threads", speed[1])
    report.compare(f"{name}-rate", speed[0], "MB/s", against=written, best=max, least=1)
    copied = (f"{recorders} cp + sync", seconds(samples["cp"]))
    report.compare(f"{name}-receipts", station, "s", against=copied, most=1)
    whole = seconds(samples["processes"])
    report.compare(f"{name}-processes-whole", whole, "s", against=copied)
    cpu = [sample.cpu / (total / 1e9) for sample in samples["station"]]
    report.compare(f"{name}-cpu-to-receipt", cpu, "s/GB")
    memory = [sample.memory / 1e6 for sample in samples["station"]]
    report.compare(f"{name}-memory", memory, "MB", best=max)
    return report


@contextmanager
def _recorders(folder: Path, count: int, size: int) -> Iterator[Path]:
    """A folder of recorders, no byte of which has to come from the disk."""
    needed = 2 * count * _CLIPS * size
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > needed
    with tempfile.TemporaryDirectory(dir=_MEMORY if in_memory else folder) as name:
        place = Path(name)
        for number in range(count):
            make_recorder(place / f"recorder-{number:02}", files=_CLIPS, size=size)
        yield place


def _warm(source: Path) -> list[Path]:
    for path in source.rglob("*.mp4"):
        with path.open("rb", buffering=0) as file:
            while file.read(4 << 20):
                pass
    return sorted(source.iterdir())


def _station(folder: Path, source: Path) -> Sample:
    root = folder / "archive"
    new_archive(folder, root)
    sources = _warm(source)
    sample = run([PYTHON, "-m", "bench.docked_many", root, *sources], folder, speaks_json=True)
    _expect(root, sample.output["ingested"], len(sources) * _CLIPS)
    clear(root)
    return sample


def _processes(folder: Path, source: Path) -> Sample:
    root = folder / "archive"
    new_archive(folder, root)
    count = len(_warm(source)) * _CLIPS
    sample = _shell(folder, _DOCKS, source, root)
    _expect(root, len([path for path in root.glob("store/sha256/*/*/*") if path.is_file()]), count)
    clear(root)
    return sample


def _copies(folder: Path, source: Path) -> Sample:
    target = folder / "copies"
    clear(target)
    target.mkdir()
    _warm(source)
    sample = _shell(folder, _COPIES, source, target)
    clear(target)
    return sample


def _disk(folder: Path, files: int, size: int) -> Sample:
    target = folder / "written"
    clear(target)
    sample = run([PYTHON, _WRITING, target, str(files), str(size)], folder, speaks_json=True)
    clear(target)
    return sample


def _shell(folder: Path, text: str, source: Path, target: Path) -> Sample:
    surroundings = {
        "SOURCE": str(source),
        "TARGET": str(target),
        "PROGRAM": PYTHON,
        "OUT": "/dev/null",
    }
    return run(["sh", "-c", text], folder, environment=surroundings)


def _expect(root: Path, found: int, wanted: int) -> None:
    if found < wanted:
        raise BenchError(f"{root.name}: {found} of {wanted} clips were docked")
