"""A clock of day that a test turns while commands run (turned_clock.c), as when somebody sets a machine's clock.

The monotonic clock goes on as it does. libfaketime would do, but it makes sleeps of Python's fail or last for ever.
"""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.fault.space.commands import SECONDS, Ended

_SOURCE = Path(__file__).with_name("turned_clock.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakedClock:
    """The time of day of the commands that are started with it."""

    file: Path
    library: Path

    def turn(self, reading: datetime | timedelta) -> None:
        """Let it show a moment (aware), or be wrong by so much; from now on, also in what runs."""
        wrong = (
            reading.timestamp() - time.time()
            if isinstance(reading, datetime)
            else reading.total_seconds()
        )
        with self.file.open("r+b") as file:
            file.write(struct.pack("=q", round(wrong * 1e9)))

    def environment(self, *, zone: str = "UTC") -> dict[str, str]:
        """What a process needs to have this clock, in a time zone of the machine's."""
        return {
            "LD_PRELOAD": str(self.library),
            "TURNED_CLOCK": str(self.file),
            "LANG": "C.UTF-8",
            "TZ": zone,
        }


def faked_clock(folder: Path) -> FakedClock:
    """One that is right at first; skips where it cannot be compiled."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed (Debian: gcc libc6-dev)")
    file, library = folder / "clock", folder / "turned_clock.so"
    file.write_bytes(bytes(8))
    options = ("-shared", "-fPIC", "-O1", "-Wall", "-Werror")
    subprocess.run([compiler, *options, str(_SOURCE), "-o", str(library)], check=True)
    return FakedClock(file=file, library=library)


def turned_in_the_middle(
    clock: FakedClock,
    reading: datetime | timedelta,
    root: Path,
    *arguments: str,
    entries: int,
    zone: str,
) -> Ended:
    """A command that is held once so many bytes of entries came, and goes on with the clock turned."""
    folder = root / "ledger/entries"
    begun = _bytes(folder)
    process = subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("muniment")), "--root", str(root), "--json"),
            *arguments,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | clock.environment(zone=zone),
    )
    while process.poll() is None and _bytes(folder) - begun < entries:
        time.sleep(0.001)
    if process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        clock.turn(reading)
        process.send_signal(signal.SIGCONT)
    try:
        out, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    return Ended(status=process.returncode, out=out, err=err)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
