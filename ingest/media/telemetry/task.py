"""The task `track`: one track of a clip out of the best source that has positions.

A telemetry stream first, then subtitles, side files in the order in which they came, location boxes, and last the one
place that the facts have, as a photo's. The same clip, side files and arguments give the same bytes.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import av

from ingest.media.probe import opening
from ingest.media.sniff import HEAD_SIZE, Sniffed, sniff
from ingest.media.tasks import Asked
from ingest.media.telemetry.atoms import Atoms, read_atoms
from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.geojson import feature
from ingest.media.telemetry.members import gps_clock
from ingest.media.telemetry.points import MOST, Point, Sieve
from ingest.media.telemetry.sides import read_side
from ingest.media.telemetry.streams import MOST_KEPT, Inside, read_streams
from ingest.media.telemetry.texts import rfc3339, utc_ms

VERSION: Final = "1"
_BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One source's positions, and the bytes that they were read from."""

    source: str
    points: list[Point]
    sieve: Sieve
    raw: bytes
    media_type: str
    said: dict[str, int | str] = field(default_factory=dict)


def run(asked: Asked) -> dict[str, object]:
    """Make a track.

    Arguments: `facts`: the media facts document; `start`: the clip's corrected start, RFC 3339, or null; `sides`: what
    the other files were called, which nothing is concluded from.

    Returns:
        `track`: null where there is no position, `why` says then what there was instead: "no_telemetry",
        "no_position", "outside_clip" or "unreadable"; `device`; `clock`: the receiver's time at the clip's beginning.
    """
    start_ms, duration_ms = _start(asked.arguments), _duration(asked.arguments)
    sniffed = sniff(asked.clip.read(HEAD_SIZE), asked.name)
    inside = _inside(asked, sniffed)
    atoms = read_atoms(asked.clip) if sniffed.demuxer == "mov" else Atoms()
    tried: list[_Found] = []
    unreadable = 0
    chosen = None
    for found in _sources(asked, inside, atoms, start_ms=start_ms, duration_ms=duration_ms):
        if found is None:
            unreadable += 1
            continue
        tried.append(found)
        if found.points:
            chosen = found
            break
    device = dict(atoms.device)
    for one in inside:
        device = {**one.device, **device}
    return {
        "track": None if chosen is None else _track(chosen, start_ms),
        "why": None if chosen is not None else _why(tried, unreadable),
        "device": device,
        "clock": None if chosen is None else _clock(chosen),
        "version": VERSION,
    }


def _inside(asked: Asked, sniffed: Sniffed) -> list[Inside]:
    if sniffed.kind != "video" or sniffed.demuxer is None:
        return []
    try:
        with opening.opened(asked.clip, sniffed) as container:
            return read_streams(container)
    except (av.FFmpegError, ValueError):
        return []  # it cannot be opened: the facts say so


def _sources(
    asked: Asked,
    inside: list[Inside],
    atoms: Atoms,
    *,
    start_ms: int | None,
    duration_ms: int | None,
) -> Iterator[_Found | None]:
    """Yield what each source says, the best first; None for a side file that is none."""
    for one in inside:
        if one.raw or one.broken:
            yield _of_stream(one)
    for file in asked.others:
        try:
            side = read_side(file, start_ms=start_ms, duration_ms=duration_ms)
        except TelemetryError:
            yield None
            continue
        yield _Found(
            source=side.source,
            points=side.points,
            sieve=side.sieve,
            raw=side.raw,
            media_type=side.media_type,
        )
    if atoms.points:
        sieve = Sieve(seen=len(atoms.points))
        first = atoms.points[:1]  # one place: the second and third say it in another form
        yield _Found(source="location", points=first, sieve=sieve, raw=atoms.raw, media_type=_BYTES)
    if (place := _place(asked.arguments)) is not None:
        sieve = Sieve()
        sieve.take(place)
        # nothing to keep beside the original: EXIF and tags are read by libraries, not by place
        points = sieve.points()
        yield _Found(source="location", points=points, sieve=sieve, raw=b"", media_type=_BYTES)


def _of_stream(one: Inside) -> _Found:
    said: dict[str, int | str] = {"stream": one.stream, "broken": one.broken}
    if one.kind is not None:
        said["kind"] = one.kind
    if one.left_out:
        said["index_left_out"] = one.left_out
    return _Found(
        source=one.source,
        points=one.points,
        sieve=one.sieve,
        raw=one.raw,
        media_type=_BYTES,
        said=said,
    )


def _track(found: _Found, start_ms: int | None) -> dict[str, object]:
    parameters: dict[str, int | str] = {
        **found.said,
        "source": found.source,
        "seen": found.sieve.seen,
        "positions": len(found.points),
        "most": MOST,
        **{f"dropped_{why}": count for why, count in sorted(found.sieve.dropped.items()) if count},
    }
    left_out = found.sieve.seen - found.sieve.dropped.total() - len(found.points)
    if left_out and found.source != "location":
        parameters["thinned"] = left_out
    if _by_start(found) and start_ms is not None:
        parameters["start"] = rfc3339(start_ms)
    whole = 0 < len(found.raw) <= MOST_KEPT
    if not whole and found.raw:
        parameters["index_left_out"] = len(found.raw)
    return {
        "geojson": _text(feature(found.points, source=found.source)),
        "index": _text(found.raw) if whole else None,
        "index_media_type": found.media_type,
        "source": found.source,
        "parameters": parameters,
    }


def _clock(found: _Found) -> dict[str, object] | None:
    # what the clip's own start placed tells nothing about that start
    return None if _by_start(found) else gps_clock(found.points)


def _by_start(found: _Found) -> bool:
    """Whether its points have only the time of day, so that the clip's start placed them."""
    return found.source in {"gpx", "nmea"}


def _why(tried: list[_Found], unreadable: int) -> str:
    if any(found.sieve.dropped["outside"] for found in tried):
        return "outside_clip"
    if tried:
        return "no_position"
    return "unreadable" if unreadable else "no_telemetry"


def _start(arguments: Mapping[str, object]) -> int | None:
    start = arguments.get("start")
    return utc_ms(start) if isinstance(start, str) else None


def _place(arguments: Mapping[str, object]) -> Point | None:
    facts = arguments.get("facts")
    place = facts.get("location") if isinstance(facts, Mapping) else None
    if not isinstance(place, Mapping):
        return None
    lat, lon, alt = place.get("lat_e7"), place.get("lon_e7"), place.get("alt_mm")
    if not (isinstance(lat, int) and isinstance(lon, int)):
        return None
    return Point(lat_e7=lat, lon_e7=lon, alt_mm=alt if isinstance(alt, int) else None)


def _duration(arguments: Mapping[str, object]) -> int | None:
    facts = arguments.get("facts")
    duration = facts.get("duration_us") if isinstance(facts, Mapping) else None
    return duration // 1000 if isinstance(duration, int) else None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
