"""The virtual machine of the USB suite with a disk of its own, frozen and killed while it docks.

A frozen QEMU (SIGSTOP) has done for its disk what a killed one has, no more: a copy of the image then is the disk of
a machine that lost its power at that moment, and the machine goes on to the next. The last time it is killed.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.usb.lab.kernel import alone, cache, prepare
from tests.usb.lab.machine import GuestLostError, Machine

ROOT: Final = Path(__file__).resolve().parents[3]
_SIZE: Final = "96M"
_SECONDS: Final = 400.0
_WARM: Final = 1  # dockings before the first moment: in emulation the first imports everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A disk as it was when the power went, and what the console had said until then."""

    image: Path
    begun: int  # dockings
    told: list[dict[str, Any]]  # receipts
    killed: bool  # else frozen


@dataclass(slots=True)
class Cutter(io.RawIOBase):
    """Hears the guest's console, and freezes or kills the machine: after a receipt, or within a docking."""

    image: Path
    moments: int
    draw: random.Random
    found: list[Frozen] = field(default_factory=list)
    said: bytes = b""
    _process: int = 0
    _rest: bytes = b""
    _told: list[dict[str, Any]] = field(default_factory=list)
    _begun: int = 0
    _since: float = 0.0
    _lasted: float = 3.0

    def started(self, process: int) -> None:
        """QEMU runs."""
        self._process = process

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """The console said something."""
        self.said += bytes(data)
        *lines, self._rest = (self._rest + bytes(data)).split(b"\n")
        for line in lines:
            if line.startswith(b"{"):
                self._hear(json.loads(line))
        return len(data)

    def _hear(self, said: dict[str, Any]) -> None:
        if "begun" in said:
            self._begun, self._since = said["begun"] + 1, time.monotonic()
            if self._begun > _WARM and self.draw.random() < 0.5:
                time.sleep(self.draw.random() * self._lasted)
                self._cut()
            return
        # The shortest yet: while we wait within a docking, the guest is not many dockings further.
        self._lasted = min(self._lasted, time.monotonic() - self._since)
        self._told.append(said)
        if len(self._told) >= _WARM and self.draw.random() < 0.5:
            self._cut()

    def _cut(self) -> None:
        last = len(self.found) + 1
        if last > self.moments:
            return
        killed = last == self.moments
        os.kill(self._process, signal.SIGKILL if killed else signal.SIGSTOP)
        to = self.image.with_name(f"disk-{last}.img")
        if not killed:
            shutil.copyfile(self.image, to)
        self.found.append(
            Frozen(
                image=self.image if killed else to,
                begun=self._begun,
                told=list(self._told),
                killed=killed,
            )
        )
        if not killed:
            os.kill(self._process, signal.SIGCONT)


def cut_while_docking(work: Path, base: Path, *, moments: int, seed: int) -> list[Frozen]:
    """Boot, dock until the machine is killed at the last of so many moments.

    Raises:
        CannotRunError: the machine cannot boot here.
        GuestLostError: it ended, or was too slow, before it was killed.
    """
    image = work / "disk.img"
    subprocess.run(
        ["mkfs.ext4", "-q", "-d", str(base), str(image), _SIZE],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    cutter = Cutter(image, moments, random.Random(seed))  # noqa: S311 - to be the same again
    machine = Machine(
        kernel=prepare(),
        disks=[image],
        folder=ROOT,
        environment={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    command = [sys.executable, "-m", "tests.fault.power.guest", str(seed)]
    with alone(cache() / "machine.lock"):
        try:
            machine.run(command, output=cutter, timeout=_SECONDS, started=cutter.started)  # type: ignore[arg-type]
        except GuestLostError as e:
            if len(cutter.found) < moments:
                raise GuestLostError(f"{e}\n{cutter.said[-2000:].decode(errors='replace')}") from e
    return cutter.found


@contextmanager
def power_is_back(frozen: Frozen, folder: Path) -> Iterator[Path]:
    """The disk, mounted on this machine: ext4 replays its journal."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "ext4", "-o", "loop", str(frozen.image), str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
