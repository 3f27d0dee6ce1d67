"""Track points of GPX 1.0 and 1.1. Any bytes give points or `TelemetryError`."""

from dataclasses import dataclass, field
from typing import Final

from ingest.media.errors import MarkupError
from ingest.media.markup import read_xml
from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.points import Point
from ingest.media.telemetry.texts import number, utc_ms

MOST_POINTS: Final = 400_000
_LONGEST: Final = 64  # characters of an element that is read
_READ: Final = frozenset({"ele", "time", "speed", "fix"})


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What expat tells, as points."""

    points: list[Point] = field(default_factory=list)
    no_fix: int = 0
    is_gpx: bool = False
    _place: tuple[int, int] | None = None
    _texts: dict[str, str] = field(default_factory=dict)

    def start(self, path: list[str], attributes: dict[str, str]) -> None:
        self.is_gpx = path[0] == "gpx"
        if path[-1] == "trkpt":
            lat = number(attributes.get("lat", ""), 10**7)
            lon = number(attributes.get("lon", ""), 10**7)
            self._place = None if lat is None or lon is None else (lat, lon)
            self._texts = {}

    def text(self, path: list[str], data: str) -> None:
        if path[-1] in _READ and "trkpt" in path:
            self._texts[path[-1]] = (self._texts.get(path[-1], "") + data)[:_LONGEST]

    def end(self, path: list[str]) -> None:
        if path[-1] != "trkpt":
            return
        if self._place is None or self._texts.get("fix") == "none":
            self.no_fix += 1
        else:
            self._keep(self._place)

    def _keep(self, place: tuple[int, int]) -> None:
        if len(self.points) >= MOST_POINTS:
            raise TelemetryError("more points than any recorder writes")
        self.points.append(
            Point(
                lat_e7=place[0],
                lon_e7=place[1],
                alt_mm=number(self._texts.get("ele", ""), 1000),
                speed_mm_s=number(self._texts.get("speed", ""), 1000),
                utc_ms=utc_ms(self._texts.get("time", "")),
            )
        )


def read_gpx(data: bytes) -> tuple[list[Point], int]:
    """Return the track points in their order, and how many had no fix or no position.

    Raises:
        TelemetryError: it is no GPX, has a document type, or is beyond the bounds.
    """
    reader = _Reader()
    try:
        read_xml(data, reader)
    except MarkupError as error:
        raise TelemetryError("no GPX") from error
    if not reader.is_gpx:
        raise TelemetryError("XML, but no GPX")
    return reader.points, reader.no_fix
