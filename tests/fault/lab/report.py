"""Makes docs/reliability.md of the rows that the laboratory kept. Nobody writes into that page.

Reads every build/faults/*.jsonl; each begins with a line about the machine and the commit, and goes on with rows
(runs.py). A row that failed is shown as failed: the page never says more than was seen.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TITLES = {
    "disk": "Calls of our own disk layer",
    "kill": "Killed",
    "errors": "Errors of the file system",
    "power": "Power cuts",
    "resume": "Transfers that go on after a power cut",
    "space": "Space and rights",
    "clocks": "Clocks",
    "rot": "Bit rot",
    "many": "Many at once",
    "prefect": "Orchestration away",
}
HEAD = """# What happens when things go wrong

This page is made by `make test-faults` from what its runs saw; nothing in it was typed. Each line is one fault,
injected in one way, with every run of it. After each run the same promises are checked
(`tests/fault/lab/promises.py`): the audit is clean before any other command, every acknowledged clip is there byte for
byte, every checkpoint that was ever shown is a prefix of the ledger now, the next docking takes the rest so that each
source file is exactly one clip, and nothing is left over. A run that breaks one is a failure of the line, and the page
says so.

```
make test-faults                    # all of it, and this page
make test-faults ONLY=kill,power    # some areas; the others' lines stay as they were
FAULT_SEED=7 make test-faults       # the same runs again
```

`make test` runs a short part with fixed seeds.
"""


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of a table: rows of one fault and one way."""

    fault: str
    how: str
    seen: Counter[str] = field(default_factory=Counter)
    failed: bool = False


@dataclass(slots=True, kw_only=True)
class Area:
    """The lines of one area, and where and when they were made."""

    about: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    seconds: float = 0

    def add(self, row: dict[str, Any]) -> None:
        """Take one row in, beside others of the same fault and way."""
        for line in self.lines:
            if (line.fault, line.how) == (row["fault"], row["how"]):
                break
        else:
            line = Line(fault=row["fault"], how=row["how"])
            self.lines.append(line)
        line.seen.update(row["seen"])
        line.failed |= row["failed"]
        self.seconds += row["seconds"]


def read(folder: Path) -> dict[str, Area]:
    """The areas by name, in the order of the page."""
    areas: dict[str, Area] = {}
    for path in sorted(folder.glob("*.jsonl")):
        first, *rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for row in rows:
            areas.setdefault(row["area"], Area(about=first)).add(row)
    return {name: areas[name] for name in sorted(areas, key=_place)}


def page(areas: dict[str, Area]) -> str:
    """The whole page."""
    runs = sum(sum(line.seen.values()) for area in areas.values() for line in area.lines)
    failed = sum(line.failed for area in areas.values() for line in area.lines)
    lines = sum(len(area.lines) for area in areas.values())
    parts = [HEAD, f"{lines} lines, {runs:,} runs, {failed or 'none'} failed.\n"]
    for name, area in areas.items():
        parts += [f"## {TITLES.get(name, name)}\n", _about(area), _table(area)]
    return "\n".join(parts)


def _about(area: Area) -> str:
    a = area.about
    return f"{a['date']}, commit {a['commit']}, seed {a['seed']}, {area.seconds / 60:.1f} minutes; {a['machine']}.\n"


def _table(area: Area) -> str:
    rows = ["| fault | how | runs | seen |", "|---|---|---:|---|"]
    for line in area.lines:
        seen = "; ".join(f"{n:,} × {_cell(what)}" for what, n in line.seen.most_common())
        seen = f"**failed**: {seen}" if line.failed else seen
        count = sum(line.seen.values())
        rows.append(f"| {_cell(line.fault)} | {_cell(line.how)} | {count:,} | {seen} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _place(name: str) -> int:
    order = list(TITLES)
    return order.index(name) if name in order else len(order)
