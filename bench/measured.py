"""Runs one program and says what it took: `python -I -S bench/measured.py FILE PROGRAM [ARGUMENT]…`.

A program of its own, and a small one: a child's peak memory, as the kernel counts it, is never below that of the
process that started it, and a bench that has just filled a catalogue is large. Writes one JSON document to FILE; the
program's exit status is its own.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(report: str, command: list[str]) -> int:
    """Run, wait, report."""
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    document = {
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
    }
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would double its size
        json.dump(document, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
