"""Recorders that come to a station or to a dock command again and again, each time with new clips.

Holds: a recorder is docked by one hand at a time; what its receipts acknowledge is kept in its promises. Some dockings
are killed, some recorders pulled out in the middle; the next docking takes the rest.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import struct
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.fakes.plugs import Cable
from tests.fault.lab.promises import Promises
from tests.station.child import Child

MUNIMENT: Final = (sys.executable, "-m", "muniment")
_SLOW: Final = 200_000  # bytes a second, of one that will be pulled out
_HAND: Final = 2.2  # seconds that a person takes to plug it in again


@dataclass(slots=True, kw_only=True)
class Recorder:
    """One recorder: a folder that grows. Args: `originals` of all recorders by digest; `film` that plays."""

    serial: str
    folder: Path
    promises: Promises
    sources: dict[str, bytes]
    originals: dict[str, bytes]
    film: bytes
    draw: random.Random
    _rounds: int = 0

    def record(self) -> None:
        """A patrol: a note, something large, and on every third a film. No two files have the same bytes."""
        self._rounds += 1
        stamp = f"{self.serial} {self._rounds} ".encode()
        size = self.draw.randrange(20_000, 400_000)
        self._keep("note.txt", stamp)
        self._keep("data.bin", (stamp * (size // len(stamp) + 1))[:size])
        if self._rounds % 3 == 1:
            # A box that players skip (ISO/IEC 14496-12, 8.1.2): it plays as before, and is another file.
            self._keep("film.mp4", self.film + struct.pack(">I4s", 8 + len(stamp), b"free") + stamp)

    def _keep(self, name: str, data: bytes) -> None:
        path = f"{self._rounds:03}-{name}"
        self.sources[path] = data
        self.originals[hashlib.sha256(data).hexdigest()] = data
        (self.folder / path).write_bytes(data)


@dataclass(slots=True, kw_only=True)
class Shift:
    """The archive, its station, and how dockings ended."""

    root: Path
    station: Child
    cable: Cable
    pause: float  # seconds between two dockings of one recorder, on average
    faults: float  # how many of all dockings are killed or pulled out
    ended: Counter[str] = field(default_factory=Counter)

    def come_and_go(self, recorder: Recorder, port: str | None, ending: threading.Event) -> None:
        """Until the end: record, dock. Args: `port`: of the station; None: a dock command's."""
        while True:
            recorder.record()
            fails = recorder.draw.random() < self.faults
            if port is None:
                self._by_command(recorder, killed=fails)
            else:
                self._by_station(recorder, port, pulled=fails)
            if ending.wait(recorder.draw.expovariate(1 / self.pause)):
                return

    def _by_command(self, recorder: Recorder, *, killed: bool) -> None:
        words = ["dock", str(recorder.folder), "--recorder", recorder.serial]
        words += ["--no-derive"] if recorder.draw.random() < 0.5 else []
        if killed:
            process = self._command(*words)
            try:
                process.wait(recorder.draw.uniform(0.3, 2.5))
            except subprocess.TimeoutExpired:
                process.kill()
                self.ended["killed; the next docking took the rest"] += 1
            process.communicate()
        document = self.say(*words)
        recorder.promises.acknowledged(document)
        self.ended["a dock command gave its receipt"] += 1

    def _by_station(self, recorder: Recorder, port: str, *, pulled: bool) -> None:
        whole = rf"event=receipt port={port} recorder={recorder.serial} .*end=whole"
        before = len(re.findall(whole, self.station.log.read_text()))
        if pulled:
            self.cable.plug(port, recorder.folder, serial=recorder.serial, speed=_SLOW)
            threading.Event().wait(recorder.draw.uniform(0.3, 2.5))
            self.cable.pull(port)
            threading.Event().wait(_HAND)
            self.ended["pulled out; the next docking took the rest"] += 1
        self.cable.plug(port, recorder.folder, serial=recorder.serial)
        self.station.said(whole, before + 1, 300)
        self.cable.pull(port)
        self.ended["the station gave its receipt"] += 1

    def again_and_again(
        self, words: tuple[str, ...], ending: threading.Event, *, pause: float
    ) -> None:
        """A command beside all this; it has to end well each time."""
        while not ending.wait(pause):
            document = self.say(*words)
            assert document.get("ok", True), document
            self.ended[f"`{' '.join(words)}` beside it ended well"] += 1

    def say(self, *words: str) -> dict[str, Any]:
        """A command's document; it has to end with 0."""
        process = self._command(*words)
        said, complained = process.communicate(timeout=300)
        assert process.returncode == 0, (
            words,
            process.returncode,
            said[-3000:],
            complained[-3000:],
        )
        document = json.loads(said)
        assert isinstance(document, dict)
        return document

    def _command(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*MUNIMENT, "--root", str(self.root), "--json", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
