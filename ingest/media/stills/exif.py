"""EXIF (CIPA DC-008) of a photo as members of the media facts: clocks, device, location, rotation, texts.

Any photo gives members, if only its size. A number that cannot be one, and a time that is none, is left out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO, Final

from PIL import ExifTags, Image

from ingest.media.stills.photo import BROKEN, opened
from ingest.media.telemetry.points import Point, impossible
from ingest.media.telemetry.texts import rfc3339, utc_ms

LONGEST: Final = 1024  # characters of a text
_DEVICE: Final = {
    "make": ExifTags.Base.Make,
    "model": ExifTags.Base.Model,
    "serial": ExifTags.Base.BodySerialNumber,
    "firmware": ExifTags.Base.Software,
}
# When it was taken; when it was made a file; when that file was changed
_TIMES: Final = (
    (
        ExifTags.Base.DateTimeOriginal,
        ExifTags.Base.SubsecTimeOriginal,
        ExifTags.Base.OffsetTimeOriginal,
    ),
    (
        ExifTags.Base.DateTimeDigitized,
        ExifTags.Base.SubsecTimeDigitized,
        ExifTags.Base.OffsetTimeDigitized,
    ),
    (ExifTags.Base.DateTime, ExifTags.Base.SubsecTime, ExifTags.Base.OffsetTime),
)
_TEXTS: Final = ("ImageDescription", "Artist", "Copyright", "UserComment", "ImageUniqueID")
# How a stored picture is to be turned clockwise; those that are mirrored are mirrored first
_ROTATIONS: Final = {3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}

Tags = Mapping[int, object]


def read_photo(file: BinaryIO, container: str) -> dict[str, object]:
    """Return members of the media facts: width, height, rotation, clocks, device, location, metadata.

    Raises:
        StillError: it is no photo of this format, or too large.
    """
    with opened(file, container) as photo:
        members: dict[str, object] = {"width": photo.width, "height": photo.height}
        try:
            tags, places = _tags(photo)
        except BROKEN:
            return members  # the picture may be well
    orientation = tags.get(ExifTags.Base.Orientation)
    members["rotation"] = _ROTATIONS.get(orientation, 0) if isinstance(orientation, int) else 0
    found: dict[str, object] = {
        "clocks": [clock for clock in (_taken(tags), _by_satellite(places)) if clock is not None],
        "device": {name: text for name, tag in _DEVICE.items() if (text := _text(tags.get(tag)))},
        "location": _location(places),
        "metadata": {
            f"exif.{name}": text
            for name in _TEXTS
            if (text := _text(tags.get(ExifTags.Base[name])))
        },
    }
    return members | {name: value for name, value in found.items() if value}


def _tags(photo: Image.Image) -> tuple[Tags, Tags]:
    """Return the tags of the picture and of its camera, and those of its place."""
    exif = photo.getexif()
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    return {**camera, **exif}, dict(exif.get_ifd(ExifTags.IFD.GPSInfo))


def _taken(tags: Tags) -> dict[str, object] | None:
    for time, fraction, offset in _TIMES:
        raw = _text(tags.get(time))
        if raw and not raw.startswith("0000") and raw.strip(" :"):
            zone, digits = _text(tags.get(offset)), _text(tags.get(fraction))
            raw += f".{digits}" if digits.isdigit() else ""
            moment = None
            if zone:
                day, _, rest = raw.partition(" ")
                moment = utc_ms(f"{day.replace(':', '-')}T{rest}{zone}")
            utc = None if moment is None else rfc3339(moment)
            return {"source": "exif", "raw": (raw + zone)[:64], "utc": utc}
    return None


def _by_satellite(places: Tags) -> dict[str, object] | None:
    day, time = _text(places.get(ExifTags.GPS.GPSDateStamp)), places.get(ExifTags.GPS.GPSTimeStamp)
    parts = _fractions(time, by=1000)
    if not day or parts is None or not (parts[0] < 24_000 and parts[1] < 60_000 > parts[2]):
        return None
    try:
        midnight = datetime.strptime(day[:10].replace("-", ":"), "%Y:%m:%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    ms = int(midnight.timestamp()) * 1000 + parts[0] * 3600 + parts[1] * 60 + parts[2]
    raw = f"{day[:10]} {':'.join(f'{part / 1000:g}' for part in parts)}"
    return {"source": "gps", "raw": raw, "utc": rfc3339(ms)}


def _location(places: Tags) -> dict[str, object] | None:
    lat = _angle(places, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "NS")
    lon = _angle(places, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "EW")
    if lat is None or lon is None:
        return None
    height = _fraction(places.get(ExifTags.GPS.GPSAltitude), by=1000)
    below = places.get(ExifTags.GPS.GPSAltitudeRef) in {1, b"\x01"}
    alt = None if height is None else -height if below else height
    if impossible(Point(lat_e7=lat, lon_e7=lon, alt_mm=alt)) is not None:
        return None
    return {"lat_e7": lat, "lon_e7": lon, "alt_mm": alt}


def _angle(places: Tags, tag: int, reference: int, signs: str) -> int | None:
    parts = _fractions(places.get(tag), by=10**7)
    sign = _text(places.get(reference))
    if parts is None or sign not in signs or not sign:
        return None
    value = (3600 * parts[0] + 60 * parts[1] + parts[2] + 1800) // 3600
    return value if sign == signs[0] else -value


def _fractions(value: object, *, by: int) -> tuple[int, int, int] | None:
    """Return degrees, minutes, seconds (or a time of day), each × `by`."""
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    one, two, three = (_fraction(part, by=by) for part in value)
    if one is None or two is None or three is None or min(one, two, three) < 0:
        return None
    return one, two, three


def _fraction(value: object, *, by: int) -> int | None:
    """Return one of EXIF's fractions × `by`, rounded; None where it is 0/0 or no number."""
    above, below = getattr(value, "numerator", None), getattr(value, "denominator", None)
    if not isinstance(above, int) or not isinstance(below, int) or below == 0:
        return None
    return (2 * above * by + below) // (2 * below)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        # UserComment begins with eight bytes that name its character code (CIPA DC-008, 4.6.5)
        coded = value[:8] in {b"ASCII\0\0\0", b"UNICODE\0"}
        value = value[8:].decode("utf-8", "replace") if coded else ""
    if not isinstance(value, str):
        return ""
    ended = value.split("\0", 1)[0]
    kept = "".join(letter for letter in ended if letter.isprintable())
    return kept.strip()[:LONGEST]
