"""The task `examine`: facts of a clip, what is to be made of it, and a poster."""

import base64
from typing import Any

from ingest.media import poster
from ingest.media.facts import codes_of
from ingest.media.probe.due import due
from ingest.media.probe.examining import examine
from ingest.media.probe.playing import Facts, first, plays
from ingest.media.tasks import Asked


def run(asked: Asked) -> dict[str, object]:
    """Examine a clip. Argument: `poster`, whether one is wanted; the facts are the same either way."""
    facts, picture = examine(asked.clip, asked.name)
    made = picture and {
        "jpeg": base64.b64encode(picture.jpeg).decode("ascii"),
        "width": picture.width,
        "height": picture.height,
        "version": poster.versions(),
        "parameters": picture.parameters,
    }
    wanted = asked.arguments.get("poster") is True
    return {
        "facts": summary(facts),
        "document": facts,
        "due": list(due(facts)),
        "poster": made if wanted else None,
    }


def summary(facts: Facts) -> dict[str, Any]:
    """Return the few facts that a catalogue keeps (`MediaFacts.to_json`)."""
    picture, sound = first(facts, "video") or {}, first(facts, "audio") or {}
    clock: Facts = next((c for c in facts["clocks"] if c["source"] != "timecode"), {})
    duration = facts["duration_us"]
    return {
        "kind": facts["kind"],
        "container": facts["container"],
        "duration": None if duration is None else duration / 1_000_000,
        "video_codec": picture.get("codec"),
        "audio_codec": sound.get("codec"),
        "width": picture.get("width"),
        "height": picture.get("height"),
        "frame_rate": picture.get("rate") if facts["kind"] == "video" else None,
        "created": clock.get("utc"),
        "created_raw": clock.get("raw"),
        "damage": codes_of(fault["code"] for fault in facts["damage"]),
        "plays_in_browser": plays(facts),
        "has_audio": bool(sound),
    }
