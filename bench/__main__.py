"""`python -m bench`: every measurement, a table for people, one JSON document, and the page that is made of it.

Nothing here is a test: a figure that misses its target is printed as missed and the exit status stays 0. It is 1
when a bench broke, 2 for arguments that make no sense, 5 when the folder for the data is taken. What was measured is
written after each bench: who stops a run keeps what there was.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench import kept
from bench.auditing import bench_audit
from bench.deriving import bench_derive_small
from bench.docking_many import bench_docks
from bench.encoding import bench_encode
from bench.finding import bench_find
from bench.finding_many import bench_find_many
from bench.finding_postgres import bench_find_postgres
from bench.growing import bench_growth_audit, bench_growth_docking, bench_growth_memory
from bench.growing_records import bench_growth_ledger, bench_growth_search
from bench.harness import ROOT, BenchError, NotRunError, Options, Report
from bench.ingest import bench_ingest_large, bench_ingest_small, bench_memory, bench_shift
from bench.ledger import bench_ledger, bench_verify
from bench.ledger_peers import bench_ledger_peers
from bench.libmtp import bench_usb
from bench.machine import commit, describe, load, now
from bench.objects import bench_objects
from bench.overseeing import bench_clocks
from bench.page import bench_page
from bench.probing import bench_probe
from bench.published import publish
from bench.reporting import bench_report
from bench.retaining import bench_retention
from bench.serving import bench_serve
from bench.stamping import bench_timestamps
from bench.starting import bench_start
from bench.surveying import bench_survey
from bench.table import table
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
    "clocks": bench_clocks,
    "annual-report": bench_report,
    "retention": bench_retention,
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
    "usb": bench_usb,
    "growth-docking": bench_growth_docking,
    "growth-memory": bench_growth_memory,
    "growth-audit": bench_growth_audit,
    "growth-ledger": bench_growth_ledger,
    "growth-search": bench_growth_search,
}
MANY: Final = ("find-many", "find-postgres")  # `--clips` is for these
CLIPS: Final = 1_000_000
DOCS: Final = ROOT / "docs"
DEFAULT: Final = ROOT / "var" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        found = {} if chosen.source is None else kept.read(chosen.source)
    except kept.DocumentError as e:
        parser.error(str(e))
    tiny = chosen.quick or any(run.quick for run in found.values())
    if (chosen.write_docs or chosen.source) and tiny and chosen.docs == DOCS:
        parser.error("tiny data measure nothing: name another folder with --docs")
    if chosen.source is not None:
        if not found:
            parser.error(f"{chosen.source} holds no runs")
        print(f"written: {publish(chosen.docs, found)}")
        return 0
    folder: Path = chosen.folder
    if folder.exists() and any(folder.iterdir()):
        print(
            f"{folder} is not empty: another bench runs, or one was killed; remove it",
            file=sys.stderr,
        )
        return 5
    folder.mkdir(parents=True, exist_ok=True)
    try:
        runs, broken = _measure(chosen, folder.resolve())
    finally:
        _remove(folder)
    results = [result for run in runs.values() for result in run.results]
    print(table(results, [(run.name, why) for run in runs.values() for why in run.not_run]))
    print(f"written: {chosen.json}")
    return 1 if broken else 0


def _measure(chosen: argparse.Namespace, folder: Path) -> tuple[dict[str, kept.Run], bool]:
    """The runs, and whether one broke."""
    runs: dict[str, kept.Run] = {}
    broken, machine, source = False, describe(folder), commit()
    for name in chosen.only or BENCHES:
        print(f"… {name}", file=sys.stderr, flush=True)
        place = folder / name
        place.mkdir()
        options = Options(
            folder=place,
            quick=chosen.quick,
            peers=chosen.peers,
            rounds=1 if chosen.quick else 4,
            clips=chosen.clips,
            shift=chosen.shift,
        )
        began, busy = now(), load()
        report, broke = _report(BENCHES[name], options)
        broken |= broke
        _remove(place)
        other = name in MANY and chosen.clips != CLIPS
        key = f"{name}@{chosen.clips}" if other else name
        runs[key] = kept.Run(
            name=key,
            date=began,
            commit=source,
            load=busy,
            rounds=options.rounds,
            quick=options.quick,
            machine=machine,
            results=report.results,
            curves=report.curves,
            not_run=report.not_run,
        )
        _write(chosen, runs, runs[key])
    return runs, broken


def _report(bench: Callable[[Options], Report], options: Options) -> tuple[Report, bool]:
    """What a bench found, and whether it broke."""
    try:
        report = bench(options)
    except NotRunError as e:
        return Report(not_run=[str(e)]), False
    except BenchError as e:
        return Report(not_run=[f"broke: {e}"]), True
    except Exception as e:  # noqa: BLE001 - one that breaks ends none of those after it
        traceback.print_exc()
        return Report(not_run=[f"broke: {type(e).__name__}: {e}"]), True
    if options.quick:  # nothing was measured
        report.results = [replace(r, target=None, met=None) for r in report.results]
    return report, False


def _write(chosen: argparse.Namespace, runs: Mapping[str, kept.Run], last: kept.Run) -> None:
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(kept.text(runs), "utf-8")
    if chosen.write_docs:
        publish(chosen.docs, {last.name: last})


def _remove(folder: Path) -> None:
    """Also what a contender took the right to remove from."""
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=False)
    shutil.rmtree(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench", description="measure Muniment (docs/performance.md)"
    )
    flag: Any = parser.add_argument
    flag("--only", nargs="+", choices=BENCHES, metavar="NAME", help=" ".join(BENCHES))
    flag("--quick", action="store_true", help="tiny data, one round: does it run?")
    flag("--peers", action="store_true", help="other people's programs too, if installed")
    flag("--clips", type=int, default=CLIPS, metavar="N", help=f"in {' and '.join(MANY)}")
    flag("--shift", type=float, default=60, metavar="GB", help="of the mixed shift, at most")
    flag("--json", type=Path, default=DEFAULT, metavar="FILE", help="the results of this run")
    flag("--write-docs", action="store_true", help="keep the results, make docs/performance.md")
    flag("--from", dest="source", type=Path, metavar="FILE", help="measure nothing: make the page")
    flag("--docs", type=Path, default=DOCS, metavar="FOLDER", help="in place of docs/")
    flag(
        "--folder",
        type=Path,
        default=ROOT / "var" / "bench",
        help="where data is made and removed again; on the disk that is to be measured",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
