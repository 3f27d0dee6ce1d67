"""How docking, memory and a full audit grow with the number, the size and the sum of the clips."""

from __future__ import annotations

from functools import partial

from bench.auditing import audited, rehashed
from bench.commands import muniment, need_command, new_archive
from bench.data import clear, make_recorder, need_room
from bench.harness import Options, Report, alternate, best
from bench.ingest import docked, floor

_CLIP = 200_000
_ROUNDS = 2


def bench_growth_docking(options: Options) -> Report:
    """Clips of 200 kB, ten times as many each time."""
    report, folder = Report(), options.folder
    need_command(folder)
    counts = (1, 10) if options.quick else (1, 10, 100, 1_000, 10_000)
    need_room(folder, 3 * counts[-1] * _CLIP)
    receipts, wholes, floors = [], [], []
    for count in counts:
        source = make_recorder(folder / "recorder", files=count, size=_CLIP)
        samples = alternate(
            {"dock": partial(docked, folder, source), "floor": partial(floor, folder, source)},
            min(_ROUNDS, options.rounds),
        )
        clear(source)
        receipts.append((count, min(float(s.output["seconds"]) for s in samples["dock"])))
        wholes.append((count, best(samples["dock"]).seconds))
        floors.append((count, min(float(s.output["seconds"]) for s in samples["floor"])))
    report.grow("docking", "whole command, read-back included", wholes)
    report.grow("docking", "to the receipt", receipts)
    report.grow("docking", "floor", floors)
    (fewer, before), (more, after) = receipts[-2:]
    against = (f"of {fewer}", before / fewer * 1000)
    report.add(f"docking-each-of-{more}", after / more * 1000, "ms", against=against)
    return report


def bench_growth_memory(options: Options) -> Report:
    """One clip, docked and audited; the peak of the whole command."""
    report, folder = Report(), options.folder
    need_command(folder)
    sizes = (10**6, 10**7) if options.quick else (10**7, 10**8, 10**9, 3 * 10**9)
    need_room(folder, 2 * sizes[-1])
    root = folder / "archive"
    dock, audit = [], []
    for size in sizes:
        source = make_recorder(folder / "recorder", files=1, size=size)
        new_archive(folder, root)
        took = muniment(folder, root, "dock", source, "--no-derive")
        clear(source)
        dock.append((size, took.memory / 1e6))
        audit.append((size, audited(folder, root).memory / 1e6))
        clear(root)
    report.grow("memory", "docking", dock)
    report.grow("memory", "audit", audit)
    for name, points in (("docking", dock), ("audit", audit)):
        peak = max(memory for _, memory in points)
        report.add(f"memory-of-{name}-largest-clip", peak, "MB", most=300)
    return report


def bench_growth_audit(options: Options) -> Report:
    """Eight clips, together so many bytes, cold."""
    report, folder = Report(), options.folder
    need_command(folder)
    sums = (10**6, 10**7) if options.quick else (10**8, 3 * 10**8, 10**9, 3 * 10**9)
    need_room(folder, 2 * sums[-1])
    root, ours, floors = folder / "archive", [], []
    for total in sums:
        source = make_recorder(folder / "recorder", files=8, size=total // 8)
        new_archive(folder, root)
        muniment(folder, root, "dock", source, "--no-derive")
        clear(source)
        samples = alternate(
            {"audit": partial(audited, folder, root), "floor": partial(rehashed, folder, root)},
            min(_ROUNDS, options.rounds),
        )
        clear(root)
        ours.append((total, best(samples["audit"]).seconds))
        floors.append((total, best(samples["floor"]).seconds))
    report.grow("audit", "full audit, its start included", ours)
    report.grow("audit", "hashlib, two threads", floors)
    against = ("hashlib, two threads; nothing off", floors[-1][1])
    report.add(f"audit-of-{sums[-1] / 1e9:g}-GB", ours[-1][1], "s", against=against)
    return report
