"""`python -m bench`: every measurement, a table for people and one JSON document for programs.

Nothing here is a test: a figure that misses its target is printed as missed and the exit status stays 0. It is 1
when a bench broke, 5 when the folder for the data is taken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from bench.auditing import bench_audit
from bench.deriving import bench_derive_small
from bench.docking_many import bench_docks
from bench.encoding import bench_encode
from bench.finding import bench_find
from bench.finding_many import bench_find_many
from bench.finding_postgres import bench_find_postgres
from bench.harness import ROOT, BenchError, NotRunError, Options, Report, Result
from bench.ingest import bench_ingest_large, bench_ingest_small, bench_memory, bench_shift
from bench.ledger import bench_ledger, bench_verify
from bench.ledger_peers import bench_ledger_peers
from bench.machine import describe
from bench.objects import bench_objects
from bench.page import bench_page
from bench.probing import bench_probe
from bench.serving import bench_serve
from bench.stamping import bench_timestamps
from bench.starting import bench_start
from bench.surveying import bench_survey
from bench.verifying import bench_package_check
from bench.viewers import bench_first_picture, bench_viewers
from bench.watching import bench_watch

BENCHES: Final[dict[str, Callable[[Options], Report]]] = {
    "ingest-large": bench_ingest_large,
    "ingest-small": bench_ingest_small,
    "shift": bench_shift,
    "docks": bench_docks,
    "memory": bench_memory,
    "audit": bench_audit,
    "ledger": bench_ledger,
    "ledger-peers": bench_ledger_peers,
    "verify": bench_verify,
    "find": bench_find,
    "find-many": bench_find_many,
    "find-postgres": bench_find_postgres,
    "serve": bench_serve,
    "start": bench_start,
    "page": bench_page,
    "watch": bench_watch,
    "viewers": bench_viewers,
    "first-picture": bench_first_picture,
    "package": bench_package_check,
    "probe": bench_probe,
    "survey": bench_survey,
    "proxy": bench_encode,
    "derive-small": bench_derive_small,
    "timestamps": bench_timestamps,
    "s3": bench_objects,
}
DEFAULT: Final = ROOT / "var" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for."""
    chosen = _parser().parse_args(arguments)
    folder: Path = chosen.folder
    if folder.exists() and any(folder.iterdir()):
        print(
            f"{folder} is not empty: another bench runs, or one was killed; remove it",
            file=sys.stderr,
        )
        return 5
    folder.mkdir(parents=True, exist_ok=True)
    options = Options(
        folder=folder.resolve(),
        quick=chosen.quick,
        peers=chosen.peers,
        rounds=1 if chosen.quick else 4,
        clips=chosen.clips,
    )
    names = chosen.only or list(BENCHES)
    results: list[Result] = []
    not_run: list[dict[str, str]] = []
    broken = False
    machine = describe(folder)
    try:
        for name in names:
            print(f"… {name}", file=sys.stderr, flush=True)
            try:
                report = BENCHES[name](options)
            except NotRunError as e:
                report = Report(not_run=[str(e)])
            except BenchError as e:
                report, broken = Report(not_run=[f"broke: {e}"]), True
            if options.quick:  # nothing was measured
                report.results = [replace(r, target=None, met=None) for r in report.results]
            results += report.results
            not_run += [{"bench": name, "reason": reason} for reason in report.not_run]
    finally:
        shutil.rmtree(folder)
    print(_table(results, not_run))
    document = {
        "machine": {**machine, "quick": options.quick},
        "results": [asdict(result) for result in results],
        "not_run": not_run,
    }
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    print(f"written: {chosen.json}")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench", description="measure Muniment (docs/performance.md)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=BENCHES, metavar="NAME", help=" ".join(BENCHES)
    )
    parser.add_argument("--quick", action="store_true", help="tiny data, one round: does it run?")
    parser.add_argument(
        "--peers", action="store_true", help="other people's programs too, if installed"
    )
    parser.add_argument(
        "--clips", type=int, default=1_000_000, metavar="N", help="in the catalogue of find-many"
    )
    parser.add_argument("--json", type=Path, default=DEFAULT, metavar="FILE")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "var" / "bench",
        help="where data is made and removed again; on the disk that is to be measured",
    )
    return parser


def _table(results: Sequence[Result], not_run: Sequence[dict[str, str]]) -> str:
    rows = [("bench", "value", "unit", "ratio", "against", "target", "")]
    for result in results:
        rows.append(
            (
                result.bench,
                _number(result.value),
                result.unit,
                "" if result.ratio is None else f"{result.ratio:.2f}",
                result.against or "",
                result.target or "",
                {True: "met", False: "MISSED", None: ""}[result.met],
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    lines = [
        "  ".join(
            cell.rjust(width) if column in {1, 3} else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *(f"not run: {n['bench']}: {n['reason']}" for n in not_run)])


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.2f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    sys.exit(main())
