"""A USB stack made of files: what lies in a folder is what is plugged in, for this process or for another one.

Each plug is a small JSON file named after its port. A recorder is a folder, read through FolderRecorder, at the speed
and with the faults that its plug says; when the plug's file goes, it is gone for who reads it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from devices.clip_reader import ClipReader
from devices.clips import FoundClip, Listing
from devices.errors import (
    ClipUnreadableError,
    NoAccessError,
    ProtocolError,
    RecorderSilentError,
    SourceGoneError,
)
from devices.folder import FolderRecorder
from devices.hotplug import Plugged
from devices.paths import display
from devices.recorder import ClockReading, Reader, RecorderFacts
from devices.root import Root

_PIECE = 64 << 10


class Cable:
    """The plugs of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._addresses = 0

    def plug(self, port: str, recorder: Path, **words: Any) -> None:
        """Plug a recorder in. Words: serial, speed (bytes/s), fault, clock_ms, kind (also "stranger"), battery."""
        self._addresses += 1
        document = {"folder": str(recorder), "address": self._addresses, **words}
        document.setdefault("serial", recorder.name)
        beside = self.folder / f".{port}"
        beside.write_text(json.dumps(document))
        beside.replace(self.folder / port)

    def pull(self, port: str) -> None:
        """Unplug what is there."""
        (self.folder / port).unlink()

    # As devices/hotplug.py's Watcher

    def present(self) -> list[Plugged]:
        """What is plugged in."""
        found = []
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith("."):
                continue
            try:
                words = json.loads(path.read_text())
            except FileNotFoundError:
                continue
            if words.get("kind") == "stranger":
                continue
            found.append(
                Plugged(
                    port=path.name,
                    kind=words.get("kind", "mass_storage"),
                    serial=words["serial"],
                    vendor=0x1D6B,
                    product=0x0104,
                    bus=1,
                    address=words["address"],
                    make="Example",
                    model="DSJ",
                )
            )
        return found

    def wait(self, timeout: float) -> list[Plugged]:
        """What is there after a change or the time."""
        before, until = self.present(), time.monotonic() + timeout
        while (now := self.present()) == before and time.monotonic() < until:
            time.sleep(0.02)
        return now

    def close(self) -> None:
        """Nothing is held."""

    def strangers(self) -> frozenset[tuple[str, int]]:
        """As devices/hotplug.py's."""
        found = set()
        for path in self.folder.glob("[!.]*"):
            words = json.loads(path.read_text())
            if words.get("kind") == "stranger":
                found.add((path.name, words["address"]))
        return frozenset(found)

    def open(self, plugged: Plugged, _zone: ZoneInfo) -> CableRecorder:
        """Open a recorder. Raises as `devices.opening.open_plugged`."""
        path = self.folder / plugged.port
        try:
            words = json.loads(path.read_text())
        except FileNotFoundError:
            raise SourceGoneError(source=plugged.port) from None
        if words.get("fault") == "no access":
            raise NoAccessError(source=plugged.port, reason="no udev rule")
        return CableRecorder(Path(words["folder"]), plugged, path, words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a recorder behaves."""

    before: Callable[[], None]
    sent: Callable[[int], None]
    speed: float | None


class CableReader(ClipReader):
    """A clip at the end of a cable."""

    __slots__ = ("_manners",)

    def __init__(self, root: Root, clip: FoundClip, manners: Manners) -> None:
        super().__init__(root, clip)
        self._manners = manners

    def read_into(self, buffer: memoryview) -> int:
        self._manners.before()
        length = super().read_into(buffer[:_PIECE])
        if self._manners.speed is not None:
            time.sleep(length / self._manners.speed)
        self._manners.sent(length)
        self._manners.before()
        return length


class CableRecorder(FolderRecorder):
    """A folder that can be pulled out, is slow, or has faults."""

    def __init__(self, folder: Path, plugged: Plugged, plug: Path, words: dict[str, Any]) -> None:
        super().__init__(folder)
        self._plug, self._words, self._mine = plug, words, words["address"]
        self._set = False
        self._sent = 0
        self.streams = int(words.get("streams", 2))
        self.facts = RecorderFacts(
            transport=plugged.kind,
            serial=plugged.serial,
            make=plugged.make,
            model=plugged.model,
            port=plugged.port,
            battery=words.get("battery"),
        )

    def is_there(self) -> bool:
        try:
            return bool(json.loads(self._plug.read_text())["address"] == self._mine)
        except FileNotFoundError:
            return False

    def read_clock(self) -> ClockReading | None:  # type: ignore[override]  # a folder has none
        if "clock_ms" not in self._words:
            return None
        host = datetime.now(UTC)
        offset = timedelta(milliseconds=0 if self._set else self._words["clock_ms"])
        return ClockReading(
            raw=(host - offset).strftime("%Y%m%dT%H%M%S"),
            device=host - offset,
            host=host,
            offset_us=round(offset.total_seconds() * 1e6),
            uncertainty_us=500_000,
        )

    def set_clock(self) -> bool:
        self._set = "clock_ms" in self._words
        return self._set

    def list(self) -> Listing:
        self._behave()
        if self._words.get("fault") == "bug":
            raise ZeroDivisionError("a worker's fault")
        if self._words.get("fault") == "mute":
            raise RecorderSilentError(source=self.name, doing="listing")
        return super().list()

    def open(self, clip: FoundClip) -> Reader:  # type: ignore[override]  # a reader of another class
        self._behave()
        if self._words.get("fault") == "bad block":
            raise ClipUnreadableError(path=display(clip.path)[0], reason="bad block")
        if self._words.get("fault") == "liar":
            raise ProtocolError(source=self.name, reason="a length that cannot be")
        return CableReader(
            self._root,
            clip,
            Manners(before=self._behave, sent=self._send, speed=self._words.get("speed")),
        )

    def erase(self, clip: FoundClip) -> None:
        if self._words.get("fault") == "pulled in release":
            (self._plug.parent / self._plug.name).unlink(missing_ok=True)
        self._behave()
        super().erase(clip)

    def _send(self, length: int) -> None:
        """One that `lasts` so many bytes resets itself then, and is there again under another address."""
        self._sent += length
        if self._sent > self._words.get("lasts", self._sent) and self.is_there():
            words = self._words | {"address": self._mine + 1000}
            beside = self._plug.with_name(f".{self._plug.name}")
            beside.write_text(json.dumps(words))
            beside.replace(self._plug)

    def _behave(self) -> None:
        if not self.is_there():
            raise SourceGoneError(source=self.name)
