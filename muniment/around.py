"""What `clip show` looks up around a clip: its repair's report, where its track leads, which files lie beside it.

What always holds: nothing is written; what cannot be read is left out, and the audit finds it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archive.catalogue.rows import ClipRow, RenditionRow
from archive.errors import FixityError, MissingObjectError
from archive.store.protocol import Store

if TYPE_CHECKING:  # SQLAlchemy takes its time
    from archive.catalogue import Catalogue

_LARGEST: Final = 16 << 20  # bytes
_RANGES: Final = frozenset({"kept", "dropped"})  # up to 4096 each: the object has them


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Where a recorder was; places are longitude and latitude in degrees."""

    source: str
    positions: int
    first: tuple[float, float]
    last: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What there is beside a clip's own facts."""

    report: dict[str, Any] | None
    track: Track | None
    owner: ClipRow | None  # the clip that this file belongs to
    sides: tuple[ClipRow, ...]  # files that belong to this clip

    def document(self) -> dict[str, Any]:
        """For scripts."""
        track = self.track
        return {
            "repair": self.report
            and {name: said for name, said in self.report.items() if name not in _RANGES},
            "track": track
            and {
                "source": track.source,
                "positions": track.positions,
                "first": list(track.first),
                "last": list(track.last),
            },
            "belongs_to_clip": None if self.owner is None else self.owner.clip,
            "sides": [side.clip for side in self.sides],
        }


def around(
    catalogue: Catalogue, store: Store, row: ClipRow, renditions: Sequence[RenditionRow]
) -> Around:
    """Look it up."""
    newest = {rendition.kind: rendition for rendition in renditions}
    repair, track = newest.get("repair"), newest.get("track")
    docked = [] if row.docking is None else catalogue.clips_of(row.docking)
    return Around(
        report=None if repair is None else _read(store, repair.index_sha256),
        track=None if track is None else _track(_read(store, track.sha256)),
        owner=next((c for c in docked if row.belongs_to and c.path == row.belongs_to), None),
        sides=tuple(c for c in docked if row.path and c.belongs_to == row.path),
    )


def _read(store: Store, digest: str | None) -> dict[str, Any] | None:
    if digest is None:
        return None
    try:
        found = json.loads(store.read(digest, most=_LARGEST))
    except (FixityError, MissingObjectError, OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _track(feature: dict[str, Any] | None) -> Track | None:
    """Of a GeoJSON Feature of ours (docs/formats/media.md); None for anything else."""
    geometry = {} if feature is None else feature.get("geometry")
    properties = {} if feature is None else feature.get("properties")
    if not isinstance(geometry, dict) or not isinstance(properties, dict):
        return None
    said = geometry.get("coordinates")
    line = [said] if geometry.get("type") == "Point" else said
    places = [_place(one) for one in (line[0], line[-1])] if isinstance(line, list) and line else []
    if len(places) != 2 or places[0] is None or places[1] is None:
        return None
    return Track(
        source=str(properties.get("source")),
        positions=len(line or ()),
        first=places[0],
        last=places[1],
    )


def _place(said: object) -> tuple[float, float] | None:
    if not isinstance(said, list) or len(said) < 2:
        return None
    longitude, latitude = said[:2]
    if not isinstance(longitude, int | float) or not isinstance(latitude, int | float):
        return None
    return float(longitude), float(latitude)
