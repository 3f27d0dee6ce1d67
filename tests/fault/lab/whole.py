"""The long part of the fault laboratory: every area, thousands of seeded runs, then the page about them.

python tests/fault/lab/whole.py [AREA,AREA]     FAULT_SEED=n makes the same runs again

The exit status is 1 when an area failed; the page is made all the same, and says so.
"""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROWS = ROOT / "build" / "faults"
PAGE = ROOT / "docs" / "reliability.md"
AREAS = {
    "disk": tuple(
        f"tests/fault/test_{name}.py" for name in ("docking", "ledger", "release", "salvage")
    ),
    "kill": ("tests/fault/kill", "tests/worm/test_killed_calls.py"),
    "errors": ("tests/fault/errors",),
    "power": ("tests/fault/power",),
    "space": ("tests/fault/space",),
    "clocks": ("tests/fault/clocks",),
    "rot": ("tests/fault/rot",),
    "many": ("tests/fault/many",),
    "prefect": ("tests/flows/test_away.py",),
}


def main(arguments: list[str]) -> int:
    """Run the areas that were asked for, all without any; 2 for an area that is none."""
    wanted = [name for argument in arguments for name in argument.replace(",", " ").split()]
    for name in wanted:
        if name not in AREAS:
            print(f"there is no area {name}; there are: {', '.join(AREAS)}", file=sys.stderr)
            return 2
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(10**9))
    ROWS.mkdir(parents=True, exist_ok=True)
    failed = [name for name in AREAS if name in (wanted or AREAS) and not _area(name, seed)]
    sys.path.insert(0, str(ROOT))
    from tests.fault.lab.report import page, read

    PAGE.write_text(page(read(ROWS)), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is made. Failed: {', '.join(failed) or 'nothing'}.")
    return 1 if failed else 0


def _area(name: str, seed: int) -> bool:
    """Run one area; its rows replace those of before."""
    log = ROWS / f"{name}.jsonl"
    about = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _said("git", "rev-parse", "--short", "HEAD") or "unknown",
        "seed": seed,
        "machine": f"{os.cpu_count()} processors, Linux {platform.release()}, Python {platform.python_version()}",
    }
    log.write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")
    settings = {"FAULT_LONG": "1", "FAULT_SEED": str(seed), "FAULT_LOG": str(log)}
    command = [sys.executable, "-m", "pytest", "-q", "-o", "timeout=3600", *AREAS[name]]
    print(f"[{name}] seed {seed} …", flush=True)
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode == 0


def _said(*command: str) -> str:
    """What a program prints; nothing where it cannot be run."""
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
