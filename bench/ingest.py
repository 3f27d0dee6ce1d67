"""Docking a recorder, cold, against the bare floor, `cp -r` + `sync`, and other people's programs.

Eight films, a thousand small clips, and a shift as it comes: many photos and some films.

The source is out of the page cache before each run; the archive is new each time, and making it is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from bench import data, peers
from bench.commands import muniment, need_command, new_archive
from bench.harness import (
    PYTHON,
    BenchError,
    Options,
    Report,
    Sample,
    alternate,
    bare_start,
    run,
    seconds,
)

_FLOOR: Final = Path(__file__).with_name("floor.py")


def bench_ingest_large(options: Options) -> Report:
    """Eight clips of 300 MB."""
    size = 3_000_000 if options.quick else 300_000_000
    return _bench("ingest-8x300MB", options, dict.fromkeys(_names(8), size), copy_most=0.95)


def bench_ingest_small(options: Options) -> Report:
    """A thousand clips of 2 MB."""
    files, size = (40, 20_000) if options.quick else (1000, 2_000_000)
    return _bench("ingest-1000x2MB", options, dict.fromkeys(_names(files), size), copy_most=1.15)


def bench_shift(options: Options) -> Report:
    """Two hundred clips: as many GB as were asked for, or a third of what is free."""
    room = data.room(options.folder) / 3
    total = min(options.shift * 1e9, room)
    clips = 40 if options.quick else 200
    sizes = data.shift(int(min(total, 10_000_000) if options.quick else total), clips=clips)
    report = _bench("ingest-shift", options, sizes, copy_most=1.0)
    report.add("ingest-shift-size", sum(sizes.values()) / 1e9, "GB")
    return report


def _names(count: int) -> list[str]:
    return [f"clip-{number:05}.mp4" for number in range(count)]


def bench_memory(options: Options) -> Report:
    """Peak memory of docking one clip of 3 GB."""
    report = Report()
    need_command(options.folder)
    size = 5_000_000 if options.quick else 3_000_000_000
    data.need_room(options.folder, 2 * size)
    source = data.make_recorder(options.folder / "recorder", files=1, size=size)
    took = docked(options.folder, source)
    report.add("memory-1x3GB", took.memory / 1e6, "MB", most=300)
    data.clear(source)
    return report


def _bench(name: str, options: Options, sizes: Mapping[str, int], *, copy_most: float) -> Report:
    report = Report()
    folder, total = options.folder, sum(sizes.values())
    need_command(folder)
    data.need_room(folder, 2 * total)
    source = data.make_files(folder / "recorder", sizes)
    runs: dict[str, Callable[[], Sample]] = {
        "floor": partial(floor, folder, source),
        "dock": partial(docked, folder, source),
        "receipt": partial(_receipt, folder, source, len(sizes)),
        "cp": partial(peers.copy_and_sync, folder, source),
        "floor+read-back": partial(floor, folder, source, read_back=True),
    }
    if options.peers:
        others, report.not_run = peers.contenders(folder, source)
        runs |= others
    samples = alternate(runs, options.rounds)
    data.clear(source)
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
    def receipts(contender: str) -> list[float]:
        return [float(sample.output["seconds"]) for sample in samples[contender]]

    def whole(contender: str) -> list[float]:
        return seconds(samples[contender], off=start)

    def cpu(contender: str, by: float = 1) -> list[float]:
        return [sample.cpu / by for sample in samples[contender]]

    ours, gigabytes = receipts("dock"), total / 1e9
    report.compare(f"{name}-receipt", ours, "s", against=("floor", receipts("floor")), most=1.05)
    copied = ("cp -r + sync", seconds(samples["cp"]))
    report.compare(f"{name}-receipt", ours, "s", against=copied, most=copy_most)
    for peer, runs in samples.items():
        if peer in peers.PEERS:
            against = (peer, seconds(runs))
            report.compare(f"{name}-receipt", ours, "s", against=against, most=1)
    report.compare(f"{name}-rate", [total / each / 1e6 for each in ours], "MB/s", best=max)
    read_back = ("floor + read-back, whole program", whole("floor+read-back"))
    report.compare(f"{name}-read-back", whole("dock"), "s", against=read_back, most=1.15)
    report.compare(f"{name}-cpu-to-receipt", cpu("receipt", gigabytes), "s/GB", most=2)
    report.compare(f"{name}-cpu", cpu("dock", gigabytes), "s/GB")
    report.compare(
        f"{name}-cpu", cpu("dock"), "s", against=("floor + read-back", cpu("floor+read-back"))
    )
    memory = [sample.memory / 1e6 for sample in samples["dock"]]
    report.compare(f"{name}-memory", memory, "MB", best=max, most=300)


def docked(folder: Path, source: Path) -> Sample:
    """One docking into a new archive, cold. Raises BenchError."""
    root = folder / "archive"
    new_archive(folder, root)
    data.make_cold(source)
    sample = muniment(folder, root, "dock", source, "--no-derive", speaks_json=True)
    if any(clip["status"] != "ingested" for clip in sample.output["clips"]):
        raise BenchError("the docking did not ingest every clip")
    data.clear(root)
    return sample


def _receipt(folder: Path, source: Path, files: int) -> Sample:
    root = folder / "archive"
    new_archive(folder, root)
    data.make_cold(source)
    sample = run([PYTHON, "-m", "bench.docked", source, root], folder, speaks_json=True)
    if sample.output["ingested"] != files:
        raise BenchError("the docking did not ingest every clip")
    data.clear(root)
    return sample


def floor(folder: Path, source: Path, *, read_back: bool = False) -> Sample:
    """The bare floor on the same files, cold. Raises BenchError."""
    target = folder / "floor"
    data.clear(target)
    data.make_cold(source)
    more = ["--read-back"] if read_back else []
    sample = run([PYTHON, _FLOOR, source, target, *more], folder, speaks_json=True)
    data.clear(target)
    return sample
