"""docs/performance.md and its drawings, made of the kept results and of the prose in bench/report/. Nobody types them.

Holds: the same document and prose give the same page; every figure on it is out of the document, with the date, the
commit, the load and the machine of its run; what was not run is on it with its reason.

A line of the prose that is a mark is replaced: `{{table NAME…}}` by the results of these benches, `{{plot NAME…}}` by
drawings, `{{machines}}`, `{{not-run}}`; `{{figure RUN BENCH FIELD [AGAINST]}}` stands within a sentence. Names with
blanks stand in quotes.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import kept
from bench.drawn import PLOTS, drawings
from bench.harness import Result
from bench.kept import Run
from bench.table import number, spread

PROSE: Final = Path(__file__).with_name("report") / "performance.md"
_MARK: Final = re.compile(r"\{\{([^{}]+)\}\}")
_HEAD: Final = "| figure | value | unit | ratio | median (min–max) | against | target | |"
_RULE: Final = "|---|---:|---|---:|---:|---|---|---|"
_MISSING: Final = "(not measured)"


class ProseError(Exception):
    """A mark in the prose that nobody knows."""


def publish(docs: Path, new: Mapping[str, Run]) -> Path:
    """Keep these runs beside those that are kept, and make the page of all. Returns the page.

    Raises:
        kept.DocumentError: what is kept is no document of results. Nothing was written.
    """
    place = docs / "performance"
    results = place / "results.json"
    runs = kept.merge(kept.read(results), new)
    place.mkdir(parents=True, exist_ok=True)
    results.write_text(kept.text(runs), "utf-8")
    runs = kept.read(results)  # with the digits that are kept
    drawn = drawings(runs)
    for old in place.glob("*.svg"):
        if old.stem not in drawn:
            old.unlink()
    for name, drawing in drawn.items():
        (place / f"{name}.svg").write_text(drawing, "utf-8")
    page_there = docs / "performance.md"
    page_there.write_text(page(runs), "utf-8")
    return page_there


def page(runs: Mapping[str, Run], prose: str | None = None) -> str:
    """The whole page.

    Raises:
        ProseError: a mark is none.
    """
    text = PROSE.read_text("utf-8") if prose is None else prose
    machines = _machines(runs)

    def replaced(match: re.Match[str]) -> str:
        kind, *names = shlex.split(match[1])
        if kind == "table":
            return _table(runs, names, machines)
        if kind == "plot":
            return "\n\n".join(_plot(runs, name, machines) for name in names)
        if kind == "machines":
            return "\n".join(_machine(n, each) for n, each in enumerate(machines))
        if kind == "not-run":
            return _not_run(runs)
        if kind == "figure" and len(names) >= 3:
            return _figure(runs, *names[:3], against="".join(names[3:4]))
        raise ProseError(match[0])

    return _MARK.sub(replaced, text)


def tabled(prose: str | None = None) -> list[str]:
    """The benches that have a place in a table of the prose."""
    text = PROSE.read_text("utf-8") if prose is None else prose
    marks = (shlex.split(mark) for mark in _MARK.findall(text))
    return [name for kind, *names in marks if kind == "table" for name in names]


def _of(runs: Mapping[str, Run], names: Sequence[str]) -> Iterator[Run]:
    """The runs of these benches: also those that were asked for another size, `NAME@SIZE`."""
    for name in names:
        for key in sorted(runs):
            if key.partition("@")[0] == name:
                yield runs[key]


def _table(runs: Mapping[str, Run], names: Sequence[str], machines: Sequence[Any]) -> str:
    found = [run for run in _of(runs, names) if run.results]
    if not found:
        return _MISSING
    rows = [_row(result) for run in found for result in run.results]
    measured = "; ".join(_when(run, machines) for run in found)
    return "\n".join([_HEAD, _RULE, *rows, "", f"Measured: {measured}."])


def _row(result: Result) -> str:
    cells = (
        result.bench,
        number(result.value),
        result.unit,
        "" if result.ratio is None else f"{result.ratio:.2f}",
        spread(result),
        result.against or "",
        result.target or "",
        {True: "met", False: "**missed**", None: ""}[result.met],
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _when(run: Run, machines: Sequence[Any]) -> str:
    moment = f"{run.date[:10]} {run.date[11:16]}"
    rounds = "1 round" if run.rounds == 1 else f"{run.rounds} rounds"
    tiny = ", **tiny data: no measurement**" if run.quick else ""
    place = machines.index(run.machine) + 1
    load = "load not noted" if run.load is None else f"load {run.load:g}"
    return f"`{run.name}` {moment}, commit {run.commit}, {load}, {rounds}, machine {place}{tiny}"


def _plot(runs: Mapping[str, Run], name: str, machines: Sequence[Any]) -> str:
    if name not in PLOTS:
        raise ProseError(f"plot {name}")
    found = [run for run in runs.values() if any(curve.plot == name for curve in run.curves)]
    if not found:
        return f"{PLOTS[name].title}: {_MISSING}"
    measured = "; ".join(_when(run, machines) for run in sorted(found, key=lambda r: r.name))
    return f"![{PLOTS[name].title}](performance/{name}.svg)\n\nMeasured: {measured}."


def _machines(runs: Mapping[str, Run]) -> list[Mapping[str, Any]]:
    machines: list[Mapping[str, Any]] = []
    for key in sorted(runs):
        if runs[key].machine not in machines:
            machines.append(runs[key].machine)
    return machines


def _machine(place: int, machine: Mapping[str, Any]) -> str:
    facts = [
        str(machine["processor"]),
        f"{machine['cores']} cores",
        f"{machine['memory'] / 1e9:.0f} GB",
        str(machine["system"]),
        f"Python {machine['python']}",
        str(machine["file_system"]),
        *(f"{name} {version}" for name, version in machine["versions"].items()),
    ]
    return f"{place + 1}. {', '.join(facts)}."


def _not_run(runs: Mapping[str, Run]) -> str:
    lines = [f"- `{key}`: {reason}" for key in sorted(runs) for reason in runs[key].not_run]
    return "\n".join(lines) or "Nothing."


def _figure(runs: Mapping[str, Run], run: str, bench: str, field: str, *, against: str) -> str:
    for result in runs[run].results if run in runs else ():
        if result.bench == bench and against in {"", result.against}:
            value = getattr(result, field)
            if isinstance(value, float | int):
                return number(value)
    return _MISSING
