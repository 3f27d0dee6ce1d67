"""What is known of one clip's media beyond its row: facts, assessment, what could not be made, its recording.

What always holds: facts that cannot be read are left out, and the audit finds them; nothing here decides who may see
it. No web framework here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from archive.catalogue.recording_queries import RecordingRow
from archive.catalogue.rows import Assessment, ClipRow, FailureRow
from archive.errors import FixityError, MissingObjectError
from archive.store.protocol import Store

if TYPE_CHECKING:  # SQLAlchemy takes its time
    from archive.catalogue import Catalogue

Facts = dict[str, Any]
_LARGEST: Final = 8 << 20  # bytes; twice what is ever written
_FAULTS: Final = 100  # that are told
_NAMES: Final = (
    *(
        "declared_us",
        "measured_us",
        "duration_us",
        "av_offset_us",
        "protected",
        "brand",
        "fragments",
    ),
    *("streams", "clocks", "device", "location", "telemetry", "pages", "metadata"),
    *("tool", "version", "libraries"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a clip's media."""

    facts: Facts
    assessment: Assessment | None
    failures: tuple[FailureRow, ...]
    recording: RecordingRow | None


def known_of(catalogue: Catalogue, store: Store, clip: ClipRow) -> Known:
    """Look it up. Reads the facts' object from the store."""
    return Known(
        facts={} if clip.facts is None else facts_of(store, clip.facts),
        assessment=catalogue.assessment(clip.clip),
        failures=tuple(catalogue.failures(clip.clip)),
        recording=catalogue.recording_of(clip.clip),
    )


def facts_of(store: Store, digest: str) -> Facts:
    """The facts that an entry names; nothing where they cannot be read."""
    try:
        return _parsed(store.read(digest, most=_LARGEST))
    except (FixityError, MissingObjectError, OSError):
        return {}


@lru_cache(maxsize=16)
def _parsed(data: bytes) -> Facts:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def details(facts: Facts) -> Facts | None:
    """Facts as the API tells them: without the times of every frame; None where there are none."""
    if not facts:
        return None
    frames = facts.get("frames")
    told: Facts = {name: facts[name] for name in _NAMES if name in facts}
    told["damage"] = faults(facts)
    if isinstance(frames, dict):
        keys = frames.get("keys")
        told["frames"] = {
            **{
                name: frames.get(name)
                for name in ("stream", "time_base", "first", "count", "digest")
            },
            "keys": len(keys) if isinstance(keys, list) else None,
        }
    return told


def faults(facts: Facts) -> list[Facts]:
    """What is wrong, each with its place."""
    found = facts.get("damage")
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, dict)][:_FAULTS]
