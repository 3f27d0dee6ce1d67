"""Samples of GoPro's position streams as points: GPS9 and GPS5 of cameras, GPRI and GLPI of the Karma drone.

What a stream says about all of its samples in one payload (divisors, fix, time) is read first. Anything that does not
fit its stream's form is `TelemetryError`; a sample without a fix is None.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import hypot
from typing import Final

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.klv import Item, samples
from ingest.media.telemetry.points import Point, scaled

_NO_SOLUTION: Final = 9999  # GPSP: dilution of precision × 100
_2000: Final = datetime(2000, 1, 1, tzinfo=UTC)
# 2000 to 2100: a receiver without time says neither
_YEARS: Final = range(946_684_800_000, 4_102_444_800_000)

Row = Sequence[int | float]
Scale = Sequence[int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The samples of one stream in one payload, and what is said about all of them."""

    at_ms: float  # place of the first of them in the clip
    rows: list[tuple[int | float, ...]]
    scale: Scale
    utc_ms: int | None  # of the first of them (GPSU)
    fixed: bool
    boot: (
        tuple[int, int] | None
    )  # SYST: one moment by the device's own clock and by the world's, ms


def read_block(
    parts: Mapping[bytes, Item], key: bytes, *, at_ms: float, boot: tuple[int, int] | None
) -> Block:
    """Read the samples called `key` among the parts of a stream.

    Raises:
        TelemetryError: they have not the form that they should have.
    """
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
    return Block(
        at_ms=at_ms,
        rows=rows,
        scale=scale or [1] * width,
        utc_ms=utc_of(parts[b"GPSU"].text()) if b"GPSU" in parts else None,
        fixed=fix >= 2 and precision < _NO_SOLUTION,
        boot=boot,
    )


def _numbers(parts: Mapping[bytes, Item], key: bytes) -> list[tuple[int | float, ...]]:
    return samples(parts[key]) if key in parts else []


def boot_time(parts: Mapping[bytes, Item]) -> tuple[int, int] | None:
    """Return SYST's moment by the device's own clock and by the world's, ms; None where a stream has none.

    Raises:
        TelemetryError: as `read_block`.
    """
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


def _gps5(row: Row, block: Block, into_ms: float) -> Point | None:
    if not block.fixed:
        return None
    utc_ms = None if block.utc_ms is None else block.utc_ms + round(into_ms)
    return _point(
        row, block, into_ms, places=(0, 1, 2), speed=(row[3], block.scale[3]), utc_ms=utc_ms
    )


def _gps9(row: Row, block: Block, into_ms: float) -> Point | None:
    fix = scaled(row[8], block.scale[8], 1)
    if fix is None or fix < 2:
        return None
    days, since_midnight = scaled(row[5], block.scale[5], 1), scaled(row[6], block.scale[6], 1000)
    utc_ms = None
    if days is not None and since_midnight is not None and 0 < days < 36_525:
        utc_ms = int((_2000 + timedelta(days=days)).timestamp()) * 1000 + since_midnight
    return _point(
        row, block, into_ms, places=(0, 1, 2), speed=(row[3], block.scale[3]), utc_ms=utc_ms
    )


def _gpri(row: Row, block: Block, into_ms: float) -> Point | None:
    if row[8] < 2:
        return None
    own_ms = scaled(row[0], block.scale[0], 1000)
    return _point(
        row, block, into_ms, places=(1, 2, 3), speed=(row[6], block.scale[6]), own_ms=own_ms
    )


def _glpi(row: Row, block: Block, into_ms: float) -> Point | None:
    own_ms = scaled(row[0], block.scale[0], 1000)
    north, east = scaled(row[5], block.scale[5], 1000), scaled(row[6], block.scale[6], 1000)
    speed = None if north is None or east is None else (round(hypot(north, east)), 1000)
    return _point(row, block, into_ms, places=(1, 2, 3), speed=speed, own_ms=own_ms)


def _point(
    row: Row,
    block: Block,
    into_ms: float,
    *,
    places: tuple[int, int, int],
    speed: tuple[int | float, int | float] | None,
    utc_ms: int | None = None,
    own_ms: int | None = None,
) -> Point | None:
    lat, lon, alt = (
        scaled(row[place], block.scale[place], by)
        for place, by in zip(places, (10**7, 10**7, 1000), strict=True)
    )
    if lat is None or lon is None:
        return None
    if block.boot is not None and own_ms is not None:
        utc_ms = own_ms - block.boot[0] + block.boot[1]
    return Point(
        lat_e7=lat,
        lon_e7=lon,
        ms=round(block.at_ms + into_ms),
        alt_mm=alt,
        speed_mm_s=None if speed is None else scaled(speed[0], speed[1], 1000),
        # None first: looking for what is no integer, a range goes through all of its numbers
        utc_ms=None if utc_ms is None or utc_ms not in _YEARS else utc_ms,
        own_ms=own_ms,
    )


# row, block, ms from the block's first sample
READERS: Final[dict[str, Callable[[Row, Block, float], Point | None]]] = {
    "GPS9": _gps9,
    "GPS5": _gps5,
    "GPRI": _gpri,
    "GLPI": _glpi,
}
_FIELDS: Final = {"GPS9": 9, "GPS5": 5, "GPRI": 9, "GLPI": 7}  # that are read
