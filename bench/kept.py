"""The document of what was measured: of each bench its latest run, with date, commit, load, rounds and machine.

What is written holds four digits of each figure, a line for each result; the same runs give the same text. It decides
nothing and measures nothing: `bench/published.py` makes the page of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.harness import Curve, Result

FORMAT: Final = 1
_DIGITS: Final = 4


class DocumentError(Exception):
    """This is no document of results; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one bench found, and where and when."""

    name: str
    date: str  # UTC, YYYY-MM-DDTHH:MM:SSZ, when it began
    commit: str  # "+" at its end: with changes that are not committed
    load: float | None  # of the machine in the minute before it began; None: not noted
    rounds: int
    quick: bool
    machine: Mapping[str, Any]
    results: Sequence[Result]
    curves: Sequence[Curve] = ()
    not_run: Sequence[str] = ()


def merge(old: Mapping[str, Run], new: Mapping[str, Run]) -> dict[str, Run]:
    """Each bench's newer run; one that found nothing replaces none that did."""
    found = {name: run for name, run in new.items() if run.results or name not in old}
    return {**old, **found}


def text(runs: Mapping[str, Run]) -> str:
    """The document."""
    machines: list[Mapping[str, Any]] = []
    parts = []
    for name in sorted(runs):
        run = runs[name]
        if run.machine not in machines:
            machines.append(run.machine)
        parts.append(f" {_json(name)}: {_run(run, machines.index(run.machine))}")
    listed = ",\n".join(f" {_json(machine)}" for machine in machines)
    return (
        f'{{"format": {FORMAT},\n"machines": [\n{listed}\n],\n"runs": {{\n'
        + ",\n".join(parts)
        + "\n}}\n"
    )


def read(path: Path) -> dict[str, Run]:
    """The runs of a document; none where there is no file.

    Raises:
        DocumentError: it is something else.
    """
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["format"] != FORMAT:
            raise DocumentError(f"{path.name} has format {document['format']}, not {FORMAT}")
        machines = document["machines"]
        return {name: _read(name, run, machines) for name, run in document["runs"].items()}
    except (ValueError, KeyError, TypeError, IndexError) as e:
        raise DocumentError(f"{path.name} is no document of results: {e!r}") from e


def _run(run: Run, machine: int) -> str:
    facts = {
        "date": run.date,
        "commit": run.commit,
        "load": run.load,
        "rounds": run.rounds,
        "quick": run.quick,
        "machine": machine,
        "not_run": list(run.not_run),
    }
    lines = [f"  {_json(name)}: {_json(value)}" for name, value in facts.items()]
    lines.append(_list("results", (_short(asdict(result)) for result in run.results)))
    lines.append(_list("curves", (_short(asdict(curve)) for curve in run.curves)))
    return "{\n" + ",\n".join(lines) + "}"


def _list(name: str, values: Iterator[Any]) -> str:
    return f"  {_json(name)}: [" + ",".join(f"\n   {_json(value)}" for value in values) + "]"


def _short(value: Any) -> Any:
    """Without what is not there, and with four digits."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_short(each) for each in value]
    if isinstance(value, float):
        rounded = float(f"{value:.{_DIGITS}g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value


def _read(name: str, run: Mapping[str, Any], machines: Sequence[Mapping[str, Any]]) -> Run:
    return Run(
        name=name,
        date=run["date"],
        commit=run["commit"],
        load=run["load"],
        rounds=run["rounds"],
        quick=run["quick"],
        machine=machines[run["machine"]],
        results=[Result(**result) for result in run["results"]],
        curves=[
            Curve(
                plot=curve["plot"],
                series=curve["series"],
                points=tuple((x, y) for x, y in curve["points"]),
            )
            for curve in run["curves"]
        ],
        not_run=list(run["not_run"]),
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
