"""GoPro telemetry (`gpmd` samples): where the camera was, what it is, and its receiver's time.

Reads the streams that hold positions; the rest of a payload is stepped over. A payload that is no GPMF is counted
and left out. Opens no file: whoever demuxes hands over the payloads with their times.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.gpsrows import READERS, Block, boot_time, read_block
from ingest.media.telemetry.klv import Item, items, nests
from ingest.media.telemetry.points import Point, Sieve

# The best first. GPS9 has a time and a fix in each sample; GPRI is what a drone's receiver measured, GLPI what the
# drone made of it.
KINDS: Final = ("GPS9", "GPS5", "GPRI", "GLPI")
_UNLIKE: Final = 2000  # ms that a device's own clock may stray from its payloads' places before it is not believed


@dataclass(slots=True, kw_only=True)
class GpmdLook:
    """Looks at payloads one by one, in their order.

    Attributes:
        broken: payloads that were no GPMF.
        positions: bytes of the streams that hold positions, in the order of the file, of the payload looked at last.
    """

    broken: int = 0
    positions: list[memoryview] = field(default_factory=list)
    device: dict[str, str] = field(default_factory=dict)
    _sieves: dict[str, Sieve] = field(default_factory=dict)
    _boot: tuple[int, int] | None = None

    def take(self, at_ms: float, length_ms: float, payload: bytes) -> None:
        """Look at one payload: its place in the clip and how long it lasts."""
        self.positions = []
        try:
            for device in nests(memoryview(payload), b"DEVC"):
                self._device(device, at_ms, length_ms)
        except TelemetryError:
            self.broken += 1

    @property
    def kind(self) -> str | None:
        """The stream whose positions count: the first of `KINDS` that has any."""
        return next((kind for kind in KINDS if kind in self._sieves and self._found(kind)), None)

    @property
    def sieve(self) -> Sieve:
        """What the positions that count went through; where there are none, what all of them went through."""
        if self.kind is not None:
            return self._sieves[self.kind]
        dropped = sum((sieve.dropped for sieve in self._sieves.values()), Counter[str]())
        return Sieve(seen=dropped.total(), dropped=dropped)

    def points(self) -> list[Point]:
        """Return the positions that count."""
        kind = self.kind
        return [] if kind is None else by_own_clock(self._sieves[kind].points())

    def _found(self, kind: str) -> bool:
        return self._sieves[kind].seen > self._sieves[kind].dropped.total()

    def _device(self, data: memoryview, at_ms: float, length_ms: float) -> None:
        streams = list[tuple[Item, dict[bytes, Item]]]()
        for item in items(data):
            if item.key == b"DVNM":
                self._name(item.text())
            elif item.key == b"STRM" and item.nested:
                streams.append((item, {part.key: part for part in items(item.body)}))
        for _, parts in streams:
            self._boot = boot_time(parts) or self._boot
        for stream, parts in streams:
            kind = next((kind for kind in KINDS if kind.encode() in parts), None)
            if kind is not None:
                self.positions.append(stream.whole)
                block = read_block(parts, kind.encode(), at_ms=at_ms, boot=self._boot)
                self._take_block(kind, block, length_ms)

    def _name(self, name: str) -> None:
        # HERO5 says "Camera"; later ones, and what is attached, say what they are
        if name and self.device.get("model", "Camera") == "Camera":
            self.device["model"] = name

    def _take_block(self, kind: str, block: Block, length_ms: float) -> None:
        sieve = self._sieves.setdefault(kind, Sieve())
        for index, row in enumerate(block.rows):
            # GPMF has no times: samples are evenly spread over their payload ("GPMF Timing and Clocks")
            into = length_ms * index / len(block.rows)
            point = READERS[kind](row, block, into)
            if point is None:
                sieve.leave_out("no_fix")
            else:
                sieve.take(point)


def by_own_clock(points: list[Point]) -> list[Point]:
    """Place points by the clock that their samples carry, set to the payloads by the median difference.

    As they are where one carries none, or where that clock is not the payloads'.
    """
    strays = [p.ms - p.own_ms for p in points if p.ms is not None and p.own_ms is not None]
    if not strays or len(strays) < len(points):
        return points
    offset = round(median(strays))
    if max(abs(stray - offset) for stray in strays) > _UNLIKE:
        return points
    placed = [replace(p, ms=p.own_ms + offset) for p in points if p.own_ms is not None]
    return sorted(placed, key=lambda point: point.ms or 0)
