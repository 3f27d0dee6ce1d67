"""A full audit, cold, against a bare re-hash of the same files by two threads, and other people's checks of a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    seconds,
)

_FLOOR: Final = Path(__file__).with_name("rehash.py")
_AHEAD: Final = 16 << 20  # bytes, as much as an audit asks the disk for


def bench_audit(options: Options) -> Report:
    """Eight clips of 300 MB. A bare start is taken off each: off ours `muniment --help`, off theirs an interpreter's.

    `--help` loads none of what an audit needs; that, and all else an audit does before it hashes, stays in.
    """
    report, folder = Report(), options.folder
    size = 3_000_000 if options.quick else 300_000_000
    need_command(folder)
    need_room(folder, (8 * (2 + len(peers.PEERS)) if options.peers else 16) * size)
    root, source = folder / "archive", folder / "recorder"
    new_archive(folder, root)
    muniment(folder, root, "dock", make_recorder(source, files=8, size=size), "--no-derive")
    runs: dict[str, Callable[[], Sample]] = {
        "audit": partial(audited, folder, root),
        "floor": partial(rehashed, folder, root),
        "floor ahead": partial(rehashed, folder, root, _AHEAD),
        "start": partial(run, [PYTHON, "-m", "muniment", "--help"], folder),
    }
    if options.peers:
        others, report.not_run = _others(folder, source)
        runs |= others
    clear(source)
    samples = alternate(runs, options.rounds)
    clear(root)
    for name in runs:
        peers.forget(folder, name)
    _compare(report, samples, bare=bare_start(folder), total=8 * size)
    return report


def _others(folder: Path, source: Path) -> tuple[dict[str, Callable[[], Sample]], list[str]]:
    """Each keeps the same files once; what is timed is its check of them."""
    programs, missing = peers.working(folder)
    checks: dict[str, Callable[[], Sample]] = {}
    for name, program in programs.items():
        peer = peers.PEERS[name]
        if peer.check is None:
            continue
        peers.keep(folder, source, peer, program, name=name)
        checks[name] = partial(peers.check, folder, peer, program, name=name)
    return checks, missing


def _compare(
    report: Report, samples: Mapping[str, list[Sample]], *, bare: float, total: int
) -> None:
    start = best(samples["start"]).seconds
    ours, whole = seconds(samples["audit"], off=start), seconds(samples["audit"])
    against = (
        "hashlib, two threads; off ours `muniment --help`, off theirs an interpreter's start",
        seconds(samples["floor"], off=bare),
    )
    report.compare("audit-8x300MB", ours, "s", against=against, most=1.03)
    # Nobody who hashes files by hand asks the disk ahead; beside this floor stands what all else in an audit costs.
    ahead = ("the same, the disk asked 16 MiB ahead", seconds(samples["floor ahead"], off=bare))
    report.compare("audit-8x300MB", ours, "s", against=ahead)
    nothing_off = ("hashlib, two threads; nothing off", seconds(samples["floor"]))
    report.compare("audit-8x300MB-with-start", whole, "s", against=nothing_off)
    for peer in samples:
        if peer in peers.PEERS:
            against = (f"{peer}: its check", seconds(samples[peer]))
            report.compare("audit-8x300MB-with-start", whole, "s", against=against, most=1)
    report.compare("audit-8x300MB-rate", [total / s / 1e6 for s in whole], "MB/s", best=max)
    cpu = [[sample.cpu for sample in samples[name]] for name in ("audit", "floor")]
    report.compare("audit-8x300MB-cpu", cpu[0], "s", against=("hashlib, two threads", cpu[1]))
    memory = [sample.memory / 1e6 for sample in samples["audit"]]
    report.compare("audit-8x300MB-memory", memory, "MB", best=max)


def audited(folder: Path, root: Path) -> Sample:
    """One full audit, cold. Raises BenchError."""
    make_cold(root / "store")
    sample = muniment(folder, root, "audit", speaks_json=True)
    if not sample.output["ok"]:
        raise BenchError("the audit found something")
    return sample


def rehashed(folder: Path, root: Path, ahead: int = 0) -> Sample:
    """The same objects hashed, cold; with `ahead`, the disk is asked for so many bytes before they are read."""
    make_cold(root / "store")
    return run([PYTHON, _FLOOR, root / "store" / "sha256", str(ahead)], folder)
