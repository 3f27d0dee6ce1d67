"""Positions in subtitles: SubRip cues with `[latitude: …]`, as drones and dash cameras write them, or `GPS(lon,lat,…)`.

A cue's beginning is its place in the clip; wall-clock text in a cue has no zone and is not read. Any bytes give
positions or `TelemetryError`.
"""

import re
from typing import Final

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.points import Point
from ingest.media.telemetry.texts import decoded, number

MOST_CUES: Final = 4_000_000
_CUE_TEXT: Final = 4096  # characters of a cue that are read
_CUE = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)[,.](\d{3})\s{0,3}-->[^\n]{0,80}")
_DEGREES: Final = r"([+-]?\d{1,3}(?:\.\d{1,15})?)"
_LATITUDE = re.compile(rf"\blatitude ?: ?{_DEGREES}", re.IGNORECASE)
# a maker's slip of the pen that is in many files
_LONGITUDE = re.compile(rf"\blongt?itude ?: ?{_DEGREES}", re.IGNORECASE)
_ALTITUDE = re.compile(r"\b(?:abs_alt|altitude) ?: ?([+-]?\d{1,5}(?:\.\d{1,9})?)", re.IGNORECASE)
_GPS = re.compile(
    rf"\bGPS ?\( ?{_DEGREES} ?, ?{_DEGREES} ?(?:, ?([+-]?\d{{1,5}}(?:\.\d{{1,9}})?) ?(M?))?"
)
_SPEED = re.compile(r"\bH\.S ?(\d{1,4}(?:\.\d{1,9})?) ?m/s")


def read_srt(data: bytes) -> tuple[list[Point], int]:
    """Return the positions by their place in the clip, and how many cues had none.

    Raises:
        TelemetryError: there is no cue in it, or there are more than any recorder writes.
    """
    text = decoded(data)
    cues = list(_CUE.finditer(text))
    if not cues or len(cues) > MOST_CUES:
        raise TelemetryError(f"{len(cues)} cues")
    ends = [cue.start() for cue in cues[1:]] + [len(text)]
    points = []
    for cue, end in zip(cues, ends, strict=True):
        point = position(text[cue.end() : min(end, cue.end() + _CUE_TEXT)], ms=_ms(cue))
        if point is not None:
            points.append(point)
    return points, len(cues) - len(points)


def position(text: str, *, ms: int) -> Point | None:
    """Return the position that one cue's text says, or None."""
    lat, lon, alt = _LATITUDE.search(text), _LONGITUDE.search(text), _ALTITUDE.search(text)
    if lat and lon:
        return _point(lat[1], lon[1], alt[1] if alt else "", text, ms)
    found = _GPS.search(text)
    if found is None:
        return None
    # A third number without a fraction and a unit is as often the number of satellites.
    height = found[3] if found[3] and ("." in found[3] or found[4]) else ""
    return _point(found[2], found[1], height, text, ms)


def _point(lat: str, lon: str, alt: str, text: str, ms: int) -> Point | None:
    lat_e7, lon_e7 = number(lat, 10**7), number(lon, 10**7)
    speed = _SPEED.search(text)
    if lat_e7 is None or lon_e7 is None:
        return None
    return Point(
        lat_e7=lat_e7,
        lon_e7=lon_e7,
        ms=ms,
        alt_mm=number(alt, 1000),
        speed_mm_s=number(speed[1], 1000) if speed else None,
    )


def _ms(cue: re.Match[str]) -> int:
    hours, minutes, seconds, ms = (int(part) for part in cue.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
