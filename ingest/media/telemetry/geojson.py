"""A track as GeoJSON (RFC 7946): one Feature whose numbers have fixed decimals, so that equal tracks are equal bytes.

Written by hand because JSON libraries choose the digits of a fraction themselves. A line over the antimeridian is not
cut (3.1.9): its positions keep their places in `times_ms`. Heights are what the source says,
above the ellipsoid or the sea.
"""

import json
from collections.abc import Sequence

from ingest.media.telemetry.points import Point
from ingest.media.telemetry.texts import rfc3339


def feature(points: Sequence[Point], *, source: str) -> bytes:
    """Return the Feature of at least one point; a LineString has two or more positions (3.1.4), one is a Point."""
    places = [_position(point) for point in points]
    geometry = f'{{"type":"LineString","coordinates":[{",".join(places)}]}}'
    if len(places) == 1:
        geometry = f'{{"type":"Point","coordinates":{places[0]}}}'
    members = {
        "source": json.dumps(source),
        "times_ms": _list([point.ms for point in points]),
        "utc": _list([_utc(point) for point in points]),
    }
    if any(point.speed_mm_s is not None for point in points):
        members["speed_mm_s"] = _list([point.speed_mm_s for point in points])
    properties = ",".join(f'"{name}":{value}' for name, value in members.items())
    text = f'{{"type":"Feature","geometry":{geometry},"properties":{{{properties}}}}}\n'
    return text.encode("ascii")


def _position(point: Point) -> str:
    parts = [fixed(point.lon_e7, 7), fixed(point.lat_e7, 7)]  # 3.1.1: longitude comes first
    if point.alt_mm is not None:
        parts.append(fixed(point.alt_mm, 3))
    return f"[{','.join(parts)}]"


def fixed(value: int, decimals: int) -> str:
    """Return an integer as a decimal number with that many decimals."""
    whole, fraction = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{fraction:0{decimals}}"


def _utc(point: Point) -> str | None:
    return None if point.utc_ms is None else rfc3339(point.utc_ms)


def _list(values: Sequence[int | str | None]) -> str:
    """Return the values as JSON; null where none is known."""
    if all(value is None for value in values):
        return "null"
    return json.dumps(list(values), separators=(",", ":"))
