"""What a container says about when, where and with what it was recorded. Texts of the file's, bounded and cleaned.

Nothing here is corrected or believed: a recorder whose clock is wrong says wrong times. Photos' EXIF is read elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from av.container import InputContainer

from ingest.media.probe.texts import clean
from ingest.media.telemetry.iso6709 import position

MAX_METADATA: Final = 64
_MAX_CLOCKS: Final = 16
_CREATED: Final = ("creation_time", "com.apple.quicktime.creationdate", "DATE", "date")
_DEVICE: Final[dict[str, tuple[str, ...]]] = {
    "make": ("com.apple.quicktime.make", "com.android.manufacturer", "make", "manufacturer"),
    "model": ("com.apple.quicktime.model", "com.android.model", "model"),
    "serial": ("com.apple.quicktime.camera.identifier", "serial_number", "serial"),
    "firmware": ("firmware", "com.apple.quicktime.software"),
}
_LOCATION: Final = ("com.apple.quicktime.location.iso6709", "location", "location-eng", "xyz")
# What the libraries write into every file: of no use as a device's word.
_OURS: Final = re.compile(r"Lav[cf]\d")
_GOPRO: Final = "GoPro"
_ZONE: Final = re.compile(r"([+-]\d{2})(\d{2})$")


def clocks(container: InputContainer) -> list[dict[str, Any]]:
    """Return each clock that the container has, as it is and in UTC where that is certain."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for source, metadata in _places(container):
        for name in _CREATED:
            _add(found, source, metadata.get(name))
        _add(found, "timecode", metadata.get("timecode"))
    return list(found.values())[:_MAX_CLOCKS]


def device(container: InputContainer) -> dict[str, str | None] | None:
    """Return what the container says about the recorder; None where it says nothing."""
    known = {k.lower(): v for _, m in reversed(list(_places(container))) for k, v in m.items()}
    found = {
        member: next((clean(known[n]) for n in names if known.get(n)), None) or None
        for member, names in _DEVICE.items()
    }
    if found["make"] is None and known.get("handler_name", "").strip().startswith(_GOPRO):
        found["make"] = _GOPRO  # which names itself there only
    return found if any(found.values()) else None


def location(container: InputContainer) -> dict[str, int | None] | None:
    """Return the one position that the container as a whole was given."""
    known = {k.lower(): v for k, v in container.metadata.items()}
    for name in _LOCATION:
        point = position(known.get(name, ""))
        if point is not None and abs(point.lat_e7) <= 900_000_000:
            return {"lat_e7": point.lat_e7, "lon_e7": point.lon_e7, "alt_mm": point.alt_mm}
    return None


def metadata(container: InputContainer) -> dict[str, str]:
    """Return the container's texts, bounded."""
    pairs = ((clean(k, most=64), clean(v)) for k, v in container.metadata.items())
    kept = {k: v for k, v in pairs if k and v and not (k == "encoder" and _OURS.match(v))}
    return dict(list(kept.items())[:MAX_METADATA])


def utc(raw: str) -> str | None:
    """Return a time with a zone as RFC 3339 in UTC; None where there is no zone, or no time was set."""
    try:
        moment = datetime.fromisoformat(_ZONE.sub(r"\1:\2", raw))
        if moment.tzinfo is None or moment.year <= 1970:
            # 1904 and 1970 are where the formats' clocks begin: the recorder had no time
            return None
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def _places(container: InputContainer) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "container", container.metadata
    for stream in container.streams:
        yield "stream", stream.metadata


def _add(found: dict[tuple[str, str], dict[str, Any]], source: str, raw: str | None) -> None:
    text = clean(raw or "", most=64)
    if not text:
        return
    told = {key[1] for key in found if key[0] in {"container", source}}
    if text not in told:
        moment = None if source == "timecode" else utc(text)
        found[source, text] = {"source": source, "raw": text, "utc": moment}
