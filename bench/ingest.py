"""Docking a recorder, cold, against the bare floor, `cp -r` + `sync`, and other people's programs.

The source is out of the page cache before each run; the archive is new each time, and making it is not timed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bench import peers
from bench.commands import muniment, need_command, new_archive
from bench.data import clear, make_cold, make_recorder, need_room
from bench.harness import (
    PYTHON,
    BenchError,
    Options,
    Report,
    Sample,
    alternate,
    bare_start,
    best,
    run,
)

_FLOOR: Final = Path(__file__).with_name("floor.py")


def bench_ingest_large(options: Options) -> Report:
    """Eight clips of 300 MB."""
    size = 3_000_000 if options.quick else 300_000_000
    return _bench("ingest-8x300MB", options, files=8, size=size, copy_most=0.95)


def bench_ingest_small(options: Options) -> Report:
    """A thousand clips of 2 MB."""
    files, size = (40, 20_000) if options.quick else (1000, 2_000_000)
    return _bench("ingest-1000x2MB", options, files=files, size=size, copy_most=1.15)


def bench_memory(options: Options) -> Report:
    """Peak memory of docking one clip of 3 GB."""
    report = Report()
    need_command(options.folder)
    size = 5_000_000 if options.quick else 3_000_000_000
    need_room(options.folder, 2 * size)
    source = make_recorder(options.folder / "recorder", files=1, size=size)
    took = _dock(options.folder, source)
    report.add("memory-1x3GB", took.memory / 1e6, "MB", most=300)
    clear(source)
    return report


def _bench(name: str, options: Options, *, files: int, size: int, copy_most: float) -> Report:
    report = Report()
    folder, total = options.folder, files * size
    need_command(folder)
    need_room(folder, 2 * total)
    source = make_recorder(folder / "recorder", files=files, size=size)
    runs: dict[str, Callable[[], Sample]] = {
        "floor": partial(_floor, folder, source),
        "dock": partial(_dock, folder, source),
        "receipt": partial(_receipt, folder, source, files),
        "cp": partial(peers.copy_and_sync, folder, source),
        "floor+read-back": partial(_floor, folder, source, read_back=True),
    }
    if options.peers:
        others, report.not_run = peers.contenders(folder, source)
        runs |= others
    samples = alternate(runs, options.rounds)
    clear(source)
    start = bare_start(folder)
    _compare(report, name, samples, total=total, start=start, copy_most=copy_most)
    return report


def _compare(
    report: Report,
    name: str,
    samples: dict[str, list[Sample]],
    *,
    total: int,
    start: float,
    copy_most: float,
) -> None:
    def receipt(contender: str) -> float:
        return min(float(sample.output["seconds"]) for sample in samples[contender])

    def whole(contender: str) -> float:
        return best(samples[contender]).seconds - start

    dock, copied = receipt("dock"), best(samples["cp"]).seconds
    report.add(f"{name}-receipt", dock, "s", against=("floor", receipt("floor")), most=1.1)
    report.add(f"{name}-receipt", dock, "s", against=("cp -r + sync", copied), most=copy_most)
    report.add(f"{name}-rate", total / dock / 1e6, "MB/s")
    read_back = ("floor + read-back, whole program", whole("floor+read-back"))
    report.add(f"{name}-read-back", whole("dock"), "s", against=read_back, most=1.15)
    for peer in samples.keys() - {"dock", "receipt", "floor", "floor+read-back", "cp"}:
        seconds = best(samples[peer]).seconds
        report.add(f"{name}-receipt", dock, "s", against=(peer, seconds), most=1)
    to_receipt = min(sample.cpu for sample in samples["receipt"])
    report.add(f"{name}-cpu-to-receipt", to_receipt / (total / 1e9), "s/GB", most=2)
    cpu = min(sample.cpu for sample in samples["dock"])
    report.add(f"{name}-cpu", cpu / (total / 1e9), "s/GB")
    floor_cpu = min(sample.cpu for sample in samples["floor+read-back"])
    report.add(f"{name}-cpu", cpu, "s", against=("floor + read-back", floor_cpu))
    memory = max(sample.memory for sample in samples["dock"])
    report.add(f"{name}-memory", memory / 1e6, "MB", most=300)


def _dock(folder: Path, source: Path) -> Sample:
    root = folder / "archive"
    new_archive(folder, root)
    make_cold(source)
    sample = muniment(folder, root, "dock", source, "--no-derive", speaks_json=True)
    if any(clip["status"] != "ingested" for clip in sample.output["clips"]):
        raise BenchError("the docking did not ingest every clip")
    clear(root)
    return sample


def _receipt(folder: Path, source: Path, files: int) -> Sample:
    root = folder / "archive"
    new_archive(folder, root)
    make_cold(source)
    sample = run([PYTHON, "-m", "bench.docked", source, root], folder, speaks_json=True)
    if sample.output["ingested"] != files:
        raise BenchError("the docking did not ingest every clip")
    clear(root)
    return sample


def _floor(folder: Path, source: Path, *, read_back: bool = False) -> Sample:
    target = folder / "floor"
    clear(target)
    make_cold(source)
    more = ["--read-back"] if read_back else []
    sample = run([PYTHON, _FLOOR, source, target, *more], folder, speaks_json=True)
    clear(target)
    return sample
