"""What a clip's telemetry adds to its media facts: the receiver's clock, the device, the first place.

Reads the beginning of the telemetry only, until there is a place.
"""

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import av
from av.container import InputContainer

from ingest.media.telemetry.atoms import read_atoms
from ingest.media.telemetry.points import Point
from ingest.media.telemetry.streams import glance
from ingest.media.telemetry.texts import rfc3339

_LEAST: Final = 60  # payloads of about a second: enough to place samples by their own clock
_MOST: Final = 600  # a receiver that found nothing in ten minutes is not waited for


def with_telemetry(
    facts: dict[str, Any], container: InputContainer, file: BinaryIO
) -> dict[str, Any]:
    """Return the facts of an open MP4 with what its telemetry adds; what they say already stays.

    Leaves the container at another place. Reads `clocks`, `device` and `location` only.
    """
    try:
        container.seek(0)
    except av.FFmpegError:
        return facts  # it does not go back to its beginning
    look = glance(container, least=_LEAST, most=_MOST)
    points = look.points()
    clock = gps_clock(points)
    said = {**look.device, **read_atoms(file).device}
    device = {**said, **{name: text for name, text in (facts["device"] or {}).items() if text}}
    place = None
    if points:
        first = points[0]
        place = {"lat_e7": first.lat_e7, "lon_e7": first.lon_e7, "alt_mm": first.alt_mm}
    return facts | {
        "clocks": [*facts["clocks"], *([] if clock is None else [clock])],
        "device": device or None,
        "location": facts["location"] or place,
    }


def gps_clock(points: Sequence[Point]) -> dict[str, object] | None:
    """Return the receiver's time at the clip's beginning, as a clock of the media facts, or None."""
    for point in points:
        if point.utc_ms is not None and point.ms is not None:
            raw = f"{rfc3339(point.utc_ms)} at {point.ms} ms"
            return {"source": "gps", "raw": raw, "utc": rfc3339(point.utc_ms - point.ms)}
    return None
