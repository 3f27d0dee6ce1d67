"""The plots of docs/performance.md: which there are, and the points for each out of all runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench.kept import Run
from bench.plots import Plot, svg

PLOTS: Final[Mapping[str, Plot]] = {
    "docking": Plot(
        title="Docking, by number of clips of 200 kB", x="clips on the recorder", y="seconds"
    ),
    "memory": Plot(
        title="Peak memory, by size of one clip", x="bytes of the clip", y="MB", log_y=False
    ),
    "audit": Plot(title="A full audit, cold, by bytes in the store", x="bytes", y="seconds"),
    "ledger-append": Plot(
        title="One event and one proof, by length of the ledger", x="entries", y="milliseconds"
    ),
    "ledger-verify": Plot(
        title="Verifying the whole ledger, by its length", x="entries", y="seconds"
    ),
    "search": Plot(
        title="A case found by its number, by clips in the catalogue", x="clips", y="milliseconds"
    ),
}


def gathered(runs: Mapping[str, Run]) -> dict[str, dict[str, dict[float, float]]]:
    """Points by plot and series. Where two runs have the same point, the later one counts."""
    plots: dict[str, dict[str, dict[float, float]]] = {}
    for run in sorted(runs.values(), key=lambda run: (run.date, run.name)):
        for curve in run.curves:
            series = plots.setdefault(curve.plot, {}).setdefault(curve.series, {})
            series.update(dict(curve.points))
    return plots


def drawings(runs: Mapping[str, Run]) -> dict[str, str]:
    """Each plot of which there are points, as SVG."""
    found = gathered(runs)
    return {
        name: svg(plot, {series: [*found[name][series].items()] for series in sorted(found[name])})
        for name, plot in PLOTS.items()
        if name in found
    }
