"""ISO 6709 positions in text, annex H: `+22.5431+113.9213+012.3CRSWGS_84/`. Any text gives a `Point` or None."""

import re
from decimal import Decimal
from typing import Final

from ingest.media.telemetry.points import Point

_PLACE = re.compile(
    r"([+-])(\d{6}|\d{4}|\d{2})(\.\d{1,12})?"  # latitude: DD, DDMM or DDMMSS
    r"([+-])(\d{7}|\d{5}|\d{3})(\.\d{1,12})?"  # longitude: DDD, DDDMM or DDDMMSS
    r"(?:([+-]\d{1,6}(?:\.\d{1,9})?))?"  # height, metres
)
_LONGEST: Final = 128


def position(text: str) -> Point | None:
    """Return the position that a text begins with, or None."""
    found = _PLACE.match(text[:_LONGEST].strip())
    if found is None:
        return None
    lat = _e7(found[1], found[2], found[3], degrees=2)
    lon = _e7(found[4], found[5], found[6], degrees=3)
    alt = None if found[7] is None else int((Decimal(found[7]) * 1000).to_integral_value())
    return Point(lat_e7=lat, lon_e7=lon, alt_mm=alt)


def _e7(sign: str, digits: str, fraction: str | None, *, degrees: int) -> int:
    whole, rest = digits[:degrees], digits[degrees:]
    # the fraction belongs to the last of degrees, minutes, seconds that is there
    parts = [Decimal(whole), *(Decimal(rest[i : i + 2]) for i in range(0, len(rest), 2))]
    parts[-1] += Decimal(fraction or 0)
    value = sum((part / 60**index for index, part in enumerate(parts)), Decimal(0))
    e7 = int((value * 10**7).to_integral_value())
    return -e7 if sign == "-" else e7
