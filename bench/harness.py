"""What every bench is made of: samples taken in turns, the best of each, ratios, what was not run.

Holds: contenders alternate (A B A B …), so that a slow minute of the machine hits all of them; the best of each is
compared, never a mean, and beside it stands the median of the rounds with the least and the most. No bench fails
because it was slow: speed is reported, not tested.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = sys.executable
_MEASURED: Final = Path(__file__).with_name("measured.py")


class NotRunError(Exception):
    """A bench, or one contender, cannot run here; the message says what is missing."""


class BenchError(Exception):
    """A contender did not do its work, so its time says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run."""

    folder: Path  # holds everything that is made; removed afterwards
    quick: bool = False  # tiny data, one round: shows that it runs, measures nothing
    peers: bool = False  # other people's programs, where they are installed
    rounds: int = 4
    clips: int = 1_000_000  # in the large catalogue
    shift: float = 60  # GB of the mixed shift, at most; less where less fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one contender."""

    seconds: float
    cpu: float = 0.0  # seconds, children included
    memory: int = 0  # peak resident bytes of the largest process
    output: Any = None  # what it said, where it speaks JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table."""

    bench: str
    value: float
    unit: str
    ratio: float | None = None  # value / that of `against`
    against: str | None = None
    target: str | None = None  # what the ratio, or else the value, should be
    met: bool | None = None
    # Of what is judged, the ratio or else the value, round by round.
    median: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How one thing grows with another; `bench/drawn.py` knows the plots by name."""

    plot: str
    series: str
    points: tuple[tuple[float, float], ...]


@dataclass(slots=True)
class Report:
    """What a bench found."""

    results: list[Result] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def add(
        self,
        bench: str,
        value: float,
        unit: str,
        *,
        against: tuple[str, float] | None = None,
        most: float | None = None,
        least: float | None = None,
        rounds: Sequence[float] = (),
    ) -> None:
        """Note a value; `most` and `least` bound the ratio where there is one, else the value.

        `rounds` are what is judged, round by round.
        """
        name, other = against or (None, 0.0)
        ratio = value / other if other else None
        judged = value if ratio is None else ratio
        sign, bound = ("≤", most) if most is not None else ("≥", least)
        what = "" if ratio is None else " x"
        met = None
        if bound is not None:
            met = judged <= bound if most is not None else judged >= bound
        self.results.append(
            Result(
                bench=bench,
                value=value,
                unit=unit,
                ratio=ratio,
                against=name,
                target=None if bound is None else f"{sign} {bound:.4g}{what}",
                met=met,
                median=median(rounds) if rounds else None,
                low=min(rounds, default=None),
                high=max(rounds, default=None),
            )
        )

    def compare(
        self,
        bench: str,
        ours: Sequence[float],
        unit: str,
        *,
        against: tuple[str, Sequence[float]] | None = None,
        best: Callable[[Sequence[float]], float] = min,
        most: float | None = None,
        least: float | None = None,
    ) -> None:
        """Note the best of our rounds against the best of theirs; both have the same number of rounds."""
        if against is None:
            self.add(bench, best(ours), unit, most=most, least=least, rounds=ours)
            return
        name, theirs = against
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        other = (name, best(theirs))
        self.add(bench, best(ours), unit, against=other, most=most, least=least, rounds=ratios)

    def grow(self, plot: str, series: str, points: Sequence[tuple[float, float]]) -> None:
        """Note how something grows."""
        self.curves.append(Curve(plot=plot, series=series, points=tuple(points)))


def alternate(
    contenders: Mapping[str, Callable[[], Sample]], rounds: int
) -> dict[str, list[Sample]]:
    """Run every contender once in each round, in order."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            samples[name].append(run())
    return samples


def best(samples: Sequence[Sample]) -> Sample:
    """The fastest."""
    return min(samples, key=lambda sample: sample.seconds)


def seconds(samples: Sequence[Sample], *, off: float = 0.0) -> list[float]:
    """Of each round, less a start that is no part of it."""
    return [sample.seconds - off for sample in samples]


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    speaks_json: bool = False,
    statuses: Sequence[int] = (0,),
) -> Sample:
    """Run one program to its end.

    Raises:
        BenchError: it ended with another status.
    """
    report = folder / "measured.json"
    done = subprocess.run(
        [PYTHON, "-I", "-S", str(_MEASURED), str(report), *map(str, command)],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode not in statuses:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        name = " ".join(map(str, command[:3]))
        raise BenchError(f"{name} … ended with {done.returncode}: {' / '.join(said[-2:])}")
    took = json.loads(report.read_text())
    return Sample(**took, output=json.loads(done.stdout) if speaks_json else None)


def timed(action: Callable[[], object]) -> Sample:
    """One call in this process."""
    cpu, start = time.process_time(), time.perf_counter()
    output = action()
    return Sample(seconds=time.perf_counter() - start, cpu=time.process_time() - cpu, output=output)


def bare_start(folder: Path, rounds: int = 5) -> float:
    """Seconds that an interpreter needs to start and end: no program's fault."""
    return best([run([PYTHON, "-c", "pass"], folder) for _ in range(rounds)]).seconds


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ratios(
    ours: Sequence[float], theirs: Sequence[float], percent: float, parts: int = 4
) -> list[float]:
    """The ratio of two percentiles in each quarter of the questions, which were asked in turns."""
    size = max(1, len(ours) // parts)
    return [
        percentile(ours[at : at + size], percent) / percentile(theirs[at : at + size], percent)
        for at in range(0, size * min(parts, len(ours)), size)
    ]
