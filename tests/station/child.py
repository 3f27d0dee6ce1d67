"""A whole station in a process of its own, with recorders at the end of a fake cable.

Run as `python -m tests.station.child ROOT CABLE`; it ends as `muniment station` does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muniment.messages import language_of
from muniment.ports.usb import Usb
from muniment.progress import on_a_terminal
from muniment.station import run
from tests.fakes.plugs import Cable
from tests.station.bench import until


class Child:
    """A station that runs."""

    def __init__(self, root: Path, cable: Cable, log: Path) -> None:
        self.root, self.log = root, log
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.station.child", str(root), str(cable.folder)],
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=Path(__file__).resolve().parents[2],
            )

    def said(self, pattern: str, count: int = 1, seconds: float = 60) -> list[str]:
        """What its log holds, once it holds so many."""

        def look() -> list[str] | None:
            assert self.process.poll() is None or found(), self.log.read_text()
            return found()

        def found() -> list[str] | None:
            there = re.findall(pattern, self.log.read_text())
            return there if len(there) >= count else None

        return until(look, seconds, self.log.read_text)

    def ask(self, path: str) -> str:
        """What its page's process answers."""
        page = self.said(r"page=(\S+)")[-1]
        with urllib.request.urlopen(page + path, timeout=10) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())


@contextmanager
def child(root: Path, cable: Cable, log: Path) -> Iterator[Child]:
    """A station for a block; it is killed at the end of it."""
    running = Child(root, cable, log)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def main() -> None:
    """Run."""
    cable = Cable(Path(sys.argv[2]))
    usb = Usb(watch=lambda: cable, open=cable.open, strangers=cable.strangers)
    screen = language_of(os.environ) if on_a_terminal() else None
    sys.exit(run(Path(sys.argv[1]), port=0, usb=usb, screen=screen))


if __name__ == "__main__":
    main()
