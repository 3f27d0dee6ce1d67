"""What a figure was measured on and of: enough to know with what it may not be compared."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.harness import ROOT
from bench.versions import versions

_MEASURED: Final = ("api", "archive", "bench", "devices", "flows", "ingest", "muniment")


def describe(folder: Path) -> dict[str, Any]:
    """Processor, memory, system, file system below `folder`, versions. No names of machines or people."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "file_system": _file_system(folder),
        "versions": versions(),
    }


def load() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 2)


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit() -> str:
    """Of the source, with a "+" where it was changed since; "unknown" where there is none."""
    head = _git("rev-parse", "--short=9", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *_MEASURED)
    return f"{head}+" if head and changed else head or "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        parts = line.split(" ")
        if parts[2] == wanted:
            rest = parts[parts.index("-") + 1 :]
            return f"{rest[0]} ({parts[5]},{rest[2]})"
    return "unknown"
