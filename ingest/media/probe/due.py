"""What is to be made of a clip, as its facts say: docs/formats/media.md, the table of what is due.

A pure function of the facts. Side files that belong to a clip make a track due as well; they are not in its facts.
"""

from collections.abc import Mapping
from typing import Any, Final

from ingest.media.facts import DUE
from ingest.media.probe.playing import first, is_protected, plays, plays_audio, plays_video
from ingest.media.sniff import HEIF

# Containers that a playable file can be made from, where they are damaged.
_REPAIRED: Final = frozenset({"mp4", "mov", "avi", "mpegts"})
_REPAIRABLE: Final = frozenset({"no_index", "cut_off", "zero_filled", "bad_tables", "lost_packets"})
_UNTIMED: Final = frozenset({"h264", "h265"})  # no times are in them: there is nothing to scrub
_SHORT_US: Final = 10_000_000  # fragments without an index: a browser seeks in so much anyway


def due(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of renditions that are to be made of a clip with these facts."""
    kind, damage = facts["kind"], {fault["code"] for fault in facts["damage"]}
    if kind == "document":
        return ("page",) if facts["container"] == "pdf" and not facts.get("protected") else ()
    if is_protected(facts) or kind not in {"video", "audio", "photo"}:
        return ()
    found = set()
    decodes = not damage & {"undecodable", "parser_timeout", "parser_crashed"}
    if decodes and (first(facts, "video") or facts["container"] in HEIF):
        found.add("poster")
    if facts.get("telemetry") or facts.get("location"):
        found.add("track")
    if kind != "photo" and facts["container"] not in _UNTIMED:
        found |= _played(facts, decodes=decodes)
        if damage & _REPAIRABLE and facts["container"] in _REPAIRED and facts["size"]:
            found.add("repair")
    return tuple(kind for kind in DUE if kind in found)


def _played(facts: Mapping[str, Any], *, decodes: bool) -> set[str]:
    found: set[str] = set()
    picture, sound = first(facts, "video"), first(facts, "audio")
    if not decodes or (picture is None and sound is None):
        return found
    if picture is not None:
        found |= {"strip", "quality"}
    if sound is not None:
        found |= {"waveform", "quality"}
    known = plays_audio(facts) if facts["kind"] == "audio" else plays_video(facts)
    if not known and not plays(facts):
        found.add("proxy")
    elif not plays(facts) or _unindexed(facts):
        found.add("stream")
    return found


def _unindexed(facts: Mapping[str, Any]) -> bool:
    """Fragments that a browser would have to read from the beginning to find a place in."""
    length = facts.get("duration_us") or 0
    return facts.get("fragments") == "plain" and length > _SHORT_US
