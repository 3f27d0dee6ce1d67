"""A thousand clips of 2 MB: facts, poster, strip and waveform, through the archive against the bare work.

Fifty clips stand for the thousand: each costs the same. Docking them is not timed, nor is a program's start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.commands import muniment, need_command, new_archive
from bench.data import clear, need_room
from bench.harness import PYTHON, BenchError, Options, Report, Sample, alternate, run
from bench.surveying import make_clip

_SECONDS = 2


def bench_derive_small(options: Options) -> Report:
    """Examine and survey of fifty clips."""
    report = Report()
    folder, count = options.folder, 4 if options.quick else 50
    need_command(folder)
    need_room(folder, 3 * count * 2_500_000)
    source = _recorder(folder, count)
    size = sum(path.stat().st_size for path in source.iterdir())
    contenders: dict[str, Callable[[], Sample]] = {
        "bare": partial(_bare, folder, source, count),
        "archive": partial(_archive, folder, source, count),
    }
    samples = alternate(contenders, max(1, options.rounds - 1))
    took = {name: [float(s.output["seconds"]) for s in found] for name, found in samples.items()}
    bare = ("the bare work, one process", took["bare"])
    report.compare(f"derive-{count}x2MB", took["archive"], "s", against=bare, most=1.3)
    cpu = {name: [sample.cpu for sample in found] for name, found in samples.items()}
    bare_cpu = ("the same, start of Python included", cpu["bare"])
    report.compare(f"derive-{count}x2MB-cpu", cpu["archive"], "s", against=bare_cpu)
    each = [seconds / count * 1000 for seconds in took["bare"]]
    report.compare(f"derive-{count}x2MB-bare-clip", each, "ms")
    report.add(f"derive-{count}x2MB-clip", size / count / 1e6, "MB")
    clear(source)
    return report


def _recorder(folder: Path, count: int) -> Path:
    """That many clips that differ in bytes no player looks at."""
    source = folder / "recorder"
    source.mkdir()
    clip = make_clip(folder, seconds=_SECONDS, name="small.mp4").read_bytes()
    for number in range(count):
        # ISO/IEC 14496-12, 8.1.2: a free space box may stand at the end
        free = b"\0\0\0\x10free" + number.to_bytes(8, "big")
        (source / f"clip-{number:05}.mp4").write_bytes(clip + free)
    return source


def _bare(folder: Path, source: Path, count: int) -> Sample:
    out = folder / "bare"
    clear(out)
    out.mkdir()
    return _whole(_derived(folder, "bare", source, out), count)


def _archive(folder: Path, source: Path, count: int) -> Sample:
    root = folder / "archive"
    new_archive(folder, root)
    muniment(folder, root, "dock", source, "--no-derive")
    return _whole(_derived(folder, "archive", root), count)


def _derived(folder: Path, *arguments: str | Path) -> Sample:
    return run([PYTHON, "-m", "bench.derived", *arguments], folder, speaks_json=True)


def _whole(sample: Sample, count: int) -> Sample:
    if any(sample.output[kind] != count for kind in ("poster", "strip", "waveform")):
        raise BenchError(f"not all was made of {count} clips: {sample.output}")
    return sample
