"""GoPro telemetry (`gpmd` samples): where the camera was, what it is, and its receiver's time.

Reads GPS9 and GPS5 of cameras, GPRI and GLPI of the Karma drone; the rest of a payload is stepped over. A payload that
is no GPMF is counted and left out. Opens no file: whoever demuxes hands over the payloads with their times.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import hypot
from statistics import median
from typing import Final

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.klv import Item, items, nests, samples
from ingest.media.telemetry.points import Point, Sieve, scaled

# The best first. GPS9 has a time and a fix in each sample; GPRI is what a drone's receiver measured, GLPI what the
# drone made of it.
KINDS: Final = ("GPS9", "GPS5", "GPRI", "GLPI")
_NO_SOLUTION: Final = 9999  # GPSP: dilution of precision × 100
_UNLIKE: Final = 2000  # ms that a device's own clock may stray from its payloads' places before it is not believed
_2000: Final = datetime(2000, 1, 1, tzinfo=UTC)
_YEARS: Final = range(
    946_684_800_000, 4_102_444_800_000
)  # 2000 to 2100: a receiver without time says neither

Row = Sequence[int | float]
Scale = Sequence[int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """The samples of one stream in one payload, and what is said about all of them."""

    rows: list[tuple[int | float, ...]]
    scale: Scale
    utc_ms: int | None  # of the first of them (GPSU)
    fixed: bool
    boot: (
        tuple[int, int] | None
    )  # SYST: one moment by the device's own clock and by the world's, ms


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
            self._boot = _boot_time(parts) or self._boot
        for stream, parts in streams:
            kind = next((kind for kind in KINDS if kind.encode() in parts), None)
            if kind is not None:
                self.positions.append(stream.whole)
                block = _block(parts, kind.encode(), self._boot)
                self._take_block(kind, block, at_ms, length_ms)

    def _name(self, name: str) -> None:
        # HERO5 says "Camera"; later ones, and what is attached, say what they are
        if name and self.device.get("model", "Camera") == "Camera":
            self.device["model"] = name

    def _take_block(self, kind: str, block: _Block, at_ms: float, length_ms: float) -> None:
        sieve = self._sieves.setdefault(kind, Sieve())
        for index, row in enumerate(block.rows):
            # GPMF has no times: samples are evenly spread over their payload ("GPMF Timing and Clocks")
            into = length_ms * index / len(block.rows)
            point = _READERS[kind](row, block, into)
            if point is None:
                sieve.leave_out("no_fix")
            else:
                sieve.take(replace(point, ms=round(at_ms + into)))


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


def _block(parts: Mapping[bytes, Item], key: bytes, boot: tuple[int, int] | None) -> _Block:
    layout = parts[b"TYPE"].text() if b"TYPE" in parts else None
    rows = samples(parts[key], layout)
    width = len(rows[0]) if rows else 0
    if width < _FIELDS[key.decode()] and rows:
        raise TelemetryError(f"{key!r} of {width} numbers")
    scale = [number for row in _numbers(parts, b"SCAL") for number in row]
    if len(scale) == 1:
        scale *= width
    if scale and len(scale) < width:
        raise TelemetryError(f"{len(scale)} divisors for {width} numbers")
    fix = next((row[0] for row in _numbers(parts, b"GPSF") if row), 3)
    precision = next((row[0] for row in _numbers(parts, b"GPSP") if row), 0)
    return _Block(
        rows=rows,
        scale=scale or [1] * width,
        utc_ms=utc_of(parts[b"GPSU"].text()) if b"GPSU" in parts else None,
        fixed=fix >= 2 and precision < _NO_SOLUTION,
        boot=boot,
    )


def _numbers(parts: Mapping[bytes, Item], key: bytes) -> list[tuple[int | float, ...]]:
    return samples(parts[key]) if key in parts else []


def _boot_time(parts: Mapping[bytes, Item]) -> tuple[int, int] | None:
    if b"SYST" not in parts or b"TYPE" not in parts:
        return None
    rows = samples(parts[b"SYST"], parts[b"TYPE"].text())
    scale = [number for row in _numbers(parts, b"SCAL") for number in row]
    if not rows or len(rows[-1]) != 2 or len(scale) != 2:
        return None
    own, world = (scaled(rows[-1][i], scale[i], 1000) for i in (0, 1))
    return None if own is None or world is None or world not in _YEARS else (own, world)


def utc_of(text: str) -> int | None:
    """Return the milliseconds since 1970 of GPSU's yymmddhhmmss.sss, or None."""
    digits = text.replace(".", "")
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 18):
        return None
    try:
        moment = datetime.strptime("20" + digits[:12], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000 + int(digits[12:15].ljust(3, "0"))


def _gps5(row: Row, block: _Block, into_ms: float) -> Point | None:
    if not block.fixed:
        return None
    utc_ms = None if block.utc_ms is None else block.utc_ms + round(into_ms)
    return _point(row[0:3], block.scale[0:3], (row[3], block.scale[3]), utc_ms=utc_ms)


def _gps9(row: Row, block: _Block, into_ms: float) -> Point | None:  # noqa: ARG001 - each sample has its own time
    fix = scaled(row[8], block.scale[8], 1)
    if fix is None or fix < 2:
        return None
    days, since_midnight = scaled(row[5], block.scale[5], 1), scaled(row[6], block.scale[6], 1000)
    utc_ms = None
    if days is not None and since_midnight is not None and 0 < days < 36_525:
        utc_ms = int((_2000 + timedelta(days=days)).timestamp()) * 1000 + since_midnight
    return _point(row[0:3], block.scale[0:3], (row[3], block.scale[3]), utc_ms=utc_ms)


def _gpri(row: Row, block: _Block, into_ms: float) -> Point | None:  # noqa: ARG001 - as above
    if row[8] < 2:
        return None
    own_ms = scaled(row[0], block.scale[0], 1000)
    return _point(row[1:4], block.scale[1:4], (row[6], block.scale[6]), own_ms=own_ms, block=block)


def _glpi(row: Row, block: _Block, into_ms: float) -> Point | None:  # noqa: ARG001 - as above
    own_ms = scaled(row[0], block.scale[0], 1000)
    north, east = scaled(row[5], block.scale[5], 1000), scaled(row[6], block.scale[6], 1000)
    speed = None if north is None or east is None else (round(hypot(north, east)), 1000)
    return _point(row[1:4], block.scale[1:4], speed, own_ms=own_ms, block=block)


def _point(
    place: Row,
    scale: Scale,
    speed: tuple[int | float, int | float] | None,
    *,
    utc_ms: int | None = None,
    own_ms: int | None = None,
    block: _Block | None = None,
) -> Point | None:
    lat, lon = scaled(place[0], scale[0], 10**7), scaled(place[1], scale[1], 10**7)
    if lat is None or lon is None:
        return None
    if block is not None and block.boot is not None and own_ms is not None:
        utc_ms = own_ms - block.boot[0] + block.boot[1]
    return Point(
        lat_e7=lat,
        lon_e7=lon,
        alt_mm=scaled(place[2], scale[2], 1000),
        speed_mm_s=None if speed is None else scaled(speed[0], speed[1], 1000),
        utc_ms=utc_ms if utc_ms in _YEARS else None,
        own_ms=own_ms,
    )


_READERS: Final[dict[str, Callable[[Row, _Block, float], Point | None]]] = {
    "GPS9": _gps9,
    "GPS5": _gps5,
    "GPRI": _gpri,
    "GLPI": _glpi,
}
_FIELDS: Final = {"GPS9": 9, "GPS5": 5, "GPRI": 9, "GLPI": 7}  # that are read
