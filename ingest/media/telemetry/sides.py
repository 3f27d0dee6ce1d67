"""Side files: which format one is in, by its content, and where its points lie in the clip.

Absolute times are placed by the clip's corrected start. Without one they are not placed: the track then says where, and
not when in the clip.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.gpx import read_gpx
from ingest.media.telemetry.nmea import read_nmea
from ingest.media.telemetry.points import Point, Sieve
from ingest.media.telemetry.srt import read_srt

LARGEST: Final = 32 << 20  # bytes of a side file; a day of GPX at 1 Hz has 12 MiB
SLACK_MS: Final = 1000  # a receiver that speaks once a second has a position just before the clip
_HEAD: Final = 4096
_NMEA = re.compile(rb"\$[A-Z]{2}(?:RMC|GGA|GSV|GSA|VTG|GLL|ZDA|TXT),")
_CUE = re.compile(rb"\d:\d\d:\d\d[,.]\d{3} ?-->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What a side file says. `raw`: its bytes."""

    source: str
    media_type: str
    points: list[Point]
    sieve: Sieve
    raw: bytes


def read_side(file: BinaryIO, *, start_ms: int | None, duration_ms: int | None) -> Side:
    """Read an open side file.

    Args:
        file: at its beginning.
        start_ms: when the clip began, milliseconds since 1970, by the corrected clock.
        duration_ms: how long it lasts.

    Raises:
        TelemetryError: it is too large, of no known format, or not what it begins as.
        OSError: it cannot be read.
    """
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise TelemetryError("a side file larger than any recorder writes")
    source = sniff_side(raw)
    sieve = Sieve()
    if source == "srt":
        points, lacking = read_srt(raw)
        sieve.leave_out("no_fix", lacking)
        sieve.take_all(points)
        return Side(
            source=source, media_type=_TYPES[source], points=sieve.points(), sieve=sieve, raw=raw
        )
    if source == "gpx":
        points, lacking = read_gpx(raw)
    else:
        log = read_nmea(raw, near_ms=start_ms)
        points, lacking = log.points, log.no_fix
        if log.wrong:
            sieve.leave_out("checksum", log.wrong)
    sieve.leave_out("no_fix", lacking)
    sieve.take_all(_placed(points, sieve, start_ms=start_ms, duration_ms=duration_ms))
    return Side(
        source=source, media_type=_TYPES[source], points=sieve.points(), sieve=sieve, raw=raw
    )


_TYPES: Final = {
    "gpx": "application/gpx+xml",
    "nmea": "text/plain",
    "srt": "application/x-subrip",
}


def sniff_side(raw: bytes) -> str:
    """Say what a side file is by its first bytes.

    Raises:
        TelemetryError: it is none of those that are known.
    """
    head = raw[:_HEAD]
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head.replace(b"\0", b"")  # enough of UTF-16 for these marks
    if b"<gpx" in head:
        return "gpx"
    if _NMEA.search(head):
        return "nmea"
    if _CUE.search(head):
        return "srt"
    raise TelemetryError("neither GPX, NMEA nor SRT")


def _placed(
    points: Sequence[Point], sieve: Sieve, *, start_ms: int | None, duration_ms: int | None
) -> list[Point]:
    """Return the points in the order of their times, those outside of the clip left out where that is known."""
    if start_ms is None:
        return sorted(points, key=lambda point: point.utc_ms or 0)
    placed = []
    for point in points:
        ms = None if point.utc_ms is None else point.utc_ms - start_ms
        if (
            ms is None
            or ms < -SLACK_MS
            or (duration_ms is not None and ms > duration_ms + SLACK_MS)
        ):
            sieve.leave_out("outside" if ms is not None else "no_time")
        else:
            placed.append(replace(point, ms=ms))
    return sorted(placed, key=lambda point: point.ms or 0)
