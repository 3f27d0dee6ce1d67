"""A full audit, cold, against a bare re-hash of the same files by two threads."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

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

_FLOOR: Final = Path(__file__).with_name("rehash.py")


def bench_audit(options: Options) -> Report:
    """Eight clips of 300 MB. A bare start is taken off each: off ours `muniment --help`, off theirs an interpreter's.

    `--help` loads none of what an audit needs; that, and all else an audit does before it hashes, stays in.
    """
    report, folder = Report(), options.folder
    size = 3_000_000 if options.quick else 300_000_000
    need_command(folder)
    need_room(folder, 16 * size)
    root, source = folder / "archive", folder / "recorder"
    new_archive(folder, root)
    muniment(folder, root, "dock", make_recorder(source, files=8, size=size), "--no-derive")
    clear(source)
    samples = alternate(
        {
            "audit": partial(_audit, folder, root),
            "floor": partial(_rehash, folder, root),
            "start": partial(run, [PYTHON, "-m", "muniment", "--help"], folder),
        },
        options.rounds,
    )
    clear(root)
    bare, start = bare_start(folder), best(samples["start"]).seconds
    audit, floor = (best(samples[name]) for name in ("audit", "floor"))
    against = (
        "hashlib, two threads; off ours `muniment --help`, off theirs an interpreter's start",
        floor.seconds - bare,
    )
    # 0.95 of the floor's speed or better.
    report.add("audit-8x300MB", audit.seconds - start, "s", against=against, most=1 / 0.95)
    whole = ("hashlib, two threads; nothing off", floor.seconds)
    report.add("audit-8x300MB-with-start", audit.seconds, "s", against=whole)
    report.add("audit-8x300MB-rate", 8 * size / audit.seconds / 1e6, "MB/s")
    report.add("audit-8x300MB-cpu", audit.cpu, "s", against=("hashlib, two threads", floor.cpu))
    report.add("audit-8x300MB-memory", audit.memory / 1e6, "MB")
    return report


def _audit(folder: Path, root: Path) -> Sample:
    make_cold(root / "store")
    sample = muniment(folder, root, "audit", speaks_json=True)
    if not sample.output["ok"]:
        raise BenchError("the audit found something")
    return sample


def _rehash(folder: Path, root: Path) -> Sample:
    make_cold(root / "store")
    return run([PYTHON, _FLOOR, root / "store" / "sha256"], folder)
