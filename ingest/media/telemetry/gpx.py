"""Track points of GPX 1.0 and 1.1.

XML is read by expat, which opens nothing by itself; a document type, and so every entity of its own, is refused before
it is read. Depth, elements and texts are bounded. Any bytes give points or `TelemetryError`.
"""

from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.points import Point
from ingest.media.telemetry.texts import number, utc_ms

DEEPEST: Final = 32
MOST_ELEMENTS: Final = 4_000_000
MOST_POINTS: Final = 400_000
_LONGEST: Final = 64  # characters of an element that is read
_READ: Final = frozenset({"ele", "time", "speed", "fix"})


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What expat tells, as points."""

    points: list[Point] = field(default_factory=list)
    no_fix: int = 0
    is_gpx: bool = False
    _path: list[str] = field(default_factory=list)
    _elements: int = 0
    _place: tuple[int, int] | None = None
    _texts: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]  # without its namespace: 1.0, 1.1 and none
        self._elements += 1
        if len(self._path) >= DEEPEST or self._elements > MOST_ELEMENTS:
            raise TelemetryError("XML too deep or of too many elements")
        if not self._path:
            self.is_gpx = name == "gpx"
        self._path.append(name)
        if name == "trkpt":
            lat = number(attributes.get("lat", ""), 10**7)
            lon = number(attributes.get("lon", ""), 10**7)
            self._place = None if lat is None or lon is None else (lat, lon)
            self._texts = {}

    def text(self, data: str) -> None:
        name = self._path[-1] if self._path else ""
        if name in _READ and "trkpt" in self._path:
            self._texts[name] = (self._texts.get(name, "") + data)[:_LONGEST]

    def end(self, name: str) -> None:
        self._path.pop()
        if name.rpartition(" ")[2] != "trkpt":
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
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that nobody knows
        raise TelemetryError("not well-formed XML") from error
    if not reader.is_gpx:
        raise TelemetryError("XML, but no GPX")
    return reader.points, reader.no_fix


def _refuse(*_: object) -> NoReturn:
    raise TelemetryError("a document type is refused")
